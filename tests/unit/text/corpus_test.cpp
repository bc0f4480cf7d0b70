#include "aqua/text/corpus.hpp"

#include "aqua/core/sha256.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {

void PrintTo(const Document& document, std::ostream* out) {
  *out << document.id << ": " << ::testing::PrintToString(document.text);
}
bool operator==(const Document& a, const Document& b) { return a.id == b.id && a.text == b.text; }

namespace {

using test::format_error;
using ::testing::ElementsAre;

class LoadCorpus : public ::testing::Test {
 protected:
  std::vector<Document> load(std::string_view name, std::string_view bytes) const {
    return load_corpus("en", folder_.write(name, bytes), cancel_).documents;
  }
  std::string refusal(std::string_view name, std::string_view bytes) const {
    const std::string message = format_error([&] { load(name, bytes); });
    const std::string prefix = folder_.path().string() + "/";
    EXPECT_TRUE(message.starts_with(prefix)) << message;
    return message.substr(std::min(prefix.size(), message.size()));
  }

  aqua::test::TemporaryFolder folder_;
  CancelToken cancel_;
};

TEST_F(LoadCorpus, FactsOfTheFile) {
  const auto path = folder_.write("a.txt", "one");
  const Corpus corpus = load_corpus("en", path, cancel_);
  EXPECT_EQ(corpus.name, "en");
  EXPECT_EQ(corpus.path, path);
  EXPECT_EQ(corpus.sha256, sha256_of_file(path, cancel_));
}

TEST_F(LoadCorpus, BlankLinesSeparateDocuments) {
  EXPECT_THAT(load("a.txt", "one\ntwo\n\n\n \t\nthree  \n  four\n"),
              ElementsAre(Document{"1", "one\ntwo"}, Document{"2", "three  \n  four"}));
  EXPECT_THAT(load("a.txt", "\n\none"), ElementsAre(Document{"1", "one"}));
}

TEST_F(LoadCorpus, LineEndsAndByteOrderMarkAreNotText) {
  EXPECT_THAT(load("a.txt", "\xEF\xBB\xBFone\r\ntwo\r\n\r\nthree\r\n"),
              ElementsAre(Document{"1", "one\ntwo"}, Document{"2", "three"}));
  EXPECT_THAT(load("a.jsonl", "\xEF\xBB\xBF{\"text\":\"a\\r\\n\"}\r\n{\"text\":\"b\"}"),
              ElementsAre(Document{"1", "a\r\n"}, Document{"2", "b"}));
}

TEST_F(LoadCorpus, NulAndOtherControlsAreText) {
  EXPECT_THAT(load("a.txt", std::string_view("a\0b\rc\fd", 7)),
              ElementsAre(Document{"1", std::string("a\0b\rc\fd", 7)}));
}

TEST_F(LoadCorpus, WhiteSpaceOnlyDocumentsAreSkippedButCounted) {
  EXPECT_THAT(load("a.txt", "\u3000\n\u00A0\n\ntext"), ElementsAre(Document{"2", "text"}));
  EXPECT_THAT(load("a.jsonl", "{\"text\":\" \\n\"}\n\n{\"text\":\"x\"}"),
              ElementsAre(Document{"2", "x"}));
}

TEST_F(LoadCorpus, JsonLinesHaveIds) {
  EXPECT_THAT(load("a.jsonl",
                   "{\"id\":\"x\",\"text\":\"a\"}\n{\"id\":-7,\"text\":\"b\",\"more\":[]}\n"
                   "{\"id\":null,\"text\":\"c\"}"),
              ElementsAre(Document{"x", "a"}, Document{"-7", "b"}, Document{"3", "c"}));
}

TEST_F(LoadCorpus, RefusesFilesWithoutText) {
  const std::string none = ": expected at least one document with text in it, found none";
  EXPECT_EQ(refusal("a.txt", "\n \n\u3000\n"), "a.txt" + none);
  EXPECT_EQ(refusal("a.txt", "\xEF\xBB\xBF"), "a.txt" + none);
  EXPECT_EQ(refusal("a.jsonl", "{\"text\":\"\"}"), "a.jsonl" + none);
  EXPECT_EQ(refusal("a.txt", ""), "a.txt: the file is empty");
  EXPECT_EQ(format_error([&] { load_corpus("en", folder_.path(), cancel_); }),
            folder_.path().string() + ": expected a file, found a folder");
  EXPECT_EQ(format_error([&] { load_corpus("en", folder_ / "no.txt", cancel_); }),
            (folder_ / "no.txt").string() + ": cannot be opened: No such file or directory");
}

TEST_F(LoadCorpus, RefusesInvalidUtf8) {
  EXPECT_EQ(refusal("a.txt", "one\ntwo \xE0\xA4\n"),
            "a.txt: line 2: not valid UTF-8 at byte 8 of the file");
  EXPECT_EQ(refusal("a.jsonl", "{\"text\":\"\xFF\"}"),
            "a.jsonl: line 1: not valid UTF-8 at byte 9 of the file");
}

TEST_F(LoadCorpus, RefusesMalformedRecords) {
  const auto second_line = [&](std::string_view line) {
    return refusal("a.jsonl", fmt::format("{{\"id\":\"x\",\"text\":\"a\"}}\n{}\n", line));
  };
  EXPECT_THAT(second_line("{\"text\":"),
              ::testing::StartsWith("a.jsonl: line 2: not valid JSON at byte "));
  EXPECT_EQ(second_line("{\"body\":\"b\"}"), "a.jsonl: line 2: \"text\" is missing");
  EXPECT_EQ(second_line("{\"text\":3}"), "a.jsonl: line 2: \"text\": expected a string, found 3");
  EXPECT_EQ(second_line("\"b\""), "a.jsonl: line 2: expected an object, found \"b\"");
  EXPECT_EQ(second_line("{\"id\":1.5,\"text\":\"b\"}"),
            "a.jsonl: line 2: \"id\": expected a string or an integer, found 1.5");
  EXPECT_EQ(second_line("\n{\"id\":\"x\",\"text\":\"b\"}"),
            "a.jsonl: line 3: the id \"x\" appeared in line 1 already");
}

TEST_F(LoadCorpus, StopsWhenAsked) {
  cancel_.request();
  EXPECT_THROW(load("a.txt", "one\n\ntwo"), Interrupted);
}

}  // namespace
}  // namespace aqua::text

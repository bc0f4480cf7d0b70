#include <algorithm>
#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/core/sha256.hpp"
#include "aqua/formats/mapped_file.hpp"
#include "corpus/readers.hpp"
#include "utf8.hpp"

namespace aqua::text {

bool is_white_space_only(std::string_view text) { return leading_white_space(text) == text.size(); }

Corpus load_corpus(std::string name, const std::filesystem::path& path, const CancelToken& cancel) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const formats::MappedFile file(path);
  std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  if (const auto invalid = find_invalid_utf8(text)) {
    const auto line = 1 + std::count(text.begin(), text.begin() + *invalid, '\n');
    fail<FormatError>("{}: line {}: not valid UTF-8 at byte {} of the file", path.string(), line,
                      *invalid);
  }
  Corpus corpus{.name = std::move(name),
                .path = path,
                .sha256 = sha256_of_file(path, cancel),
                .documents = {}};
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  corpus.documents = path.extension() == ".jsonl" ? read_json_lines(text, path.string(), cancel)
                                                  : read_plain_text(text, cancel);
  if (corpus.documents.empty()) {
    fail<FormatError>("{}: expected at least one document with text in it, found none",
                      path.string());
  }
  return corpus;
}

}  // namespace aqua::text

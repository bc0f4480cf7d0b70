#include <gmock/gmock.h>

#include "aqua/core/error.hpp"
#include "aqua/formats/safetensors.hpp"
#include "safetensors_file.hpp"
#include "temporary_folder.hpp"

namespace aqua::formats {
namespace {

using testing::ElementsAre;
using testing::IsNull;
using testing::Pair;
using testing::StrEq;
using testing::ThrowsMessage;

class SafetensorsIndex : public testing::Test {
 protected:
  SafetensorsIndex() {
    folder_.write("m-1.safetensors", safetensors_file(R"({"__metadata__": {"k": "first"},
                                       "a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
                                       "c": {"dtype": "U8", "shape": [1], "data_offsets": [2, 3]}})",
                                                      3));
    folder_.write("m-2.safetensors", safetensors_file(R"({"__metadata__": {"k": "second", "l": "x"},
                                       "b": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}})",
                                                      4));
  }
  std::filesystem::path index(std::string_view weight_map) const {
    return folder_.write("m.safetensors.index.json",
                         "{\"metadata\": {}, \"weight_map\": " + std::string(weight_map) + "}");
  }
  void expect_error(std::string_view weight_map, const std::string& message) const {
    const auto path = index(weight_map);
    EXPECT_THAT([&] { open_safetensors(path); },
                ThrowsMessage<FormatError>(StrEq(path.string() + ": " + message)));
  }

  test::TemporaryFolder folder_;
};

TEST_F(SafetensorsIndex, JoinsItsShards) {
  const auto file = open_safetensors(
      index(R"({"a": "m-1.safetensors", "b": "m-2.safetensors", "c": "m-1.safetensors"})"));
  EXPECT_THAT(file->names(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(file->find("b")->bytes.size(), 4U);
  EXPECT_EQ(file->find("b")->file, (folder_ / "m-2.safetensors").string());
  EXPECT_THAT(file->find("d"), IsNull());
  EXPECT_THAT(file->files(), ElementsAre(folder_ / "m-1.safetensors", folder_ / "m-2.safetensors"));
  EXPECT_THAT(file->metadata(), ElementsAre(Pair("k", "first"), Pair("l", "x")));
  file->release(*file->find("b"));
  EXPECT_THAT([&] { require(*file, "d"); },
              ThrowsMessage<FormatError>(
                  StrEq((folder_ / "m-1.safetensors").string() + " and 1 more: \"d\" is missing")));
}

TEST_F(SafetensorsIndex, ShowsOnlyWhatItLists) {
  EXPECT_THAT(open_safetensors(index(R"({"c": "m-1.safetensors"})"))->find("a"), IsNull());
}

TEST_F(SafetensorsIndex, OpensNothingElsewhere) {
  expect_error(R"({"a": "../m-1.safetensors"})",
               R"("a": expected a plain file name, found "../m-1.safetensors")");
  expect_error(R"({"a": "/etc/passwd"})",
               R"("a": expected a plain file name, found "/etc/passwd")");
  expect_error(R"({"a": ".."})", R"("a": expected a plain file name, found "..")");
  expect_error(R"({"a": ""})", R"("a": expected a plain file name, found "")");
  expect_error(R"({"a": "m-1\u0000.safetensors"})",
               R"("a": expected a plain file name, found "m-1\u0000.safetensors")");
}

TEST_F(SafetensorsIndex, ChecksWhatItLists) {
  expect_error(R"({"d": "m-1.safetensors"})",
               R"("d": expected in m-1.safetensors, found no such tensor there)");
  expect_error(R"({"a": 1})", R"("a": expected a string, found 1)");
  expect_error("[]", R"("weight_map": expected an object, found [])");
  const auto path = index(R"({"a": "m-3.safetensors"})");
  EXPECT_THAT([&] { open_safetensors(path); },
              ThrowsMessage<FormatError>(StrEq((folder_ / "m-3.safetensors").string() +
                                               ": cannot be opened: No such file or directory")));
  const auto other = folder_.write("other.json", "{}");
  EXPECT_THAT([&] { open_safetensors(other); },
              ThrowsMessage<FormatError>(StrEq(other.string() + ": \"weight_map\" is missing")));
}

}  // namespace
}  // namespace aqua::formats

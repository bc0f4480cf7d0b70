#include "aqua/core/sha256.hpp"

#include <gmock/gmock.h>

#include "aqua/core/error.hpp"
#include "temporary_folder.hpp"

namespace aqua {
namespace {

using testing::StrEq;
using testing::ThrowsMessage;

std::string digest_of(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish();
}

// The examples of FIPS 180-2, appendix B.
TEST(Sha256, KnownVectors) {
  EXPECT_EQ(digest_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(digest_of(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, TakesItsTextInParts) {
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.finish(), digest_of("abc"));
}

TEST(Sha256, ReadsFiles) {
  const test::TemporaryFolder folder;
  const std::string text(3000000, 'x');  // more than one buffer
  EXPECT_EQ(sha256_of_file(folder.write("f", text), {}), digest_of(text));
  EXPECT_EQ(sha256_of_file(folder.write("empty", ""), {}), digest_of(""));
  const std::string missing = (folder / "missing").string();
  EXPECT_THAT(
      [&] { sha256_of_file(missing, {}); },
      ThrowsMessage<FormatError>(StrEq(missing + ": cannot be opened: No such file or directory")));
  EXPECT_THAT([&] { sha256_of_file(folder.path(), {}); },
              ThrowsMessage<FormatError>(StrEq(folder.path().string() + ": cannot be read")));
  CancelToken cancel;
  cancel.request();
  EXPECT_THROW(sha256_of_file(folder / "f", cancel), Interrupted);
}

}  // namespace
}  // namespace aqua

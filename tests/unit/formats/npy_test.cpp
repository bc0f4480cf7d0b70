#include "npy.hpp"

#include <gmock/gmock.h>

#include "aqua/core/error.hpp"

namespace aqua::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// A version 1 member with this dictionary.
std::string member(const std::string& dictionary, std::size_t data) {
  std::string text = "\x93NUMPY";
  text += {'\x01', '\x00', static_cast<char>(dictionary.size()), '\x00'};
  return text + dictionary + std::string(data, '\0');
}

// The header as numpy.lib.format describes it: magic, version 1.0, length, dictionary, padding to a
// multiple of 64 bytes, newline.
TEST(Npy, HeaderIsThatOfNumPy) {
  const std::string header = npy::header(DType::f16, std::vector<int64_t>{2, 3}, "x");
  EXPECT_EQ(header.size() % 64, 0U);
  EXPECT_EQ(header.back(), '\n');
  EXPECT_THAT(header.substr(10),
              StartsWith("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3, ), }"));
}

TEST(Npy, TakesTheFormsOfTheDictionary) {
  for (const char* dictionary : {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }\n",
                                 "{'shape': (2, 1,), 'fortran_order': False, 'descr': '<f4'}",
                                 "{ 'descr' : '<f4' ,'fortran_order':False,'shape':(2,1)}"}) {
    const std::string text = member(dictionary, 8);
    const auto parsed = npy::parse(bytes_of(text), "x");
    ASSERT_TRUE(std::holds_alternative<Tensor>(parsed)) << dictionary;
    EXPECT_THAT(std::get<Tensor>(parsed).shape, ElementsAre(2, 1));
    EXPECT_EQ(std::get<Tensor>(parsed).bytes.size(), 8U);
  }
}

TEST(Npy, RefusesEverythingElse) {
  const auto expect_error = [](const std::string& text, const std::string& message) {
    EXPECT_THAT([&] { npy::parse(bytes_of(text), "f: \"x\""); },
                ThrowsMessage<FormatError>(HasSubstr(message)))
        << text;
  };
  const std::string bad_header = "f: \"x\": expected the header of a .npy array";
  expect_error("PNG", "f: \"x\": magic: expected 6 bytes");
  expect_error("NUMPY!..", "f: \"x\": expected a .npy array, found something else");
  expect_error(std::string("\x93NUMPY\x09\x00\x00\x00", 10),
               "expected .npy version 1 to 3, found 9");
  expect_error(std::string("\x93NUMPY\x01\x00\xff\xff", 10), "expected 65535 bytes at offset 10");
  for (const char* dictionary :
       {"", "{}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,", "{'other': '<f4'}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"}) {
    expect_error(member(dictionary, 8), bad_header);
  }
  expect_error(member("{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}", 8),
               "expected little-endian numbers, found type >f4");
  expect_error(member("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 8),
               "expected 12 bytes of data, found 8");
  expect_error(
      member("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", 8),
      "is out of range");
  expect_error(member("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4),
               "expected a text or an int64, found <f4 in 4 bytes");
}

}  // namespace
}  // namespace aqua::formats

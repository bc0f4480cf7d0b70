#include "npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "aqua/core/checked.hpp"
#include "byte_reader.hpp"

namespace aqua::formats::npy {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t alignment = 64;
constexpr char32_t replacement = 0xfffd;

struct TypeName {
  std::string_view descr;
  DType type;
};
constexpr std::array<TypeName, 9> types{{{"<f8", DType::f64},
                                         {"<f4", DType::f32},
                                         {"<f2", DType::f16},
                                         {"<i8", DType::i64},
                                         {"<i4", DType::i32},
                                         {"<i2", DType::i16},
                                         {"|i1", DType::i8},
                                         {"|u1", DType::u8},
                                         {"|b1", DType::boolean}}};

std::string header_of(std::string_view descr, std::string_view shape) {
  std::string dictionary =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, shape);
  // Magic, two bytes of version, two of length; the header ends with a newline.
  const std::size_t before = magic.size() + 4;
  const std::size_t size = before + dictionary.size() + 1;
  dictionary.append((alignment - size % alignment) % alignment, ' ');
  dictionary += '\n';
  const auto length = static_cast<uint16_t>(dictionary.size());
  std::string text(magic);
  text += {'\x01', '\x00', static_cast<char>(length & 0xffU), static_cast<char>(length >> 8U)};
  return text + dictionary;
}

bool is_scalar(char32_t point) {
  return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

// Code points of UTF-8 text; bytes that are not UTF-8 become U+FFFD.
std::u32string code_points(std::string_view text) {
  std::u32string points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    const int more = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (more < 0 || lead > 0xf4 || i + static_cast<std::size_t>(more) > text.size()) {
      points += replacement;
      continue;
    }
    char32_t point = more == 0 ? lead : lead & (0x3fU >> static_cast<unsigned>(more));
    bool valid = true;
    for (int j = 0; j < more; ++j) {
      const auto next = static_cast<unsigned char>(text[i++]);
      valid = valid && (next & 0xc0U) == 0x80U;
      point = point << 6U | (next & 0x3fU);
    }
    points += valid && is_scalar(point) ? point : replacement;
  }
  return points;
}

void append_utf8(char32_t point, std::string& text) {
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((point >> shift) & 0x3fU));
  };
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xc0U | (point >> 6U));
    tail(0);
  } else if (point < 0x10000) {
    text += static_cast<char>(0xe0U | (point >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0U | (point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// The header's dictionary, read in the form in which NumPy writes it.
class Dictionary {
 public:
  Dictionary(std::string_view text, std::string_view context) : text_(text), context_(context) {}

  void parse() {
    expect("{");
    while (!accept("}")) {
      const std::string_view key = quoted();
      expect(":");
      if (key == "descr") {
        descr = quoted();
      } else if (key == "fortran_order") {
        if (accept("True"))
          fail<FormatError>("{}: expected C order, found Fortran order", context_);
        expect("False");
      } else if (key == "shape") {
        parse_shape();
      } else {
        fail_here();
      }
      if (!accept(",")) {
        expect("}");
        break;
      }
    }
    skip_spaces();
    if (!text_.empty() || descr.empty() || !has_shape_) fail_here();
  }

  std::string_view descr;
  std::vector<int64_t> shape;

 private:
  void parse_shape() {
    has_shape_ = true;
    shape.clear();
    expect("(");
    while (!accept(")")) {
      skip_spaces();
      int64_t extent = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (error != std::errc() || extent < 0) fail_here();
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      shape.push_back(extent);
      if (!accept(",")) {
        expect(")");
        break;
      }
    }
  }
  std::string_view quoted() {
    expect("'");
    const std::size_t end = text_.find('\'');
    if (end == std::string_view::npos) fail_here();
    const std::string_view found = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return found;
  }
  void skip_spaces() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n'))
      text_.remove_prefix(1);
  }
  bool accept(std::string_view token) {
    skip_spaces();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) fail_here();
  }
  [[noreturn]] void fail_here() const {
    fail<FormatError>(
        "{}: expected the header of a .npy array, with descr, fortran_order and shape", context_);
  }

  std::string_view text_;
  std::string_view context_;
  bool has_shape_ = false;
};

NpzScalar parse_scalar(std::string_view descr, std::span<const std::byte> data,
                       std::string_view context) {
  if (descr == "<i8" && data.size() == sizeof(int64_t)) {
    int64_t value = 0;
    std::memcpy(&value, data.data(), sizeof value);
    return value;
  }
  if (descr.starts_with("<U") && data.size() % sizeof(char32_t) == 0) {
    std::string text;
    for (std::size_t i = 0; i < data.size(); i += sizeof(char32_t)) {
      char32_t point = 0;
      std::memcpy(&point, data.data() + i, sizeof point);
      if (point == 0) break;
      append_utf8(is_scalar(point) ? point : replacement, text);
    }
    return text;
  }
  fail<FormatError>("{}: expected a text or an int64, found {} in {} bytes", context, descr,
                    data.size());
}

}  // namespace

std::string header(DType type, std::span<const int64_t> shape, std::string_view context) {
  const auto* found = std::ranges::find(types, type, &TypeName::type);
  if (found == types.end()) {
    fail<FormatError>("{}: NumPy has no arrays of {}", context, name(type));
  }
  std::string extents;
  for (const int64_t extent : shape) extents += fmt::format("{}, ", extent);
  return header_of(found->descr, extents);
}

std::string scalar(const NpzScalar& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    std::string member = header_of("<i8", "");
    return member.append(reinterpret_cast<const char*>(number), sizeof *number);
  }
  std::u32string points = code_points(std::get<std::string>(value));
  if (points.empty()) points += U'\0';  // NumPy has no texts of no length
  std::string member = header_of(fmt::format("<U{}", points.size()), "");
  return member.append(reinterpret_cast<const char*>(points.data()),
                       points.size() * sizeof(char32_t));
}

std::variant<Tensor, NpzScalar> parse(std::span<const std::byte> member, std::string_view context) {
  ByteReader in(member, context);
  const auto start = in.take(magic.size(), "magic");
  if (std::memcmp(start.data(), magic.data(), magic.size()) != 0) {
    fail<FormatError>("{}: expected a .npy array, found something else", context);
  }
  const auto major = in.number<uint8_t>("version");
  in.number<uint8_t>("version");
  if (major < 1 || major > 3) {
    fail<FormatError>("{}: expected .npy version 1 to 3, found {}", context, major);
  }
  const uint64_t length = major == 1 ? in.number<uint16_t>("length of the header")
                                     : in.number<uint32_t>("length of the header");
  const auto text = in.take(length, "header");
  Dictionary dictionary({reinterpret_cast<const char*>(text.data()), text.size()}, context);
  dictionary.parse();
  const auto data = in.take(in.left(), "data");
  if (dictionary.shape.empty()) return parse_scalar(dictionary.descr, data, context);

  const auto* found = std::ranges::find(types, dictionary.descr, &TypeName::descr);
  if (found == types.end()) {
    fail<FormatError>("{}: expected little-endian numbers, found type {}", context,
                      dictionary.descr);
  }
  const int64_t size = bytes_for(found->type, checked_elements(dictionary.shape, context), context);
  if (std::cmp_not_equal(data.size(), size)) {
    fail<FormatError>("{}: expected {} bytes of data, found {}", context, size, data.size());
  }
  Tensor tensor;
  tensor.dtype = found->type;
  tensor.shape = std::move(dictionary.shape);
  tensor.bytes = data;
  return tensor;
}

}  // namespace aqua::formats::npy

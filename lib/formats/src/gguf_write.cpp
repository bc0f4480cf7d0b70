#include <algorithm>
#include <set>
#include <string_view>
#include <type_traits>

#include "aqua/core/checked.hpp"
#include "aqua/formats/gguf.hpp"
#include "gguf_types.hpp"

namespace aqua::formats {
namespace {

using gguf::ValueType;

/// The bytes before the data.
class HeaderBytes {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void number(T value) { text_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void string(std::string_view value) {
    number(uint64_t{value.size()});
    text_ += value;
  }
  void pad() {
    const auto alignment = static_cast<std::size_t>(gguf::default_alignment);
    text_.append((alignment - text_.size() % alignment) % alignment, '\0');
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct ValueWriter {
  HeaderBytes& out;

  void operator()(int64_t value) const {
    if (std::in_range<uint32_t>(value)) {
      out.number(ValueType::u32);
      out.number(static_cast<uint32_t>(value));
    } else {
      out.number(ValueType::i64);
      out.number(value);
    }
  }
  void operator()(double value) const {
    out.number(ValueType::f64);
    out.number(value);
  }
  void operator()(bool value) const {
    out.number(ValueType::boolean);
    out.number(static_cast<uint8_t>(value));
  }
  void operator()(const std::string& value) const {
    out.number(ValueType::string);
    out.string(value);
  }
  void operator()(const std::vector<int64_t>& values) const {
    const bool narrow =
        std::ranges::all_of(values, [](int64_t v) { return std::in_range<int32_t>(v); });
    array(narrow ? ValueType::i32 : ValueType::i64, values, [&](int64_t value) {
      if (narrow) {
        out.number(static_cast<int32_t>(value));
      } else {
        out.number(value);
      }
    });
  }
  void operator()(const std::vector<double>& values) const {
    array(ValueType::f64, values, [&](double value) { out.number(value); });
  }
  void operator()(const std::vector<bool>& values) const {
    array(ValueType::boolean, values, [&](bool value) { out.number(static_cast<uint8_t>(value)); });
  }
  void operator()(const std::vector<std::string>& values) const {
    array(ValueType::string, values, [&](const std::string& value) { out.string(value); });
  }

 private:
  template <class T, class Write>
  void array(ValueType type, const std::vector<T>& values, const Write& write) const {
    out.number(ValueType::array);
    out.number(type);
    out.number(uint64_t{values.size()});
    for (const auto& value : values) write(value);
  }
};

int64_t aligned(int64_t size, std::string_view context) {
  return checked_add(size, gguf::default_alignment - 1, context) / gguf::default_alignment *
         gguf::default_alignment;
}

}  // namespace

void write_gguf(AtomicFile& file, std::span<const std::pair<std::string, GgufValue>> values,
                std::span<const NewTensor> tensors) {
  const std::string path = file.final_path().string();
  constexpr uint32_t version = 3;
  HeaderBytes header;
  for (const char letter : {'G', 'G', 'U', 'F'}) header.number(letter);
  header.number(version);
  header.number(uint64_t{tensors.size()});
  header.number(uint64_t{values.size()});

  std::set<std::string_view> names;
  for (const auto& [key, value] : values) {
    if (!names.insert(key).second)
      fail<FormatError>("{}: \"{}\" appears more than once", path, key);
    header.string(key);
    std::visit(ValueWriter{header}, value);
  }
  names.clear();
  int64_t offset = 0;
  for (const NewTensor& tensor : tensors) {
    const auto number = gguf::number_of(tensor.dtype);
    if (!number || tensor.shape.size() > gguf::most_dimensions) {
      fail<FormatError>("{}: \"{}\": GGUF has no arrays of {} with {} dimensions", path,
                        tensor.name, name(tensor.dtype), tensor.shape.size());
    }
    if (!names.insert(tensor.name).second) {
      fail<FormatError>("{}: \"{}\" appears more than once", path, tensor.name);
    }
    const int64_t size = checked_size(tensor, file.final_path());
    header.string(tensor.name);
    header.number(static_cast<uint32_t>(tensor.shape.size()));
    for (auto extent = tensor.shape.rbegin(); extent != tensor.shape.rend(); ++extent) {
      header.number(static_cast<uint64_t>(*extent));
    }
    header.number(*number);
    header.number(static_cast<uint64_t>(offset));
    offset = aligned(checked_add(offset, size, path), path);
  }
  header.pad();
  file.write(header.text());
  const std::string padding(static_cast<std::size_t>(gguf::default_alignment), '\0');
  for (const NewTensor& tensor : tensors) {
    file.write(tensor.bytes);
    const auto size = static_cast<int64_t>(tensor.bytes.size());
    file.write(
        std::string_view(padding).substr(0, static_cast<std::size_t>(aligned(size, path) - size)));
  }
}

}  // namespace aqua::formats

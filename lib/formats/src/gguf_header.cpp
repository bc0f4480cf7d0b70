#include "gguf_header.hpp"

#include <algorithm>
#include <utility>

#include "aqua/core/checked.hpp"
#include "byte_reader.hpp"
#include "gguf_types.hpp"

namespace aqua::formats {
namespace {

int64_t read_integer(ByteReader& in, gguf::ValueType type, std::string_view what) {
  switch (type) {
    case gguf::ValueType::u8:
      return in.number<uint8_t>(what);
    case gguf::ValueType::i8:
      return in.number<int8_t>(what);
    case gguf::ValueType::u16:
      return in.number<uint16_t>(what);
    case gguf::ValueType::i16:
      return in.number<int16_t>(what);
    case gguf::ValueType::u32:
      return in.number<uint32_t>(what);
    case gguf::ValueType::i32:
      return in.number<int32_t>(what);
    case gguf::ValueType::i64:
      return in.number<int64_t>(what);
    default:
      return checked_narrow<int64_t>(in.number<uint64_t>(what),
                                     fmt::format("{}: {}", in.file(), what));
  }
}

double read_float(ByteReader& in, gguf::ValueType type, std::string_view what) {
  return type == gguf::ValueType::f32 ? in.number<float>(what) : in.number<double>(what);
}

bool read_bool(ByteReader& in, std::string_view what) {
  const auto byte = in.number<uint8_t>(what);
  if (byte > 1) fail<FormatError>("{}: {}: expected a boolean, found {}", in.file(), what, byte);
  return byte == 1;
}

gguf::ValueType read_type(ByteReader& in, std::string_view what) {
  const auto number = in.number<uint32_t>(what);
  if (number > static_cast<uint32_t>(gguf::ValueType::f64)) {
    fail<FormatError>("{}: {}: expected a value type from 0 to 12, found {}", in.file(), what,
                      number);
  }
  return static_cast<gguf::ValueType>(number);
}

bool is_integer(gguf::ValueType type) {
  return type <= gguf::ValueType::i32 || type == gguf::ValueType::u64 ||
         type == gguf::ValueType::i64;
}
bool is_float(gguf::ValueType type) {
  return type == gguf::ValueType::f32 || type == gguf::ValueType::f64;
}

template <class T, class Read>
std::vector<T> read_elements(ByteReader& in, uint64_t count, std::string_view what,
                             const Read& read) {
  // Every element takes at least a byte, which bounds what a hostile count can make us reserve.
  if (count > in.left()) {
    fail<FormatError>("{}: {}: expected {} elements, found {} bytes: the file is truncated",
                      in.file(), what, count, in.left());
  }
  std::vector<T> elements;
  elements.reserve(count);
  for (uint64_t i = 0; i < count; ++i) elements.push_back(read());
  return elements;
}

GgufValue read_array(ByteReader& in, std::string_view what) {
  const gguf::ValueType type = read_type(in, what);
  const auto count = in.number<uint64_t>(what);
  if (is_integer(type)) {
    return read_elements<int64_t>(in, count, what, [&] { return read_integer(in, type, what); });
  }
  if (is_float(type)) {
    return read_elements<double>(in, count, what, [&] { return read_float(in, type, what); });
  }
  if (type == gguf::ValueType::boolean) {
    return read_elements<bool>(in, count, what, [&] { return read_bool(in, what); });
  }
  if (type == gguf::ValueType::string) {
    return read_elements<std::string>(in, count, what, [&] { return in.string(what); });
  }
  fail<FormatError>("{}: {}: expected an array of numbers or strings, found an array of arrays",
                    in.file(), what);
}

GgufValue read_value(ByteReader& in, std::string_view what) {
  const gguf::ValueType type = read_type(in, what);
  if (is_integer(type)) return read_integer(in, type, what);
  if (is_float(type)) return read_float(in, type, what);
  if (type == gguf::ValueType::boolean) return read_bool(in, what);
  if (type == gguf::ValueType::string) return in.string(what);
  return read_array(in, what);
}

// A tensor whose bytes are not yet known to lie in the file.
struct Entry {
  Tensor tensor;
  uint64_t offset = 0;  // from the start of the data
};

Entry read_entry(ByteReader& in) {
  Entry entry;
  Tensor& tensor = entry.tensor;
  tensor.file = in.file();
  tensor.name = in.string("name of a tensor");
  const std::string what = fmt::format("\"{}\"", tensor.name);
  const auto dimensions = in.number<uint32_t>(what);
  if (dimensions > gguf::most_dimensions) {
    fail<FormatError>("{}: {}: expected at most {} dimensions, found {}", in.file(), what,
                      gguf::most_dimensions, dimensions);
  }
  for (uint32_t i = 0; i < dimensions; ++i) {
    tensor.shape.push_back(read_integer(in, gguf::ValueType::u64, what));
  }
  std::ranges::reverse(tensor.shape);
  const auto number = in.number<uint32_t>(what);
  const auto known = gguf::dtype_of(number);
  if (!known) {
    fail<FormatError>("{}: {}: expected a supported type of array, found ggml type {}", in.file(),
                      what, number);
  }
  tensor.dtype = *known;
  entry.offset = in.number<uint64_t>(what);
  return entry;
}

void place(Entry& entry, std::span<const std::byte> data, uint64_t alignment,
           std::string_view file) {
  Tensor& tensor = entry.tensor;
  const std::string context = fmt::format("{}: \"{}\"", file, tensor.name);
  const int64_t elements = checked_elements(tensor.shape, context);
  const int64_t row = tensor.shape.empty() ? 1 : tensor.shape.back();
  if (row % elements_per_block(tensor.dtype) != 0) {
    fail<FormatError>("{}: expected rows of a multiple of {} elements for {}, found {}", context,
                      elements_per_block(tensor.dtype), name(tensor.dtype), row);
  }
  const auto size = static_cast<uint64_t>(bytes_for(tensor.dtype, elements, context));
  if (entry.offset % alignment != 0) {
    fail<FormatError>("{}: expected an offset that is a multiple of {}, found {}", context,
                      alignment, entry.offset);
  }
  if (entry.offset > data.size() || size > data.size() - entry.offset) {
    fail<FormatError>(
        "{}: expected {} bytes at offset {} of the data, found {} bytes of data: the "
        "file is truncated",
        context, size, entry.offset, data.size());
  }
  tensor.bytes = data.subspan(entry.offset, size);
}

uint64_t alignment_of(const GgufMetadata& values, std::string_view file) {
  const auto found = values.find("general.alignment");
  if (found == values.end()) return gguf::default_alignment;
  const auto* alignment = std::get_if<int64_t>(&found->second);
  if (alignment == nullptr || *alignment < 1 || *alignment > (1 << 20)) {
    fail<FormatError>("{}: \"general.alignment\": expected a number of bytes from 1 to 1048576",
                      file);
  }
  return static_cast<uint64_t>(*alignment);
}

}  // namespace

GgufHeader parse_gguf(std::span<const std::byte> bytes, std::string_view file) {
  ByteReader in(bytes, file);
  const auto magic = in.take(4, "magic");
  if (std::memcmp(magic.data(), "GGUF", 4) != 0) {
    fail<FormatError>("{}: expected the magic bytes GGUF: not a GGUF file", file);
  }
  const auto version = in.number<uint32_t>("version");
  if (version != 2 && version != 3) {
    fail<FormatError>("{}: expected GGUF version 2 or 3, found {}", file, version);
  }
  const auto tensor_count = in.number<uint64_t>("tensor count");
  const auto value_count = in.number<uint64_t>("metadata count");

  GgufHeader header;
  for (uint64_t i = 0; i < value_count; ++i) {
    std::string key = in.string("name of a metadata key");
    GgufValue value = read_value(in, fmt::format("\"{}\"", key));
    if (!header.values.emplace(std::move(key), std::move(value)).second) {
      fail<FormatError>("{}: a metadata key appears twice", file);
    }
  }
  std::vector<Entry> entries;
  for (uint64_t i = 0; i < tensor_count; ++i) entries.push_back(read_entry(in));

  const uint64_t alignment = alignment_of(header.values, file);
  const uint64_t data_start =
      std::min<uint64_t>((in.position() + alignment - 1) / alignment * alignment, bytes.size());
  for (Entry& entry : entries) {
    place(entry, bytes.subspan(data_start), alignment, file);
    header.tensors.push_back(std::move(entry.tensor));
  }
  std::ranges::sort(header.tensors, {}, &Tensor::name);
  const auto twice = std::ranges::adjacent_find(header.tensors, {}, &Tensor::name);
  if (twice != header.tensors.end()) {
    fail<FormatError>("{}: \"{}\" appears twice", file, twice->name);
  }
  return header;
}

}  // namespace aqua::formats

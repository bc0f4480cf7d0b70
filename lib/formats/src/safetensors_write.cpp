#include <algorithm>
#include <array>
#include <bit>
#include <tuple>

#include "aqua/core/checked.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/formats/safetensors.hpp"

namespace aqua::formats {
namespace {

constexpr std::size_t data_alignment = 64;

/// Falling element size keeps every element aligned although the format allows no padding between
/// tensors.
std::vector<const NewTensor*> file_order(std::span<const NewTensor> tensors) {
  std::vector<const NewTensor*> order;
  for (const NewTensor& tensor : tensors) order.push_back(&tensor);
  std::ranges::sort(order, {}, [](const NewTensor* tensor) {
    return std::tuple(-size_of(tensor->dtype), std::string_view(tensor->name));
  });
  return order;
}

}  // namespace

void write_safetensors(AtomicFile& file, std::span<const NewTensor> tensors,
                       const std::vector<std::pair<std::string, std::string>>& metadata) {
  nlohmann::ordered_json header;
  for (const auto& [key, value] : metadata) header["__metadata__"][key] = value;

  const std::vector<const NewTensor*> order = file_order(tensors);
  int64_t offset = 0;
  for (const NewTensor* tensor : order) {
    const std::string context = fmt::format("{}: \"{}\"", file.final_path().string(), tensor->name);
    const int64_t size = checked_size(*tensor, file.final_path());
    if (header.contains(tensor->name)) fail<FormatError>("{} appears more than once", context);
    header[tensor->name] = {{"dtype", name(tensor->dtype)},
                            {"shape", tensor->shape},
                            {"data_offsets", {offset, offset + size}}};
    offset = checked_add(offset, size, context);
  }

  std::string text =
      header.is_null()
          ? "{}"
          : header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  const std::size_t end = sizeof(uint64_t) + text.size();
  text.append((data_alignment - end % data_alignment) % data_alignment, ' ');
  const auto length = std::bit_cast<std::array<std::byte, 8>>(static_cast<uint64_t>(text.size()));
  file.write(length);
  file.write(text);
  for (const NewTensor* tensor : order) file.write(tensor->bytes);
}

}  // namespace aqua::formats

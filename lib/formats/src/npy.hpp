// One .npy array: a magic, a version, a header that is a Python dictionary, then the data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aqua/formats/npz.hpp"
#include "aqua/formats/tensors.hpp"

namespace aqua::formats::npy {

/// What stands before the data of an array of that type: a multiple of 64 bytes. FormatError,
/// starting with `context`, for types that NumPy does not have.
std::string header(DType type, std::span<const int64_t> shape, std::string_view context);
/// The whole member for a scalar: a text as UCS-4, an integer as int64.
std::string scalar(const NpzScalar& value);

/// What a member holds. `bytes` of the tensor lie in the member; its name and file stay empty.
std::variant<Tensor, NpzScalar> parse(std::span<const std::byte> member, std::string_view context);

}  // namespace aqua::formats::npy

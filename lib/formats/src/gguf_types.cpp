#include "gguf_types.hpp"

#include <algorithm>
#include <array>

namespace aqua::formats::gguf {
namespace {

struct TensorTypeNumber {
  uint32_t number;
  DType type;
};
constexpr std::array<TensorTypeNumber, 20> tensor_types{
    {{0, DType::f32},     {1, DType::f16},     {2, DType::q4_0},  {3, DType::q4_1},
     {6, DType::q5_0},    {7, DType::q5_1},    {8, DType::q8_0},  {10, DType::q2_k},
     {11, DType::q3_k},   {12, DType::q4_k},   {13, DType::q5_k}, {14, DType::q6_k},
     {20, DType::iq4_nl}, {23, DType::iq4_xs}, {24, DType::i8},   {25, DType::i16},
     {26, DType::i32},    {27, DType::i64},    {28, DType::f64},  {30, DType::bf16}}};

}  // namespace

std::optional<DType> dtype_of(uint32_t number) {
  const auto* found = std::ranges::find(tensor_types, number, &TensorTypeNumber::number);
  if (found == tensor_types.end()) return std::nullopt;
  return found->type;
}

std::optional<uint32_t> number_of(DType type) {
  const auto* found = std::ranges::find(tensor_types, type, &TensorTypeNumber::type);
  if (found == tensor_types.end()) return std::nullopt;
  return found->number;
}

}  // namespace aqua::formats::gguf

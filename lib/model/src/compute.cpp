#include "aqua/model/compute.hpp"

#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "aqua/core/error.hpp"

namespace aqua::model {
namespace {

constexpr std::array<std::pair<std::string_view, Compute>, 4> computes{
    {{"float32", Compute::float32},
     {"bfloat16", Compute::bfloat16},
     {"auto", Compute::automatic},
     {"reference", Compute::reference}}};

}  // namespace

std::string_view name(Compute compute) {
  for (const auto& [text, value] : computes) {
    if (value == compute) return text;
  }
  return "";
}

std::vector<std::string> compute_names() {
  std::vector<std::string> names;
  for (const auto& [text, value] : computes) names.emplace_back(text);
  return names;
}

Compute compute_from_name(std::string_view name) {
  for (const auto& [text, value] : computes) {
    if (text == name) return value;
  }
  fail<UsageError>("compute: expected one of {}, found \"{}\"", fmt::join(compute_names(), ", "),
                   name);
}

std::unique_ptr<linalg::ProductEngine> choose_products(Compute compute, bool bfloat16_checkpoint) {
  if (compute == Compute::reference) {
    return make_product_engine(linalg::ProductLibrary::openblas, linalg::ProductType::float32);
  }
  const bool wanted =
      compute == Compute::bfloat16 || (compute == Compute::automatic && bfloat16_checkpoint);
  return make_product_engine(wanted && linalg::has_bfloat16_products()
                                 ? linalg::ProductType::bfloat16
                                 : linalg::ProductType::float32);
}

}  // namespace aqua::model

#include "list.hpp"

namespace aqua::attention {

constinit const Variant exact_variant{
    .name = "exact",
    .label = "exact",
    .description = "Softmax over all dot products, as the model was trained.",
    .source = "arXiv 1706.03762",
    .parameters = {},
    .basis = [](const VariantSpec&) -> std::string_view { return {}; },
    .make = [](const VariantSpec&, const VariantRequest&) { return make_exact_attention(); },
    .cost = [](const VariantSpec&, const CostShape& shape,
               int64_t context) { return exact_cost(shape, context); },
};

}  // namespace aqua::attention

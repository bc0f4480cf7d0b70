// The variants, each defined in the file of its name.
#pragma once

#include "aqua/attention/variants.hpp"

namespace aqua::attention {

extern const Variant exact_variant;
extern const Variant aqua_static_variant;
extern const Variant aqua_variant;
extern const Variant aqua_memory_variant;
extern const Variant h2o_variant;
extern const Variant aqua_h2o_variant;
extern const Variant lrqk_variant;
extern const Variant kq_svd_variant;
extern const Variant loki_variant;
extern const Variant think_variant;
extern const Variant sparq_variant;
extern const Variant quant_variant;
extern const Variant aqua_quant_variant;

}  // namespace aqua::attention

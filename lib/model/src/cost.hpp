// The cost of a pass from the architecture.
#pragma once

#include "aqua/model/compute.hpp"
#include "aqua/model/cost.hpp"
#include "architecture.hpp"

namespace aqua::model {

/// `file_element_bytes`: of the widest type of number in the checkpoint.
PassCost pass_cost(const Architecture& architecture, const linalg::ProductEngine& products,
                   const ComputeSettings& compute, int64_t file_element_bytes,
                   const PassShape& shape);

}  // namespace aqua::model

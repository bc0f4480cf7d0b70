// Multiply-adds and cache bytes of AQUA beside other head layouts at the same hidden size.
#pragma once

#include <string>
#include <vector>

#include "aqua/report/breakeven.hpp"

namespace aqua::report {

struct CostRow {
  std::string label;
  HeadLayout heads;
  double linear = 0.0;              ///< multiply-adds of the projections, one layer and token
  std::vector<double> attention;    ///< [length] multiply-adds of the rest
  std::vector<double> cache_bytes;  ///< [length] keys and values in float16
};

/// This model's layout exact and with every AQUA setting, then MHA, GQA, MQA, SQA, sSQA and xSQA at
/// the same hidden size when its number of query heads can be divided by 4.
std::vector<CostRow> cost_rows(const BreakevenReport& report);

}  // namespace aqua::report

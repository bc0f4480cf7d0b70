// A small retention report with numbers that are easy to recognise.
#pragma once

#include <limits>

#include "aqua/report/retention.hpp"

namespace aqua::report::test {

inline analysis::MeasureResult measured(double value, bool interval = true) {
  analysis::MeasureResult result;
  result.model = {.value = value, .low = {}, .high = {}};
  if (interval) {
    result.model.low = value - 0.01;
    result.model.high = value + 0.02;
  }
  result.worst = value + 0.1;
  result.worst_layer = LayerIndex{3};
  result.worst_head = 1;
  result.layers = {result.model, result.model};
  result.heads = {{value - 0.05, value + 0.05}, {value - 0.1, value + 0.1}};
  return result;
}

/// Two corpora, bases aqua, kq-svd (whose losses are not defined) and native, one ratio.
inline RetentionReport small_report() {
  using analysis::Measure;
  using analysis::Selection;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  RetentionReport report;
  report.provenance = {.tool_version = "aqua 0.1.0",
                       .command = "analyze retention",
                       .options_json = R"({"bases": ["aqua", "kq-svd", "native"]})",
                       .date = "2025-01-01T00:00:00Z",
                       .kernels = "OpenBLAS 0.3.21 Haswell",
                       .seed = 7,
                       .threads = 2,
                       .corpora = {}};
  report.calibration = "m.aqua.h5";
  report.fitted_on = {
      {.name = "en", .path = "en.txt", .sha256 = "aa", .documents = 3, .tokens = 1500}};
  for (const std::string name : {"en", "hi"}) {
    const double base = name == "en" ? 0.2 : 0.3;
    analysis::RetentionResult result;
    result.model = {.name = "m",
                    .architecture = "llama",
                    .sha256 = "bb",
                    .layers = 4,
                    .heads = {.query_heads = 2, .kv_heads = 1, .head_dim = 8},
                    .hidden_size = 16,
                    .vocabulary = 100};
    result.corpus = {
        .name = name, .path = name + ".txt", .sha256 = "cc", .documents = 3, .tokens = 1200};
    result.options.k_ratios = {0.5};
    result.layers = {LayerIndex{1}, LayerIndex{3}};
    result.queries_per_head = 1200;
    result.pair_queries_per_head = 64;
    result.pairs_per_head = 12345;
    result.documents = 3;
    for (const std::string basis : {"aqua", "kq-svd", "native"}) {
      const double shift = basis == "native" ? -0.0125 : 0.0;
      for (const Selection selection : {Selection::fixed, Selection::dynamic}) {
        const double loss = base + shift + (selection == Selection::fixed ? 0.1 : 0.0);
        result.settings.push_back({basis, 0.5, 4, selection});
        result.results.push_back(
            {{Measure::query_loss, measured(basis == "kq-svd" ? nan : loss)},
             {Measure::key_loss, measured(basis == "kq-svd" ? nan : loss + 0.01)},
             {Measure::output_error, measured(loss / 2, /*interval=*/false)}});
      }
    }
    report.corpora.push_back(std::move(result));
  }
  return report;
}

}  // namespace aqua::report::test

#include "estimates.hpp"

#include <fmt/format.h>

#include "aqua/report/numbers.hpp"
#include "aqua/report/text_layout.hpp"
#include "csv.hpp"

namespace aqua::report {
namespace {

/// Four digits; what rounds to zero has no sign.
std::string four_digits(double value) {
  std::string text = fixed(value, 4);
  return text == "-0.0000" ? "0.0000" : text;
}

std::string bracket(const analysis::Estimate& estimate) {
  if (!estimate.low || !estimate.high) return "";
  return fmt::format(" [{}, {}]", four_digits(*estimate.low), four_digits(*estimate.high));
}

}  // namespace

Json to_json(const analysis::Estimate& estimate) {
  return {{"value", number(estimate.value)},
          {"low", estimate.low ? number(*estimate.low) : Json(nullptr)},
          {"high", estimate.high ? number(*estimate.high) : Json(nullptr)}};
}

std::vector<std::string> csv_estimate(const analysis::Estimate& estimate) {
  return {csv_number(estimate.value), estimate.low ? csv_number(*estimate.low) : "",
          estimate.high ? csv_number(*estimate.high) : ""};
}

std::string interval_text(const analysis::Estimate& estimate) {
  return four_digits(estimate.value) + bracket(estimate);
}

std::string signed_interval_text(const analysis::Estimate& estimate) {
  const std::string value = four_digits(estimate.value);
  const bool positive = estimate.value > 0.0 && value != "0.0000";
  return (positive ? "+" : "") + value + bracket(estimate);
}

std::string model_text(const capture::ModelFacts& model) {
  return fmt::format("{} ({}, {}, {}, {}, d = {})", printable(model.name), model.architecture,
                     counted(model.layers, "layer"), counted(model.heads.query_heads, "query head"),
                     counted(model.heads.kv_heads, "KV head"), model.heads.head_dim);
}

std::string corpus_text(const CorpusFacts& corpus) {
  return fmt::format("{} ({}, {})", printable(corpus.name), counted(corpus.tokens, "token"),
                     counted(corpus.documents, "document"));
}

std::string shortened(std::string_view label, std::size_t width) {
  std::string text = printable(label);
  if (display_width(text) <= width) return text;
  // Whole characters from the front, with one column left for the mark.
  std::string cut;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
    const std::string next = cut + text.substr(i, end - i);
    if (display_width(next) > width - 1) break;
    cut = next;
    i = end;
  }
  return cut + "~";
}

std::string bootstrap_text(const analysis::RetentionOptions& options) {
  return fmt::format("95 % percentile bootstrap over documents, {}, seed {}",
                     counted(options.bootstrap_replicates, "replicate"), options.seed);
}

}  // namespace aqua::report

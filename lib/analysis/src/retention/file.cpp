// Arrays, for S settings, M measures, L layers, H query heads and B kept replicates, under the
// prefixes "all." and "subset.":
//   k_ratio [S] f64, k, selection [S] i64 (0 static, 1 dynamic), layers [L] i64, counts [6] i64
//   model [S,M,3], by_layer [S,M,L,3] f64: value, low, high; NaN: absent
//   heads [S,M,L,H], replicates [S,M,B], layer_replicates [S,M,L,B] f64
// Bases and plans are metadata: "all.basis.0", … The worst head follows from heads.

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "aqua/analysis/retention_file.hpp"
#include "aqua/core/checked.hpp"
#include "aqua/core/error.hpp"
#include "measures.hpp"
#include "part_file.hpp"
#include "retention/assembly.hpp"

namespace aqua::analysis {
namespace {

constexpr double absent = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view format_name = "aqua-retention-part";

void append(const Estimate& estimate, std::vector<double>& out) {
  out.insert(out.end(),
             {estimate.value, estimate.low.value_or(absent), estimate.high.value_or(absent)});
}

void append(std::span<const double> values, std::vector<double>& out) {
  out.insert(out.end(), values.begin(), values.end());
}

void add(const std::string& prefix, const RetentionResult& result, PartWriter& part) {
  const int64_t settings = std::ssize(result.settings);
  const int64_t layers = std::ssize(result.layers);
  const int64_t heads = result.model.heads.query_heads;
  std::vector<double> ratios;
  std::vector<int64_t> kept;
  std::vector<int64_t> selections;
  std::vector<double> model;
  std::vector<double> by_layer;
  std::vector<double> by_head;
  std::vector<double> replicates;
  std::vector<double> layer_replicates;
  for (int64_t s = 0; s < settings; ++s) {
    const Setting& setting = result.settings[s];
    part.label(fmt::format("{}basis.{}", prefix, s), setting.basis);
    part.label(fmt::format("{}plan.{}", prefix, s), setting.plan);
    ratios.push_back(setting.k_ratio);
    kept.push_back(setting.k);
    selections.push_back(setting.selection == Selection::dynamic ? 1 : 0);
    for (const MeasureInfo& info : measures()) {
      const MeasureResult& value = result.results[s].at(info.measure);
      append(value.model, model);
      for (const Estimate& layer : value.layers) append(layer, by_layer);
      for (const auto& head : value.heads) append(head, by_head);
      append(value.replicates, replicates);
      for (const auto& layer : value.layer_replicates) append(layer, layer_replicates);
    }
  }
  std::vector<int64_t> layer_numbers;
  for (const LayerIndex layer : result.layers) layer_numbers.push_back(layer.value);
  const int64_t cells = settings * measure_count;
  const int64_t count = cells > 0 ? std::ssize(replicates) / cells : 0;

  const std::vector<int64_t> counts{result.zero_queries,     result.zero_keys,
                                    result.queries_per_head, result.pair_queries_per_head,
                                    result.pairs_per_head,   result.documents};
  part.add(prefix + "k_ratio", {settings}, ratios);
  part.add(prefix + "k", {settings}, kept);
  part.add(prefix + "selection", {settings}, selections);
  part.add(prefix + "layers", {layers}, layer_numbers);
  part.add(prefix + "counts", {std::ssize(counts)}, counts);
  part.add(prefix + "model", {settings, measure_count, 3}, model);
  part.add(prefix + "by_layer", {settings, measure_count, layers, 3}, by_layer);
  part.add(prefix + "heads", {settings, measure_count, layers, heads}, by_head);
  part.add(prefix + "replicates", {settings, measure_count, count}, replicates);
  part.add(prefix + "layer_replicates", {settings, measure_count, layers, count}, layer_replicates);
}

Estimate take_estimate(Cursor<double>& cursor) {
  Estimate estimate;
  estimate.value = cursor.next();
  if (const double low = cursor.next(); !std::isnan(low)) estimate.low = low;
  if (const double high = cursor.next(); !std::isnan(high)) estimate.high = high;
  return estimate;
}

RetentionResult read(const std::string& prefix, const formats::TensorFile& file,
                     const capture::ModelFacts& facts, const CorpusFacts& corpus,
                     const RetentionOptions& options) {
  RetentionResult result;
  result.model = facts;
  result.corpus = corpus;
  result.options = options;
  const auto doubles = [&](const char* name, std::vector<int64_t> shape) {
    return part_values<double>(file, prefix + name, shape);
  };
  const auto integers = [&](const char* name, int64_t count) {
    return part_values<int64_t>(file, prefix + name, std::array{count});
  };
  const auto extent = [&](const char* name) {
    const formats::Tensor& tensor = formats::require(file, prefix + name);
    if (tensor.shape.size() != 1) {
      fail<FormatError>("{}: \"{}{}\": expected one dimension, found {}", tensor.file, prefix, name,
                        tensor.shape.size());
    }
    return tensor.shape.front();
  };
  const int64_t settings = extent("k");
  const int64_t layers = extent("layers");
  const int64_t heads = facts.heads.query_heads;
  const int64_t replicates =
      options.keep_replicates && options.bootstrap_replicates > 0 && integers("counts", 6)[5] >= 2
          ? options.bootstrap_replicates
          : 0;

  const auto counts = integers("counts", 6);
  result.zero_queries = counts[0];
  result.zero_keys = counts[1];
  result.queries_per_head = counts[2];
  result.pair_queries_per_head = counts[3];
  result.pairs_per_head = counts[4];
  result.documents = counts[5];
  for (const int64_t layer : integers("layers", layers)) {
    result.layers.push_back({checked_narrow<int32_t>(layer, "layer")});
  }
  const auto ratios = doubles("k_ratio", {settings});
  const auto kept = integers("k", settings);
  const auto selections = integers("selection", settings);
  Cursor<double> model(doubles("model", {settings, measure_count, 3}));
  Cursor<double> by_layer(doubles("by_layer", {settings, measure_count, layers, 3}));
  Cursor<double> by_head(doubles("heads", {settings, measure_count, layers, heads}));
  Cursor<double> of_model(doubles("replicates", {settings, measure_count, replicates}));
  Cursor<double> of_layers(
      doubles("layer_replicates", {settings, measure_count, layers, replicates}));
  for (int64_t s = 0; s < settings; ++s) {
    const auto label = [&](const char* kind) {
      const auto found = file.metadata().find(fmt::format("{}{}.{}", prefix, kind, s));
      return found == file.metadata().end() ? std::string() : found->second;
    };
    Setting& setting = result.settings.emplace_back();
    setting.basis = label("basis");
    setting.plan = label("plan");
    setting.k_ratio = ratios[s];
    setting.k = kept[s];
    setting.selection = selections[s] == 0 ? Selection::fixed : Selection::dynamic;
    auto& of_setting = result.results.emplace_back();
    for (const MeasureInfo& info : measures()) {
      MeasureResult& value = of_setting[info.measure];
      value.model = take_estimate(model);
      for (int64_t l = 0; l < layers; ++l) {
        value.layers.push_back(take_estimate(by_layer));
        value.heads.push_back(by_head.take(heads));
      }
      if (options.keep_replicates) {
        value.replicates = of_model.take(replicates);
        for (int64_t l = 0; l < layers; ++l) {
          value.layer_replicates.push_back(of_layers.take(replicates));
        }
      }
      set_worst_head(info, result.layers, value);
    }
  }
  return result;
}

}  // namespace

void write_measured(const std::filesystem::path& path, const MeasuredText& measured) {
  PartWriter part;
  add("all.", measured.all, part);
  if (measured.subset) add("subset.", *measured.subset, part);
  part.write(path, format_name);
}

MeasuredText read_measured(const std::filesystem::path& path, const capture::ModelFacts& model,
                           const CorpusFacts& corpus, const RetentionOptions& options) {
  const auto file = open_part(path, format_name);
  MeasuredText measured{.all = read("all.", *file, model, corpus, options), .subset = {}};
  if (!options.subset.empty()) measured.subset = read("subset.", *file, model, corpus, options);
  return measured;
}

}  // namespace aqua::analysis

#include "retention_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "aqua/analysis/retention.hpp"
#include "aqua/formats/json_file.hpp"
#include "result_members.hpp"

namespace aqua::report::document {
namespace {

/// RetentionExtents first, so that the cubes can be made; then the numbers.
struct RetentionExtents {
  std::vector<std::string> bases;
  std::vector<std::string> measures;
  std::vector<int64_t> layers;
  std::size_t heads = 0;
};

std::string setting_context(const Input& input, const std::string& corpus,
                            const ResultJson& setting) {
  return fmt::format(
      "{}: {}, {}, k_ratio {}, {}", input.path, corpus, text_member(setting, "basis", input.path),
      number_member(setting, "k_ratio", input.path), text_member(setting, "selection", input.path));
}

/// Settings measured with a plan have no k of their own and no place on the k/d axis; the section
/// on plans shows what they gain.
bool is_planned(const ResultJson& setting) {
  const auto plan = setting.find("plan");
  return plan != setting.end() && !plan->is_null();
}

void survey_measure(const ResultJson& measured, RetentionExtents& extents,
                    const std::string& context) {
  const ResultJson& heads = list_member(measured, "heads", context);
  for (const ResultJson& row : heads) extents.heads = std::max(extents.heads, row.size());
}

RetentionExtents survey_retention(const Input& input, RetentionData& data) {
  RetentionExtents extents;
  for (const ResultJson& corpus : list_member(input.json, "corpora", input.path)) {
    const ResultJson& facts = object_member(corpus, "corpus", input.path);
    const std::string name = text_member(facts, "name", input.path);
    data.corpora.push_back(name);
    data.site = text_member(corpus, "site", input.path);
    data.bootstrap_replicates = integer_member(corpus, "bootstrap_replicates", input.path);
    for (const int64_t layer :
         formats::json_value<std::vector<int64_t>>(corpus, "layers", input.path)) {
      place_of(extents.layers, layer);
    }
    for (const ResultJson& setting : list_member(corpus, "results", input.path)) {
      if (is_planned(setting)) continue;
      const std::string context = setting_context(input, name, setting);
      place_of(extents.bases, text_member(setting, "basis", context));
      place_of(data.selections, text_member(setting, "selection", context));
      const std::size_t ratio = place_of(data.ratios, number_member(setting, "k_ratio", context));
      data.kept.resize(data.ratios.size());
      data.kept[ratio] = integer_member(setting, "k", context);
      for (const auto& [key, measured] : object_member(setting, "measures", context).items()) {
        place_of(extents.measures, key);
        survey_measure(measured, extents, fmt::format("{}: \"{}\"", context, key));
      }
    }
  }
  return extents;
}

/// Ours in our order, then others as they come.
void order_measures(std::vector<std::string>& keys) {
  const auto rank = [](const std::string& key) {
    const auto all = analysis::measures();
    return std::ranges::find(all, key, &analysis::MeasureInfo::key) - all.begin();
  };
  std::ranges::stable_sort(keys, {}, rank);
}

void describe_retention(const Input& input, const RetentionExtents& extents, RetentionData& data) {
  const ResultJson& measures = object_member(input.json, "measures", input.path);
  for (const std::string& key : extents.measures) {
    const std::string context = fmt::format("{}: \"measures\": \"{}\"", input.path, key);
    const ResultJson& info = object_member(measures, key, input.path);
    data.measures.push_back(
        {.key = key,
         .label = text_member(info, "label", context),
         .definition = text_member(info, "definition", context),
         .higher_is_better = formats::json_value<bool>(info, "higher_is_better", context)});
  }
  const ResultJson& bases = object_member(input.json, "bases", input.path);
  for (const std::string& name : extents.bases) {
    const std::string context = fmt::format("{}: \"bases\": \"{}\"", input.path, name);
    const ResultJson& info = object_member(bases, name, input.path);
    data.bases.push_back({.name = name,
                          .label = text_member(info, "label", context),
                          .description = text_member(info, "description", context)});
  }
  const ResultJson& calibration = object_member(input.json, "calibration", input.path);
  for (const ResultJson& corpus : list_member(calibration, "fitted_on", input.path)) {
    data.fitted_on.push_back(text_member(corpus, "name", input.path));
  }
  data.head_dim =
      integer_member(object_member(input.json, "model", input.path), "head_dim", input.path);
}

std::vector<Dimension> common_dimensions(const RetentionData& data) {
  Dimension measure{.key = "measure", .label = "measure", .labels = {}};
  for (const auto& info : data.measures) measure.labels.push_back(info.label);
  Dimension basis{.key = "basis", .label = "basis", .labels = {}};
  for (const auto& info : data.bases) basis.labels.push_back(info.name);
  Dimension ratio{.key = "k_ratio", .label = "k/d", .labels = {}, .numbers = data.ratios};
  for (std::size_t r = 0; r < data.ratios.size(); ++r) {
    ratio.labels.push_back(fmt::format("{:.4g} (k = {})", data.ratios[r], data.kept[r]));
  }
  return {std::move(measure), Dimension{.key = "corpus", .label = "text", .labels = data.corpora},
          std::move(basis),
          Dimension{.key = "selection", .label = "selection", .labels = data.selections},
          std::move(ratio)};
}

Dimension layer_dimension(const std::vector<int64_t>& layers) {
  Dimension dimension{.key = "layer", .label = "layer", .labels = {}};
  for (const int64_t layer : layers) {
    dimension.labels.push_back(std::to_string(layer));
    dimension.numbers.push_back(static_cast<double>(layer));
  }
  return dimension;
}

struct Cubes {
  Cube model, layers, heads;
};

/// One measure of one setting, at `place` of the model cube. The other cubes continue it by layer
/// and by layer and head.
void put_measure(const ResultJson& measured, std::size_t place,
                 const std::vector<int64_t>& corpus_layers, RetentionExtents& extents, Cubes& cubes,
                 RetentionData::Worst& worst, const std::string& context) {
  put_estimate(cubes.model, place, object_member(measured, "model", context), context);
  const ResultJson& worst_json = object_member(measured, "worst", context);
  worst = {.value = number_member(worst_json, "value", context),
           .layer = integer_member(worst_json, "layer", context),
           .head = integer_member(worst_json, "head", context)};
  for (const ResultJson& layer : list_member(measured, "layers", context)) {
    const std::size_t l = place_of(extents.layers, integer_member(layer, "layer", context));
    if (l >= cubes.layers.dimensions.back().labels.size()) {
      fail<FormatError>("{}: \"layers\": expected layers of the corpus, found {}", context,
                        extents.layers.back());
    }
    put_estimate(cubes.layers, place * cubes.layers.dimensions.back().labels.size() + l, layer,
                 context);
  }
  const ResultJson& heads = list_member(measured, "heads", context);
  if (heads.size() != corpus_layers.size()) {
    fail<FormatError>("{}: \"heads\": expected one list for each of {} layers, found {}", context,
                      corpus_layers.size(), heads.size());
  }
  for (std::size_t row = 0; row < heads.size(); ++row) {
    if (!heads[row].is_array()) {
      formats::detail::fail_json_type(fmt::format("{}: \"heads\"[{}]", context, row), "a list",
                                      heads[row]);
    }
    const std::size_t l = place_of(extents.layers, corpus_layers[row]);
    const std::size_t start = (place * extents.layers.size() + l) * extents.heads;
    for (std::size_t h = 0; h < heads[row].size(); ++h) {
      cubes.heads.values[start + h] =
          number_or_nan(heads[row][h], fmt::format("{}: \"heads\"[{}][{}]", context, row, h));
    }
  }
}

void fill_retention(const Input& input, RetentionExtents& extents, RetentionData& data,
                    Cubes& cubes) {
  const ResultJson& corpora = list_member(input.json, "corpora", input.path);
  for (std::size_t c = 0; c < corpora.size(); ++c) {
    const auto layers = formats::json_value<std::vector<int64_t>>(corpora[c], "layers", input.path);
    for (const ResultJson& setting : list_member(corpora[c], "results", input.path)) {
      if (is_planned(setting)) continue;
      const std::string context = setting_context(input, data.corpora[c], setting);
      const std::size_t basis = place_of(extents.bases, text_member(setting, "basis", context));
      const std::size_t selection =
          place_of(data.selections, text_member(setting, "selection", context));
      const std::size_t ratio = place_of(data.ratios, number_member(setting, "k_ratio", context));
      for (const auto& [key, measured] : object_member(setting, "measures", context).items()) {
        const std::size_t measure = place_of(extents.measures, key);
        const std::size_t places[] = {measure, c, basis, selection, ratio};
        const std::size_t place = cubes.model.at(places);
        put_measure(measured, place, layers, extents, cubes, data.worst[place],
                    fmt::format("{}: \"{}\"", context, key));
      }
    }
  }
}

}  // namespace

RetentionData read_retention(const Input& input) {
  RetentionData data;
  RetentionExtents extents = survey_retention(input, data);
  order_measures(extents.measures);
  describe_retention(input, extents, data);
  const std::vector<Dimension> common = common_dimensions(data);
  std::vector<Dimension> by_layer = common;
  by_layer.push_back(layer_dimension(extents.layers));
  std::vector<Dimension> by_head = by_layer;
  by_head.push_back({.key = "head", .label = "query head", .labels = {}});
  for (std::size_t h = 0; h < extents.heads; ++h) {
    by_head.back().labels.push_back(std::to_string(h));
  }
  Cubes cubes{.model = Cube::make(common, /*intervals=*/true, input.path),
              .layers = Cube::make(by_layer, /*intervals=*/true, input.path),
              .heads = Cube::make(by_head, /*intervals=*/false, input.path)};
  data.worst.assign(cubes.model.values.size(), {.value = std::nan(""), .layer = 0, .head = 0});
  fill_retention(input, extents, data, cubes);
  data.model = std::make_shared<const Cube>(std::move(cubes.model));
  data.layers = std::make_shared<const Cube>(std::move(cubes.layers));
  data.heads = std::make_shared<const Cube>(std::move(cubes.heads));
  return data;
}

std::optional<std::size_t> RetentionData::find(std::string_view measure, std::size_t corpus,
                                               std::string_view basis, std::string_view selection,
                                               std::size_t ratio) const {
  const auto m = std::ranges::find(measures, measure, &Measure::key);
  const auto b = std::ranges::find(bases, basis, &Basis::name);
  const auto s = std::ranges::find(selections, selection);
  if (m == measures.end() || b == bases.end() || s == selections.end() || ratio >= ratios.size()) {
    return std::nullopt;
  }
  const std::size_t places[] = {static_cast<std::size_t>(m - measures.begin()), corpus,
                                static_cast<std::size_t>(b - bases.begin()),
                                static_cast<std::size_t>(s - selections.begin()), ratio};
  const std::size_t at = model->at(places);
  if (!std::isfinite(model->values[at])) return std::nullopt;
  return at;
}

std::string RetentionData::main_basis() const {
  const bool has_aqua = std::ranges::find(bases, "aqua", &Basis::name) != bases.end();
  return has_aqua || bases.empty() ? "aqua" : bases.front().name;
}

std::size_t RetentionData::middle_ratio() const {
  std::size_t best = 0;
  for (std::size_t r = 1; r < ratios.size(); ++r) {
    if (std::abs(ratios[r] - 0.5) < std::abs(ratios[best] - 0.5)) best = r;
  }
  return best;
}

}  // namespace aqua::report::document

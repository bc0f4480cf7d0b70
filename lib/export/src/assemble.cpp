#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "aqua/core/version.hpp"
#include "aqua/export/export.hpp"
#include "maps.hpp"

namespace aqua::exporter {
namespace {

using projection::Basis;

/// The corpora that the bases were fitted on, as a JSON list.
std::string corpora_json(const Provenance& provenance) {
  auto list = nlohmann::ordered_json::array();
  for (const CorpusFacts& corpus : provenance.corpora) {
    list.push_back({{"name", corpus.name},
                    {"sha256", corpus.sha256},
                    {"documents", corpus.documents},
                    {"tokens", corpus.tokens}});
  }
  return list.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Basis make_basis(const projection::BasisMethod& method, const store::CalibratedHead& head,
                 const ExportOptions& options, LayerIndex layer, int64_t kv_head) {
  // The calibration holds these already, computed and checked: the export is the same to the last
  // bit.
  if (method.name == "aqua") return head.aqua.clone();
  projection::BasisRequest request;
  request.statistics = &head.statistics;
  request.head_dim = head.aqua.dim();
  request.seed = options.seed;
  request.layer = layer;
  request.kv_head = kv_head;
  return method.make(request);
}

/// What all heads share.
struct Recipe {
  const projection::BasisMethod& method;
  const ExportOptions& options;
  capture::RopeLayout from;
  capture::RopeLayout to;
  int64_t rotary_dims = 0;
  int64_t columns = 0;
};

store::ProjectionLayer make_layer(const Recipe& recipe, std::span<const Basis> heads,
                                  LayerIndex layer) {
  store::ProjectionLayer result;
  result.layer = layer;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const Basis& basis = heads[h];
    const auto append = [&](const Matrix<double>& map, std::vector<float>& values) {
      append_rounded(permute_rows(map, recipe.from, recipe.to, recipe.rotary_dims), recipe.columns,
                     recipe.options.type, fmt::format("layer {}, KV head {}", layer.value, h),
                     values);
    };
    append(basis.query_map, result.query_map);
    if (!recipe.method.orthogonal) append(basis.key_map, result.key_map);
    if (!basis.singular_values.empty()) {
      result.singular_values.insert(result.singular_values.end(), basis.singular_values.begin(),
                                    basis.singular_values.begin() + recipe.columns);
    }
  }
  if (recipe.options.plan) {
    const auto& kept = recipe.options.plan->k[static_cast<std::size_t>(layer.value)];
    result.kept.assign(kept.begin(), kept.end());
  }
  return result;
}

capture::RopeLayout wanted_layout(const capture::ModelFacts& model, const ExportOptions& options) {
  if (!options.rope_layout || *options.rope_layout == model.rope_layout) return model.rope_layout;
  if (model.rope_layout == capture::RopeLayout::none) {
    fail<UsageError>(
        "rope layout: {} has no rotary embedding, so its dimensions have no layout to change",
        model.name);
  }
  return *options.rope_layout;
}

int64_t stored_columns(int64_t head_dim, double s_ratio) {
  if (!(s_ratio >= 0.0 && s_ratio < 1.0)) {
    fail<UsageError>("s_ratio: expected a number from 0 to below 1, found {}", s_ratio);
  }
  return head_dim - static_cast<int64_t>(std::floor(s_ratio * static_cast<double>(head_dim)));
}

void check_plan(const projection::Plan& plan, const capture::ModelFacts& model,
                const std::string& method, int64_t columns) {
  if (plan.heads != model.heads || plan.layers() != model.layers) {
    fail<UsageError>("plan: expected one for {} layers of {} KV heads, found {} of {}",
                     model.layers, model.heads.kv_heads, plan.layers(), plan.heads.kv_heads);
  }
  if (plan.choice.basis != method) {
    fail<UsageError>("plan: expected one chosen on the basis {}, found {}", method,
                     plan.choice.basis);
  }
  for (const auto& layer : plan.k) {
    for (const int64_t k : layer) {
      if (k > columns) {
        fail<UsageError>(
            "plan: expected at most {} dimensions a head, which s_ratio leaves, found {}", columns,
            k);
      }
    }
  }
}

std::string sites_of(const store::Calibration& calibration) {
  std::set<std::string_view> names;
  for (const auto& [key, heads] : calibration.heads) names.insert(capture::name(key.second));
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::map<LayerIndex, std::vector<Basis>> bases(const store::Calibration& calibration,
                                               const ExportOptions& options) {
  const projection::BasisMethod& method = projection::basis_method(options.method);
  std::map<LayerIndex, std::vector<Basis>> result;
  for (const auto& [key, heads] : calibration.heads) {
    const auto& [layer, site] = key;
    if (site != options.site) continue;
    for (std::size_t h = 0; h < heads.size(); ++h) {
      result[layer].push_back(
          make_basis(method, heads[h], options, layer, static_cast<int64_t>(h)));
    }
  }
  if (result.empty()) {
    fail<UsageError>("site: expected one that the calibration holds ({}), found {}",
                     sites_of(calibration), capture::name(options.site));
  }
  return result;
}

store::ProjectionFile assemble(const store::Calibration& calibration,
                               const ExportOptions& options) {
  const projection::BasisMethod& method = projection::basis_method(options.method);
  const capture::ModelFacts& model = calibration.model;
  const int64_t head_dim = model.heads.head_dim;
  const Recipe recipe{.method = method,
                      .options = options,
                      .from = model.rope_layout,
                      .to = wanted_layout(model, options),
                      .rotary_dims = model.rotary_dims == 0 ? head_dim : model.rotary_dims,
                      .columns = stored_columns(head_dim, options.s_ratio)};
  if (options.plan) check_plan(*options.plan, model, options.method, recipe.columns);
  store::ProjectionFile file;
  file.kv_heads = model.heads.kv_heads;
  file.head_dim = head_dim;
  file.columns = recipe.columns;
  file.type = options.type;
  for (const auto& [layer, heads] : bases(calibration, options)) {
    file.layers.push_back(make_layer(recipe, heads, layer));
  }
  file.attributes = {
      {"format", "aqua-projection"},
      {"format_version", int64_t{1}},
      {"head_dim", head_dim},
      {"stored_dims", recipe.columns},
      {"num_attention_heads", model.heads.query_heads},
      {"num_key_value_heads", model.heads.kv_heads},
      {"num_hidden_layers", model.layers},
      {"rope_layout", std::string(capture::name(recipe.to))},
      {"method", std::string(method.name)},
      {"site", std::string(capture::name(options.site))},
      {"base_model", model.name},
      {"base_model_sha256", model.sha256},
      {"convention", method.orthogonal ? "q @ P" : "q @ P_query, k @ P_key"},
      {"tool_version", fmt::format("aqua {}", version())},
      {"seed", fmt::format("{}", options.seed)},
      {"corpora", corpora_json(calibration.provenance)},
  };
  if (options.plan) file.attributes.emplace_back("selection", options.plan->choice.selection);
  return file;
}

}  // namespace aqua::exporter

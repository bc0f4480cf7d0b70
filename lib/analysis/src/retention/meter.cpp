// The meter as a sink: checks of what it is given, and the order in which results are merged.

#include <algorithm>
#include <set>
#include <utility>

#include "aqua/analysis/retention.hpp"
#include "aqua/core/error.hpp"
#include "aqua/core/ordered_reduction.hpp"
#include "aqua/projection/selection.hpp"
#include "retention/assembly.hpp"
#include "retention/event_sums.hpp"
#include "retention/pair_sampling.hpp"

namespace aqua::analysis {
namespace {

void check(const RetentionOptions& options, std::span<const NamedBasis> bases) {
  if (bases.empty()) fail<UsageError>("bases: expected at least one");
  if (options.k_ratios.empty() && options.plans.empty()) {
    fail<UsageError>("k_ratios: expected at least one");
  }
  if (options.pair_queries < 0) {
    fail<UsageError>("pair_queries: expected 0 or more, found {}", options.pair_queries);
  }
  if (options.bootstrap_replicates < 0) {
    fail<UsageError>("bootstrap_replicates: expected 0 or more, found {}",
                     options.bootstrap_replicates);
  }
  for (const NamedPlan& plan : options.plans) {
    if (plan.name.empty()) fail<UsageError>("plans: expected a name, found none");
  }
  std::set<std::string_view> names;
  for (const NamedBasis& basis : bases) {
    if (!names.insert(basis.name).second) {
      fail<UsageError>("bases: \"{}\" is given twice", basis.name);
    }
  }
}

// Before rotary embedding dot products are no logits.
bool measures_pairs(const RetentionOptions& options) {
  return options.pairwise && options.site == capture::Site::post_rope;
}

bool is_orthogonal(const NamedBasis& basis) {
  return std::all_of(basis.heads.begin(), basis.heads.end(), [](const auto& layer) {
    return std::all_of(layer.second.begin(), layer.second.end(),
                       [](const projection::Basis& head) { return head.orthogonal; });
  });
}

// DocumentRows::row of each document of a subset.
std::vector<int64_t> rows_of(std::span<const int32_t> subset, const DocumentRows& documents) {
  std::vector<int64_t> rows;
  std::set<int32_t> seen;
  for (const int32_t document : subset) {
    rows.push_back(documents.row(document));
    if (rows.back() < 0) {
      fail<UsageError>("subset: expected documents with counted tokens, found document {}",
                       document);
    }
    if (!seen.insert(document).second) {
      fail<UsageError>("subset: document {} is given twice", document);
    }
  }
  return rows;
}

// [KV head] the maps of one basis at one layer, in the type that rotates.
std::vector<RotationMaps> maps_at(const NamedBasis& basis, LayerIndex layer,
                                  const HeadLayout& layout) {
  const auto found = basis.heads.find(layer);
  if (found == basis.heads.end()) {
    fail<UsageError>("basis \"{}\": it has no layer {}", basis.name, layer.value);
  }
  if (std::ssize(found->second) != layout.kv_heads) {
    fail<UsageError>("basis \"{}\", layer {}: expected {} KV heads, found {}", basis.name,
                     layer.value, layout.kv_heads, found->second.size());
  }
  std::vector<RotationMaps> maps;
  for (const projection::Basis& head : found->second) {
    if (head.dim() != layout.head_dim) {
      fail<UsageError>("basis \"{}\", layer {}: expected head dimension {}, found {}", basis.name,
                       layer.value, layout.head_dim, head.dim());
    }
    maps.emplace_back(head);
  }
  return maps;
}

// [KV head][k_ratio, then plan] how many dimensions are kept at one layer.
std::vector<std::vector<int64_t>> kept_at(const RetentionOptions& options, LayerIndex layer,
                                          const HeadLayout& layout) {
  std::vector<std::vector<int64_t>> kept(static_cast<std::size_t>(layout.kv_heads));
  for (std::size_t g = 0; g < kept.size(); ++g) {
    for (const double ratio : options.k_ratios) {
      kept[g].push_back(projection::kept_dimensions(ratio, layout.head_dim));
    }
    for (const NamedPlan& plan : options.plans) {
      if (layer.value >= plan.plan.layers()) {
        fail<UsageError>("plan \"{}\": it has no layer {}", plan.name, layer.value);
      }
      kept[g].push_back(plan.plan.k[static_cast<std::size_t>(layer.value)][g]);
    }
  }
  return kept;
}

void check(std::span<const NamedPlan> plans, const HeadLayout& layout) {
  for (const NamedPlan& plan : plans) {
    const std::string context = fmt::format("plan \"{}\"", plan.name);
    projection::validate(plan.plan, context);
    if (plan.plan.heads == layout) continue;
    fail<UsageError>(
        "{}: expected {} query heads, {} KV heads, head dimension {}, found {}, {}, {}", context,
        layout.query_heads, layout.kv_heads, layout.head_dim, plan.plan.heads.query_heads,
        plan.plan.heads.kv_heads, plan.plan.heads.head_dim);
  }
}

}  // namespace

struct RetentionMeter::State {
  RetentionOptions options;
  std::vector<NamedBasis> bases;

  // Of the corpus.
  capture::StreamInfo info;
  EventMeasurement measurement;     // its maps change with the layer
  std::vector<SequencePlan> plans;  // [sequence]
  int64_t documents = 0;
  std::unique_ptr<Assembly> assembly;
  std::vector<int64_t> subset_rows;
  std::unique_ptr<Assembly> subset_assembly;  // null without a subset
  int64_t zero_queries = 0;
  int64_t zero_keys = 0;
  int64_t pairs_per_head = 0;

  // Of the layer that runs.
  std::unique_ptr<LayerSums> sums;
  std::unique_ptr<OrderedReduction<SequenceSums>> reduction;

  RetentionResult result(const Assembly* over, int64_t document_count) const;
};

RetentionMeter::RetentionMeter(RetentionOptions options, std::vector<NamedBasis> bases)
    : state_(std::make_unique<State>()) {
  check(options, bases);
  state_->options = std::move(options);
  state_->bases = std::move(bases);
}
RetentionMeter::~RetentionMeter() = default;

std::set<capture::Site> RetentionMeter::sites() const { return {state_->options.site}; }

bool RetentionMeter::wants_values() const { return measures_pairs(state_->options); }

void RetentionMeter::begin(const capture::StreamInfo& info) {
  State& state = *state_;
  const RetentionOptions& options = state.options;
  const HeadLayout& heads = info.model.heads;
  validate(heads, info.model.name);
  state.info = info;

  check(options.plans, heads);
  std::vector<Setting> settings;
  std::vector<bool> orthogonal_settings;
  std::vector<bool> orthogonal_bases;
  for (const NamedBasis& basis : state.bases) {
    orthogonal_bases.push_back(is_orthogonal(basis));
    const auto add = [&](Setting setting) {
      for (const Selection selection : {Selection::fixed, Selection::dynamic}) {
        setting.selection = selection;
        settings.push_back(setting);
        orthogonal_settings.push_back(orthogonal_bases.back());
      }
    };
    for (const double ratio : options.k_ratios) {
      add({.basis = basis.name,
           .k_ratio = ratio,
           .k = projection::kept_dimensions(ratio, heads.head_dim)});
    }
    for (const NamedPlan& plan : options.plans) {
      add({.basis = basis.name, .k_ratio = plan.plan.mean_k_ratio(), .plan = plan.name});
    }
  }

  const DocumentRows rows(info.sequences);
  state.documents = rows.count();
  state.plans.clear();
  for (std::size_t s = 0; s < info.sequences.size(); ++s) {
    const SequenceInfo& sequence = info.sequences[s];
    state.plans.push_back({.first_counted = sequence.first_counted,
                           .documents = documents_of(sequence, rows),
                           .pair_queries = sample_queries(sequence, static_cast<int64_t>(s),
                                                          options.pair_queries, options.seed)});
  }
  state.subset_rows = rows_of(options.subset, rows);
  state.subset_assembly.reset();
  if (!state.subset_rows.empty()) {
    state.subset_assembly = std::make_unique<Assembly>(
        settings, orthogonal_settings, heads.query_heads, std::ssize(state.subset_rows), options);
  }
  state.assembly = std::make_unique<Assembly>(std::move(settings), std::move(orthogonal_settings),
                                              heads.query_heads, state.documents, options);
  state.measurement.heads = heads;
  state.measurement.orthogonal = std::move(orthogonal_bases);
  state.measurement.pairwise = measures_pairs(options);
  state.measurement.layout = state.assembly->layout();
  state.zero_queries = state.zero_keys = state.pairs_per_head = 0;
}

void RetentionMeter::begin_layer(LayerIndex layer) {
  State& state = *state_;
  state.measurement.kept = kept_at(state.options, layer, state.info.model.heads);
  state.measurement.maps.clear();
  for (const NamedBasis& basis : state.bases) {
    state.measurement.maps.push_back(maps_at(basis, layer, state.info.model.heads));
  }
  state.sums = std::make_unique<LayerSums>(state.documents, state.assembly->layout());
  state.reduction = std::make_unique<OrderedReduction<SequenceSums>>(
      [&total = *state.sums](SequenceSums&& part) { total.add(part); });
}

void RetentionMeter::consume(const capture::QkEvent& event) {
  if (event.site != state_->options.site) return;  // a site that only another sink wants
  state_->reduction->submit(
      event.sequence, measure_event(state_->measurement, state_->plans[event.sequence], event));
}

void RetentionMeter::end_layer(LayerIndex layer, const Execution& execution) {
  State& state = *state_;
  state.assembly->add_layer(layer, *state.sums, execution);
  if (state.subset_assembly) {
    state.subset_assembly->add_layer(layer, state.sums->pick(state.subset_rows), execution);
  }
  state.zero_queries += state.sums->zero_queries;
  state.zero_keys += state.sums->zero_keys;
  state.pairs_per_head = std::max(state.pairs_per_head, state.sums->pairs);
  state.reduction.reset();
  state.sums.reset();
}

RetentionResult RetentionMeter::State::result(const Assembly* over, int64_t document_count) const {
  RetentionResult result;
  result.model = info.model;
  result.corpus = info.corpus;
  result.options = options;
  result.zero_queries = zero_queries;
  result.zero_keys = zero_keys;
  result.pairs_per_head = pairs_per_head;
  result.documents = document_count;
  if (over != nullptr) {
    result.layers.assign(over->layers().begin(), over->layers().end());
    result.settings = over->settings();
    result.results = over->results();
  }
  for (std::size_t s = 0; s < plans.size(); ++s) {
    result.queries_per_head += info.sequences[s].counted();
    if (measurement.pairwise) {
      result.pair_queries_per_head += std::ssize(plans[s].pair_queries);
    }
  }
  return result;
}

RetentionResult RetentionMeter::result() const {
  return state_->result(state_->assembly.get(), state_->documents);
}

RetentionResult RetentionMeter::subset_result() const {
  return state_->result(state_->subset_assembly.get(), std::ssize(state_->subset_rows));
}

}  // namespace aqua::analysis

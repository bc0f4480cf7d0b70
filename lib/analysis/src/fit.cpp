#include "aqua/analysis/fit.hpp"

#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/core/ordered_reduction.hpp"

namespace aqua::analysis {
namespace {

using HeadFactors = std::vector<projection::HeadStatistics>;  // [KV head]

HeadFactors empty_factors(const HeadLayout& layout) {
  HeadFactors factors;
  for (int64_t g = 0; g < layout.kv_heads; ++g) factors.emplace_back(layout.head_dim);
  return factors;
}

// The factors of one event's counted tokens.
HeadFactors factors_of(const capture::QkEvent& event, int64_t first_counted,
                       const HeadLayout& layout) {
  const int64_t counted = event.q.tokens() - first_counted;
  const auto q = event.q.tokens(first_counted, counted);
  const auto k = event.k.tokens(first_counted, counted);
  HeadFactors factors = empty_factors(layout);
  for (int64_t g = 0; g < layout.kv_heads; ++g) {
    try {
      auto& head = factors[g];
      for (int64_t h = g * layout.group_size(); h < (g + 1) * layout.group_size(); ++h) {
        head.query.add_rows(q.head(h));
      }
      head.key.add_rows(k.head(g));
    } catch (const NumericalError& error) {
      fail<NumericalError>("layer {}, {}, KV head {}, sequence {}: {}", event.layer.value,
                           capture::name(event.site), g, event.sequence, error.what());
    }
  }
  return factors;
}

}  // namespace

struct FitSink::State {
  using Reduction = OrderedReduction<HeadFactors>;

  std::set<capture::Site> sites;
  HeadLayout layout;
  std::vector<int64_t> first_counted;                              // [sequence]
  std::map<capture::Site, std::unique_ptr<Reduction>> reductions;  // of the layer that runs
  std::map<store::SiteKey, HeadFactors> statistics;
};

FitSink::FitSink(std::set<capture::Site> sites) : state_(std::make_unique<State>()) {
  state_->sites = std::move(sites);
}
FitSink::~FitSink() = default;

std::set<capture::Site> FitSink::sites() const { return state_->sites; }

void FitSink::begin(const capture::StreamInfo& info) {
  const HeadLayout& layout = info.model.heads;
  validate(layout, info.model.name);
  if (!state_->statistics.empty() && !(layout == state_->layout)) {
    fail<UsageError>(
        "{}: statistics of different models do not add up: expected {} query heads, {} KV heads, "
        "head dimension {}, found {}, {}, {}",
        info.model.name, state_->layout.query_heads, state_->layout.kv_heads,
        state_->layout.head_dim, layout.query_heads, layout.kv_heads, layout.head_dim);
  }
  state_->layout = layout;
  state_->first_counted.clear();
  for (const SequenceInfo& sequence : info.sequences) {
    state_->first_counted.push_back(sequence.first_counted);
  }
}

void FitSink::begin_layer(LayerIndex layer) {
  for (const capture::Site site : state_->sites) {
    HeadFactors& total =
        state_->statistics.try_emplace({layer, site}, empty_factors(state_->layout)).first->second;
    state_->reductions[site] = std::make_unique<State::Reduction>([&total](HeadFactors&& part) {
      for (std::size_t g = 0; g < total.size(); ++g) total[g].merge(part[g]);
    });
  }
}

void FitSink::consume(const capture::QkEvent& event) {
  const auto reduction = state_->reductions.find(event.site);
  if (reduction == state_->reductions.end()) return;  // a site that only another sink wants
  reduction->second->submit(
      event.sequence, factors_of(event, state_->first_counted[event.sequence], state_->layout));
}

void FitSink::end_layer(LayerIndex, const Execution&) { state_->reductions.clear(); }

const std::map<store::SiteKey, HeadFactors>& FitSink::statistics() const {
  return state_->statistics;
}

void FitSink::restore(const HeadLayout& layout, std::map<store::SiteKey, HeadFactors> statistics) {
  state_->layout = layout;
  state_->statistics = std::move(statistics);
}

std::map<store::SiteKey, std::vector<projection::HeadStatistics>> FitSink::take() {
  return std::exchange(state_->statistics, {});
}

std::map<store::SiteKey, std::vector<store::CalibratedHead>> solve(
    std::map<store::SiteKey, std::vector<projection::HeadStatistics>> statistics,
    const Execution& execution) {
  struct Task {
    store::SiteKey site;
    int64_t kv_head = 0;
    store::CalibratedHead* head = nullptr;
  };
  std::map<store::SiteKey, std::vector<store::CalibratedHead>> solved;
  std::vector<Task> tasks;
  for (auto& [key, heads] : statistics) {
    auto& out = solved[key];
    out.resize(heads.size());
    for (std::size_t g = 0; g < heads.size(); ++g) {
      out[g].statistics = std::move(heads[g]);
      tasks.push_back({key, static_cast<int64_t>(g), &out[g]});
    }
  }
  execution.for_each(static_cast<int64_t>(tasks.size()), [&](int64_t index, int) {
    const Task& task = tasks[index];
    task.head->aqua = projection::make_aqua({.statistics = &task.head->statistics,
                                             .head_dim = task.head->statistics.key.dim(),
                                             .layer = task.site.first,
                                             .kv_head = task.kv_head});
  });
  return solved;
}

}  // namespace aqua::analysis

#include "aqua/analysis/fit.hpp"

#include <algorithm>
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

// Adds `count` tokens of an event.
void add_tokens(const capture::QkEvent& event, int64_t first, int64_t count,
                const HeadLayout& layout, HeadFactors& factors) {
  const auto q = event.q.tokens(first, count);
  const auto k = event.k.tokens(first, count);
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
}

// The factors of one event's counted tokens, by part.
using PartFactors = std::map<int32_t, HeadFactors>;

// `parts` [token], or empty: all in part 0.
PartFactors factors_of(const capture::QkEvent& event, int64_t first_counted,
                       std::span<const int32_t> parts, const HeadLayout& layout) {
  const auto part_of = [&](int64_t token) { return parts.empty() ? 0 : parts[token]; };
  PartFactors factors;
  const int64_t tokens = event.q.tokens();
  for (int64_t first = first_counted; first < tokens;) {
    const int32_t part = part_of(first);
    int64_t end = first + 1;
    while (end < tokens && part_of(end) == part) ++end;
    if (part >= 0) {
      auto& of_part = factors.try_emplace(part, empty_factors(layout)).first->second;
      add_tokens(event, first, end - first, layout, of_part);
    }
    first = end;
  }
  return factors;
}

void check(const TokenParts& parts, const capture::StreamInfo& info) {
  if (parts.part.empty()) return;
  if (parts.part.size() != info.sequences.size()) {
    fail<UsageError>("parts of {}: expected {} sequences, found {}", info.corpus.name,
                     info.sequences.size(), parts.part.size());
  }
  for (std::size_t s = 0; s < parts.part.size(); ++s) {
    const auto& part = parts.part[s];
    if (std::ssize(part) != info.sequences[s].length()) {
      fail<UsageError>("parts of {}, sequence {}: expected {} tokens, found {}", info.corpus.name,
                       s, info.sequences[s].length(), part.size());
    }
    for (const int32_t p : part) {
      if (p < -1 || p >= parts.count) {
        fail<UsageError>("parts of {}, sequence {}: there is no part {} of {}", info.corpus.name, s,
                         p, parts.count);
      }
    }
  }
}

}  // namespace

TokenParts parts_by_document(const capture::StreamInfo& info, std::span<const int32_t> part_of) {
  TokenParts parts{.count = 0, .part = {}};
  for (const int32_t part : part_of) parts.count = std::max<int64_t>(parts.count, part + 1);
  for (const SequenceInfo& sequence : info.sequences) {
    auto& of_sequence = parts.part.emplace_back();
    for (const int32_t document : sequence.document) of_sequence.push_back(part_of[document]);
  }
  return parts;
}

TokenParts parts_by_tokens(const capture::StreamInfo& info, std::span<const int64_t> ends) {
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (ends[i] <= (i == 0 ? 0 : ends[i - 1])) {
      fail<UsageError>("token counts: expected rising numbers above 0, found {}", ends[i]);
    }
  }
  TokenParts parts{.count = std::ssize(ends), .part = {}};
  int64_t number = 0;
  int32_t part = 0;
  for (const SequenceInfo& sequence : info.sequences) {
    auto& of_sequence = parts.part.emplace_back(sequence.document.size(), -1);
    for (int64_t t = sequence.first_counted; t < sequence.length(); ++t, ++number) {
      while (part < parts.count && number >= ends[part]) ++part;
      of_sequence[t] = part < parts.count ? part : -1;
    }
  }
  return parts;
}

struct FitSink::State {
  using Reduction = OrderedReduction<PartFactors>;

  std::set<capture::Site> sites;
  TokenParts parts;
  HeadLayout layout;
  std::vector<int64_t> first_counted;                              // [sequence]
  std::map<capture::Site, std::unique_ptr<Reduction>> reductions;  // of the layer that runs
  std::vector<std::map<store::SiteKey, HeadFactors>> statistics;   // [part]
};

FitSink::FitSink(std::set<capture::Site> sites) : FitSink(std::move(sites), TokenParts{}) {}

FitSink::FitSink(std::set<capture::Site> sites, TokenParts parts)
    : state_(std::make_unique<State>()) {
  if (parts.count < 1) fail<UsageError>("parts: expected at least one, found {}", parts.count);
  state_->sites = std::move(sites);
  state_->parts = std::move(parts);
  state_->statistics.resize(state_->parts.count);
}
FitSink::~FitSink() = default;

std::set<capture::Site> FitSink::sites() const { return state_->sites; }

void FitSink::begin(const capture::StreamInfo& info) {
  const HeadLayout& layout = info.model.heads;
  validate(layout, info.model.name);
  check(state_->parts, info);
  if (!state_->statistics.front().empty() && !(layout == state_->layout)) {
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
    std::vector<HeadFactors*> totals;  // [part]
    for (auto& statistics : state_->statistics) {
      totals.push_back(
          &statistics.try_emplace({layer, site}, empty_factors(state_->layout)).first->second);
    }
    state_->reductions[site] = std::make_unique<State::Reduction>([totals](PartFactors&& found) {
      for (const auto& [part, factors] : found) {
        HeadFactors& total = *totals[part];
        for (std::size_t g = 0; g < total.size(); ++g) total[g].merge(factors[g]);
      }
    });
  }
}

void FitSink::consume(const capture::QkEvent& event) {
  const auto reduction = state_->reductions.find(event.site);
  if (reduction == state_->reductions.end()) return;  // a site that only another sink wants
  const auto& all_parts = state_->parts.part;
  const std::span<const int32_t> parts =
      all_parts.empty() ? std::span<const int32_t>() : all_parts[event.sequence];
  reduction->second->submit(event.sequence, factors_of(event, state_->first_counted[event.sequence],
                                                       parts, state_->layout));
}

void FitSink::end_layer(LayerIndex, const Execution&) { state_->reductions.clear(); }

const FitStatistics& FitSink::statistics() const { return state_->statistics.front(); }

void FitSink::restore(const HeadLayout& layout, FitStatistics statistics) {
  state_->layout = layout;
  state_->statistics.front() = std::move(statistics);
}

FitStatistics FitSink::take() { return std::exchange(state_->statistics.front(), {}); }

std::vector<FitStatistics> FitSink::take_parts() {
  std::vector<FitStatistics> parts(state_->statistics.size());
  parts.swap(state_->statistics);
  return parts;
}

void merge(FitStatistics& statistics, const FitStatistics& more) {
  for (const auto& [key, heads] : more) {
    auto& into = statistics.at(key);
    for (std::size_t g = 0; g < heads.size(); ++g) into[g].merge(heads[g]);
  }
}

FitStatistics clone(const FitStatistics& statistics) {
  FitStatistics copy;
  for (const auto& [key, heads] : statistics) {
    auto& into = copy[key];
    for (const projection::HeadStatistics& head : heads) {
      into.emplace_back();
      into.back().query = head.query.clone();
      into.back().key = head.key.clone();
    }
  }
  return copy;
}

std::map<store::SiteKey, std::vector<store::CalibratedHead>> solve(FitStatistics statistics,
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

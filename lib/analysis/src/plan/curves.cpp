#include "aqua/analysis/curves.hpp"

#include <cmath>
#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/core/ordered_reduction.hpp"
#include "aqua/linalg/blas.hpp"
#include "aqua/projection/selection.hpp"
#include "retention/rotation.hpp"
#include "retention/sorted_energies.hpp"

namespace aqua::analysis {
namespace {

std::vector<int64_t> every_k(int64_t d) {
  std::vector<int64_t> kept;
  for (int64_t k = 1; k <= d; ++k) kept.push_back(k);
  return kept;
}

void add_query(std::span<const double> energies, std::span<double> norm, std::span<double> energy) {
  const double total = energies.back();
  for (std::size_t i = 0; i < energies.size(); ++i) {
    norm[i] += projection::norm_loss(energies[i], total);
    energy[i] += projection::energy_loss(energies[i], total);
  }
}

}  // namespace

struct CurveMeter::State {
  // Sums over queries, [KV head, d], column k − 1, and how many queries.
  struct Sums {
    Matrix<double> norm;
    Matrix<double> energy;
    std::vector<int64_t> queries;

    Sums(int64_t kv_heads, int64_t d)
        : norm(kv_heads, d), energy(kv_heads, d), queries(static_cast<std::size_t>(kv_heads)) {}
    void add(const Sums& part) {
      for (int64_t i = 0; i < norm.size(); ++i) {
        norm.data()[i] += part.norm.data()[i];
        energy.data()[i] += part.energy.data()[i];
      }
      for (std::size_t g = 0; g < queries.size(); ++g) queries[g] += part.queries[g];
    }
  };

  NamedBasis basis;
  capture::Site site;
  Selection selection;

  HeadLayout heads;
  int64_t layers = 0;
  std::vector<int64_t> first_counted;  // [sequence]
  std::vector<int64_t> kept;           // 1 … d
  std::vector<Matrix<float>> maps;     // [KV head], of the layer that runs
  std::unique_ptr<Sums> sums;          // of the layer that runs
  std::unique_ptr<OrderedReduction<Sums>> reduction;
  std::vector<Sums> finished;  // [layer]
};

CurveMeter::CurveMeter(NamedBasis basis, capture::Site site, Selection selection)
    : state_(std::make_unique<State>()) {
  for (const auto& [layer, heads] : basis.heads) {
    for (const projection::Basis& head : heads) {
      if (!head.orthogonal) {
        fail<UsageError>(
            "basis \"{}\": it does not keep norms, so that query losses are not defined",
            basis.name);
      }
    }
  }
  state_->basis = std::move(basis);
  state_->site = site;
  state_->selection = selection;
}
CurveMeter::~CurveMeter() = default;

std::set<capture::Site> CurveMeter::sites() const { return {state_->site}; }

void CurveMeter::begin(const capture::StreamInfo& info) {
  validate(info.model.heads, info.model.name);
  state_->heads = info.model.heads;
  state_->layers = info.model.layers;
  state_->first_counted.clear();
  for (const SequenceInfo& sequence : info.sequences) {
    state_->first_counted.push_back(sequence.first_counted);
  }
  state_->kept = every_k(state_->heads.head_dim);
  state_->finished.clear();
}

void CurveMeter::begin_layer(LayerIndex layer) {
  State& state = *state_;
  if (layer.value != std::ssize(state.finished)) {
    fail<UsageError>("curves: expected layer {}, as a plan needs all of them, found layer {}",
                     state.finished.size(), layer.value);
  }
  const auto found = state.basis.heads.find(layer);
  if (found == state.basis.heads.end() || std::ssize(found->second) != state.heads.kv_heads ||
      found->second.front().dim() != state.heads.head_dim) {
    fail<UsageError>("basis \"{}\": expected {} KV heads of dimension {} in layer {}",
                     state.basis.name, state.heads.kv_heads, state.heads.head_dim, layer.value);
  }
  state.maps.clear();
  for (const projection::Basis& head : found->second) {
    state.maps.push_back(Matrix<float>::copy_of(head.query_map.view()));
  }
  state.sums = std::make_unique<State::Sums>(state.heads.kv_heads, state.heads.head_dim);
  state.reduction = std::make_unique<OrderedReduction<State::Sums>>(
      [&total = *state.sums](State::Sums&& part) { total.add(part); });
}

void CurveMeter::consume(const capture::QkEvent& event) {
  State& state = *state_;
  if (event.site != state.site) return;
  const int64_t first = state.first_counted[event.sequence];
  const int64_t counted = event.q.tokens() - first;
  const int64_t d = state.heads.head_dim;
  State::Sums sums(state.heads.kv_heads, d);
  Matrix<float> rotated(counted, d);
  Matrix<double> energies(counted, d);
  for (int64_t h = 0; h < state.heads.query_heads; ++h) {
    const int64_t g = state.heads.kv_head_of(h);
    linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, event.q.head(h).rows(first, counted),
                 state.maps[g], 0.0F, rotated);
    if (state.selection == Selection::fixed) {
      leading_energies(rotated, state.kept, energies);
    } else {
      largest_energies(rotated, state.kept, energies);
    }
    for (int64_t t = 0; t < counted; ++t) {
      const double total = energies(t, d - 1);
      if (!std::isfinite(total)) {
        fail<NumericalError>(
            "layer {}, sequence {}: query head {} holds a value that is not finite",
            event.layer.value, event.sequence, h);
      }
      if (!(total > 0.0)) continue;
      add_query(energies.row(t), sums.norm.row(g), sums.energy.row(g));
      ++sums.queries[g];
    }
  }
  state.reduction->submit(event.sequence, std::move(sums));
}

void CurveMeter::end_layer(LayerIndex, const Execution&) {
  state_->reduction.reset();
  state_->finished.push_back(std::move(*state_->sums));
  state_->sums.reset();
}

LossCurves CurveMeter::curves(Measure measure, int64_t step) const {
  const State& state = *state_;
  if (std::ssize(state.finished) != state.layers) {
    fail<UsageError>("curves: expected {} layers, found {}", state.layers, state.finished.size());
  }
  LossCurves curves{
      .heads = state.heads,
      .layers = state.layers,
      .measure = measure,
      .selection = state.selection,
      .step = step,
      .values = Matrix<double>(state.layers * state.heads.kv_heads, state.heads.head_dim / step)};
  for (int64_t layer = 0; layer < state.layers; ++layer) {
    const State::Sums& sums = state.finished[layer];
    const Matrix<double>& losses = measure == Measure::query_loss ? sums.norm : sums.energy;
    for (int64_t g = 0; g < state.heads.kv_heads; ++g) {
      if (sums.queries[g] == 0) {
        fail<NumericalError>("layer {}, KV head {}: all queries are zero", layer, g);
      }
      for (int64_t j = 0; j < curves.values.cols(); ++j) {
        curves.values(curves.row(layer, g), j) =
            losses(g, (j + 1) * step - 1) / static_cast<double>(sums.queries[g]);
      }
    }
  }
  return curves;
}

std::vector<double> curve_ratios(int64_t head_dim, int64_t step) {
  std::vector<double> ratios;
  for (int64_t k = step; k <= head_dim; k += step) {
    ratios.push_back(static_cast<double>(k) / static_cast<double>(head_dim));
  }
  return ratios;
}

LossCurves curves_of(const RetentionResult& result, Measure measure, Selection selection,
                     int64_t step) {
  const HeadLayout& heads = result.model.heads;
  LossCurves curves{
      .heads = heads,
      .layers = std::ssize(result.layers),
      .measure = measure,
      .selection = selection,
      .step = step,
      .values = Matrix<double>(std::ssize(result.layers) * heads.kv_heads, heads.head_dim / step)};
  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    const Setting& setting = result.settings[s];
    if (setting.selection != selection || !setting.plan.empty()) continue;
    const int64_t level = setting.k / step - 1;
    const MeasureResult& measured = result.results[s].at(measure);
    for (int64_t layer = 0; layer < curves.layers; ++layer) {
      for (int64_t h = 0; h < heads.query_heads; ++h) {
        const double value = measured.heads[layer][h];
        if (!std::isfinite(value)) {
          fail<NumericalError>("layer {}, head {}: the curve is not defined at k = {}", layer, h,
                               setting.k);
        }
        curves.values(curves.row(layer, heads.kv_head_of(h)), level) +=
            value / static_cast<double>(heads.group_size());
      }
    }
  }
  return curves;
}

LossCurves mean_of(std::span<const LossCurves> curves) {
  if (curves.empty()) fail<UsageError>("curves: expected at least one text");
  const LossCurves& first = curves.front();
  LossCurves mean{.heads = first.heads,
                  .layers = first.layers,
                  .measure = first.measure,
                  .selection = first.selection,
                  .step = first.step,
                  .values = Matrix<double>(first.values.rows(), first.values.cols())};
  for (const LossCurves& part : curves) {
    if (part.values.rows() != mean.values.rows() || part.values.cols() != mean.values.cols()) {
      fail<UsageError>("curves: expected [{}, {}], found [{}, {}]", mean.values.rows(),
                       mean.values.cols(), part.values.rows(), part.values.cols());
    }
    for (int64_t i = 0; i < mean.values.size(); ++i) {
      mean.values.data()[i] += part.values.data()[i] / static_cast<double>(curves.size());
    }
  }
  return mean;
}

}  // namespace aqua::analysis

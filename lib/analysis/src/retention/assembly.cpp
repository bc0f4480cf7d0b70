#include "retention/assembly.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "aqua/linalg/blas.hpp"
#include "bootstrap.hpp"

namespace aqua::analysis {
namespace {

constexpr double not_defined = std::numeric_limits<double>::quiet_NaN();

// The mean of the values that are defined; NaN when none is.
class Mean {
 public:
  void add(double value) {
    if (std::isnan(value)) return;
    sum_ += value;
    ++count_;
  }
  double value() const { return count_ > 0 ? sum_ / static_cast<double>(count_) : not_defined; }

 private:
  double sum_ = 0.0;
  int64_t count_ = 0;
};

// Column sums of [documents, columns], documents in order.
Matrix<double> over_documents(const Matrix<double>& sums) {
  Matrix<double> total(1, sums.cols());
  for (int64_t row = 0; row < sums.rows(); ++row) {
    for (int64_t c = 0; c < sums.cols(); ++c) total(0, c) += sums(row, c);
  }
  return total;
}

}  // namespace

// One layer's sums over all documents, and the replicates of its totals.
struct Assembly::LayerView {
  const LayerSums& sums;
  Matrix<double> whole;             // [1, columns]
  Matrix<double> replicate_totals;  // [replicates, total columns]
};

Assembly::Assembly(std::vector<Setting> settings, std::vector<bool> orthogonal, int64_t query_heads,
                   int64_t documents, const RetentionOptions& options)
    : settings_(std::move(settings)),
      orthogonal_(std::move(orthogonal)),
      options_(options),
      layout_{.settings = std::ssize(settings_), .heads = query_heads},
      partial_(settings_.size(), std::vector<MeasureResult>(measure_count)) {
  if (documents >= 2) {
    weights_ = bootstrap_weights(options.bootstrap_replicates, documents, options.seed);
  }
  model_replicates_ = Matrix<double>(layout_.settings * measure_count, weights_.rows());
}

void Assembly::add_layer(LayerIndex layer, const LayerSums& sums, const Execution& execution) {
  LayerView view{.sums = sums,
                 .whole = over_documents(sums.sums),
                 .replicate_totals = Matrix<double>(weights_.rows(), layout_.total_columns())};
  if (!weights_.empty()) {
    linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0, weights_,
                 sums.sums.view().columns(layout_.first_total(), layout_.total_columns()), 0.0,
                 view.replicate_totals);
  }
  layers_.push_back(layer);
  execution.for_each(layout_.settings, [&](int64_t s, int) { add_setting(s, view); });
}

void Assembly::add_setting(int64_t s, const LayerView& layer) {
  const Selection selection = settings_[s].selection;
  const int64_t replicates = weights_.rows();
  Matrix<double> replicate_sums(replicates, layout_.setting_columns());
  if (!weights_.empty()) {
    const int64_t first = layout_.sum(s, Measure{}, 0);
    linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0, weights_,
                 layer.sums.sums.view().columns(first, layout_.setting_columns()), 0.0,
                 replicate_sums);
  }
  for (const MeasureInfo& info : measures()) {
    const auto m = static_cast<int64_t>(info.measure);
    MeasureResult& result = partial_[s][m];
    std::vector<double> heads(layout_.heads, not_defined);
    std::vector<double> replicate_means(replicates, not_defined);
    if (is_defined(info, selection,
                   {.site = options_.site,
                    .orthogonal = orthogonal_[s],
                    .has_values = layer.sums.has_values})) {
      const Total total = total_of(info.measure, selection);
      for (int64_t h = 0; h < layout_.heads; ++h) {
        heads[h] = statistic(info.measure, layer.whole(0, layout_.sum(s, info.measure, h)),
                             layer.whole(0, layout_.total(total, h)));
      }
      for (int64_t b = 0; b < replicates; ++b) {
        Mean mean;
        for (int64_t h = 0; h < layout_.heads; ++h) {
          mean.add(statistic(
              info.measure, replicate_sums(b, m * layout_.heads + h),
              layer.replicate_totals(b, layout_.total(total, h) - layout_.first_total())));
        }
        replicate_means[b] = mean.value();
      }
    }
    Mean mean;
    for (const double head : heads) mean.add(head);
    // A layer in which the measure is not defined is left out of the model's mean and its
    // replicates.
    if (!std::isnan(mean.value())) {
      const auto model = model_replicates_.row(s * measure_count + m);
      std::transform(model.begin(), model.end(), replicate_means.begin(), model.begin(),
                     std::plus<>());
    }
    if (options_.keep_replicates) result.layer_replicates.push_back(replicate_means);
    result.layers.push_back(with_interval(mean.value(), replicate_means));
    result.heads.push_back(std::move(heads));
  }
}

void set_worst_head(const MeasureInfo& info, std::span<const LayerIndex> layers,
                    MeasureResult& result) {
  result.worst = not_defined;
  for (std::size_t l = 0; l < result.heads.size(); ++l) {
    for (int64_t h = 0; h < std::ssize(result.heads[l]); ++h) {
      const double value = result.heads[l][h];
      const bool worse = info.higher_is_better ? value < result.worst : value > result.worst;
      if (worse || (std::isnan(result.worst) && !std::isnan(value))) {
        result.worst = value;
        result.worst_layer = layers[l];
        result.worst_head = h;
      }
    }
  }
}

MeasureResult Assembly::finish(int64_t s, const MeasureInfo& info) const {
  const auto m = static_cast<int64_t>(info.measure);
  MeasureResult result = partial_[s][m];

  Mean mean;
  for (const Estimate& layer : result.layers) mean.add(layer.value);
  set_worst_head(info, layers_, result);
  std::vector<double> model = replicates(s, info.measure);
  if (options_.keep_replicates) result.replicates = model;
  result.model = with_interval(mean.value(), model);
  return result;
}

std::vector<double> Assembly::replicates(int64_t s, Measure measure) const {
  const auto m = static_cast<int64_t>(measure);
  const auto& layers = partial_[s][m].layers;
  const auto defined = std::count_if(
      layers.begin(), layers.end(), [](const Estimate& layer) { return !std::isnan(layer.value); });
  const auto sums = model_replicates_.row(s * measure_count + m);
  std::vector<double> means(sums.begin(), sums.end());
  for (double& mean : means) mean /= static_cast<double>(defined);
  return means;
}

std::vector<std::map<Measure, MeasureResult>> Assembly::results() const {
  std::vector<std::map<Measure, MeasureResult>> results(settings_.size());
  for (std::size_t s = 0; s < settings_.size(); ++s) {
    for (const MeasureInfo& info : measures()) {
      results[s].emplace(info.measure, finish(static_cast<int64_t>(s), info));
    }
  }
  return results;
}

}  // namespace aqua::analysis

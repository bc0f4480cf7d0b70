// Quantised keys, with and without AQUA's rotation, alone and together with dynamic selection.
//
// Per token: each key's dimensions in groups of `group`, every group with its own minimum and step.
// Per channel (as KIVI, arXiv 2402.02750, does with keys): each dimension's tokens in groups of
// `group`. A group of tokens can be quantised only when it is complete, so the keys of the group
// that query i itself stands in are used as they are, unless it is the group's last token: a
// residual of at most group − 1 keys. Queries are not quantised, minimum and step are held in full
// precision, values are untouched.
//
// With rotate=1, quantised are the rotated keys k̂ = kP, and q̂ = qP scores them: rotation
// concentrates what varies in few dimensions. aqua-quant is dynamic selection (variants/aqua.cpp)
// on quantised rotated keys. bits=32: not quantised.
#include <cmath>

#include "../basis_scores.hpp"
#include "../drivers.hpp"
#include "../quantise.hpp"
#include "common.hpp"

namespace aqua::attention {
namespace {

constexpr std::string_view bits_words[] = {"2", "3", "4", "5", "6", "8", "32"};
constexpr std::string_view per_words[] = {"token", "channel"};
constexpr std::string_view switch_words[] = {"0", "1"};
constexpr int64_t full_precision = 32;

constexpr Parameter bits_parameter{.key = "bits",
                                   .kind = Parameter::Kind::word,
                                   .words = bits_words,
                                   .fallback = "8",
                                   .description = "bits of a stored key element"};
constexpr Parameter per_parameter{.key = "per",
                                  .kind = Parameter::Kind::word,
                                  .words = per_words,
                                  .fallback = "token",
                                  .description = "what a group lies in: one key, or one channel"};
constexpr Parameter group_parameter{.key = "group",
                                    .kind = Parameter::Kind::whole,
                                    .low = 1,
                                    .high = 1e9,
                                    .fallback = "32",
                                    .description = "values that share minimum and step"};
constexpr Parameter rotate_parameter{.key = "rotate",
                                     .kind = Parameter::Kind::word,
                                     .words = switch_words,
                                     .fallback = "0",
                                     .description = "1: quantise keys in the AQUA basis"};
constexpr Parameter quant_parameters[] = {bits_parameter, per_parameter, group_parameter,
                                          rotate_parameter};
constexpr Parameter aqua_quant_parameters[] = {k_parameter, plan_parameter, bits_parameter,
                                               per_parameter, group_parameter};

class QuantHeadScores final : public HeadScores {
 public:
  QuantHeadScores(std::unique_ptr<HeadScores> inner, const Quantisation& how)
      : inner_(std::move(inner)), how_(how), keys_(Matrix<float>::copy_of(inner_->keys())) {
    quantise(how_, keys_);
  }
  ConstMatrixView<float> keys() const override { return keys_; }
  void map_queries(ConstMatrixView<float> q, MatrixView<float> mapped) const override {
    inner_->map_queries(q, mapped);
  }
  RecentKeys recent_keys() const override { return {inner_->keys(), /*mapped_queries=*/true}; }
  int64_t recent_from(int64_t query) const override {
    if (how_.grouping == Grouping::token) return query + 1;
    return (query + 1) / how_.size * how_.size;
  }

 private:
  std::unique_ptr<HeadScores> inner_;
  Quantisation how_;
  Matrix<float> keys_;
};

/// Another model's scores, with its mapped keys quantised.
class QuantScores final : public ScoreModel {
 public:
  QuantScores(std::unique_ptr<ScoreModel> inner, Quantisation how)
      : inner_(std::move(inner)), how_(how) {}
  std::unique_ptr<HeadScores> prepare(const AttentionInput& input, int64_t kv_head) const override {
    return std::make_unique<QuantHeadScores>(inner_->prepare(input, kv_head), how_);
  }

 private:
  std::unique_ptr<ScoreModel> inner_;
  Quantisation how_;
};

std::unique_ptr<Attention> quantised(const VariantSpec& spec, std::unique_ptr<ScoreModel> inner) {
  const int64_t bits = spec.whole("bits");
  if (bits == full_precision) return make_scored_attention(std::move(inner));
  const Quantisation how{
      .bits = bits,
      .grouping = spec.word("per") == "token" ? Grouping::token : Grouping::channel,
      .size = spec.whole("group")};
  return make_scored_attention(std::make_unique<QuantScores>(std::move(inner), how));
}

std::unique_ptr<ScoreModel> rotated(const VariantSpec& spec, const VariantRequest& request,
                                    Choice choice, PerHead<int64_t> kept) {
  return make_basis_scores(
      maps_of(spec, request, "aqua", everywhere(request, request.heads.head_dim)), choice,
      std::move(kept));
}

bool rotates(const VariantSpec& spec) { return spec.word("rotate") == "1"; }

std::unique_ptr<Attention> make_quant(const VariantSpec& spec, const VariantRequest& request) {
  return quantised(spec,
                   rotates(spec) ? rotated(spec, request, Choice::all, {}) : make_exact_scores());
}

std::unique_ptr<Attention> make_aqua_quant(const VariantSpec& spec, const VariantRequest& request) {
  return quantised(spec, rotated(spec, request, Choice::largest, kept_dimensions(spec, request)));
}

/// Bytes of one stored key, with minimum and step as elements; the residual is not counted.
double key_bytes(const VariantSpec& spec, const Counts& c) {
  const auto bits = static_cast<double>(spec.whole("bits"));
  if (bits == full_precision) return c.d * c.e;
  const auto group = static_cast<double>(spec.whole("group"));
  const double groups = spec.word("per") == "token" ? std::ceil(c.d / group) : c.d / group;
  return c.d * bits / 8.0 + 2.0 * groups * c.e;
}

StepCost quant_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  StepCost cost = exact_cost(shape, context);
  if (rotates(spec)) cost.rotation = (c.H + c.Hkv) * c.d * c.d;
  cost.scores += c.Hkv * c.L * c.d;  // reading back: one multiply-add an element
  cost.cache_bytes = c.Hkv * c.L * (key_bytes(spec, c) + c.d * c.e);
  cost.read_bytes = cost.cache_bytes;
  return cost;
}

StepCost aqua_quant_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const double k = dimensions_of(spec, "k", shape);
  const double used = std::min(c.d, c.G * k);
  StepCost cost = exact_cost(shape, context);
  cost.rotation = (c.H + c.Hkv) * c.d * c.d;
  cost.selection = c.H * selection_rounds * c.d;
  cost.scores = c.H * c.L * k + c.Hkv * c.L * used;
  cost.cache_bytes = c.Hkv * c.L * (key_bytes(spec, c) + c.d * c.e);
  cost.read_bytes = c.Hkv * c.L * (key_bytes(spec, c) * used / c.d + c.d * c.e);
  return cost;
}

}  // namespace

constinit const Variant quant_variant{
    .name = "quant",
    .label = "quantised keys",
    .description = "Keys of few bits, in groups per token or per channel, rotated or not.",
    .source = "per channel: arXiv 2402.02750",
    .parameters = quant_parameters,
    .basis = [](const VariantSpec& spec) -> std::string_view {
      return rotates(spec) ? "aqua" : std::string_view();
    },
    .make = make_quant,
    .cost = quant_cost,
};

constinit const Variant aqua_quant_variant{
    .name = "aqua-quant",
    .label = "AQUA, quantised keys",
    .description = "Dynamic selection on quantised keys in the AQUA basis.",
    .source = "arXiv 2509.11155",
    .parameters = aqua_quant_parameters,
    .basis = aqua_basis,
    .make = make_aqua_quant,
    .cost = aqua_quant_cost,
};

}  // namespace aqua::attention

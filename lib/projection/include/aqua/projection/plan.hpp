// A plan: how many rotated dimensions each KV head's group of queries keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/heads.hpp"

namespace aqua::projection {

/// How the numbers of a plan were chosen.
struct PlanChoice {
  std::string basis;      ///< name of the basis method whose dimensions are counted: "aqua", …
  std::string selection;  ///< "dynamic" or "static"
  std::string objective;  ///< the loss that was made small: "energy_loss", "norm_loss", …
  std::string method;     ///< "greedy", "dynamic-programming" or "uniform"
  /// Exactly one of the two was asked for: the mean of k/d over layers and KV heads at most
  /// `budget`, or a mean loss of at most `loss_limit` with the smallest budget.
  std::optional<double> budget;
  std::optional<double> loss_limit;
  /// Mean over layers and KV heads of the objective on the text that the plan was chosen on.
  double loss = 0.0;
  bool operator==(const PlanChoice&) const = default;
};

/// Layer l's queries of group g (query heads g·G … g·G + G − 1) keep k[l][g] of the d rotated
/// dimensions, chosen per query (dynamic) or the first ones (static).
struct Plan {
  HeadLayout heads;
  std::vector<std::vector<int64_t>> k;  ///< [layers][H_kv], 1 <= k <= d
  PlanChoice choice;

  int64_t layers() const { return static_cast<int64_t>(k.size()); }
  /// Σ k over layers and KV heads.
  int64_t kept() const;
  /// Mean of k/d over layers and KV heads: what the plan spends.
  double mean_k_ratio() const;
  bool operator==(const Plan&) const = default;
};

/// The plan that gives every head the same k.
Plan uniform_plan(const HeadLayout& heads, int64_t layers, int64_t k);

/// FormatError, starting with `context`, unless the head layout is valid, there is a layer, every
/// layer has one k per KV head and 1 <= k <= d.
void validate(const Plan& plan, std::string_view context);

}  // namespace aqua::projection

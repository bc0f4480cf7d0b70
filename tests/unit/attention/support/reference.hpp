// Attention variants in double precision, one query and one key at a time, from their definitions.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "bases.hpp"
#include "inputs.hpp"

namespace aqua::attention::reference {

using Vector = std::vector<double>;
using Rows = std::vector<Vector>;  // [token][dimension]

/// Outputs [token][H·d], and how clear the decisions were on the way: the smallest relative
/// distance between what was taken and what was left. Float32 decides the same when that is large
/// against its rounding.
struct Result {
  Rows output;
  double margin = 1.0;
};

Rows queries(const Inputs& in, int64_t head);
Rows keys(const Inputs& in, int64_t kv_head);
/// x·map, the first `columns` columns.
Rows mapped(const Rows& x, const Matrix<double>& map, int64_t columns);
double dot(const Vector& a, const Vector& b);
/// All but the `kept` entries of largest magnitude set to zero; ties to the lower index.
Vector keep_largest(const Vector& x, int64_t kept, double& margin);

/// Scores q'·k' of query head h, query i, key j.
using Score = std::function<double(int64_t head, int64_t query, int64_t key)>;

/// softmax over all visible keys.
Result attend(const Inputs& in, const LogitRule& rule, const Score& score);
/// Each query chooses by proxy scores, and attends exactly.
Result attend_chosen(const Inputs& in, const LogitRule& rule, const Score& proxy, double top,
                     double recent);
/// H2O's cache.
Result attend_cached(const Inputs& in, const LogitRule& rule, const Score& score, double recent,
                     double heavy);

/// min + step·round((x − min)/step) over the values.
void quantise(int64_t bits, std::vector<double*> values);

/// LRQK's factors on the matrices themselves: A_Q [G·T, r] and A_K [T, r], as stacked rows.
struct Factors {
  Rows query;
  Rows key;
};
Factors joint_factors(const Rows& q, const Rows& k, int64_t rank, int64_t rounds);

}  // namespace aqua::attention::reference

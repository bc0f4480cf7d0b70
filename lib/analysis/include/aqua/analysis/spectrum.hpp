// How the energy of queries and keys spreads over directions: singular values of a calibration's
// factors, and what follows from them without running a model.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/core/execution.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::analysis {

// Functions of falling singular values σ. With p_i = σ_i²/Σσ², the share of the energy that lies in
// direction i.

/// Σ_{i<count} p_i; NaN when all σ are zero.
double leading_energy(std::span<const double> singular_values, std::size_t count);

/// exp(−Σ p_i·ln p_i): the number of directions that would hold the energy if it were spread
/// evenly; 1 to their number (Roy and Vetterli 2007, with energies for shares). NaN when all are
/// zero.
double effective_rank(std::span<const double> singular_values);

/// 1/Σ p_i² = (Σσ²)²/Σσ⁴: the same, but less moved by many small values; never more than the
/// effective rank. NaN when all are zero.
double participation_ratio(std::span<const double> singular_values);

/// The smallest r with Σ_{i<r} p_i >= share, for 0 < share <= 1; 0 when all σ are zero.
int64_t rank_for_energy(std::span<const double> singular_values, double share);

/// Whose singular values: of X = [Q; K], on which the AQUA basis rests, of Q or of K.
enum class Factor { joint, query, key };
inline constexpr std::array all_factors{Factor::joint, Factor::query, Factor::key};
std::string_view name(Factor factor);  ///< "joint", "query", "key"

struct FactorSpectrum {
  std::vector<double> singular_values;  ///< [d], falling
  double effective_rank = 0.0;
  double participation_ratio = 0.0;
  std::vector<int64_t> ranks;  ///< [energy share] rank_for_energy
};

/// One KV head.
struct HeadSpectrum {
  std::array<FactorSpectrum, all_factors.size()> factors;  ///< by Factor
  int64_t query_rows = 0;
  int64_t key_rows = 0;

  const FactorSpectrum& of(Factor factor) const { return factors[static_cast<int>(factor)]; }
};

struct SpectrumResult {
  capture::ModelFacts model;
  std::vector<CorpusFacts> corpora;  ///< that the calibration was fitted on
  std::vector<double> shares;        ///< of the energy, for FactorSpectrum::ranks
  std::map<store::SiteKey, std::vector<HeadSpectrum>> heads;  ///< [KV head] by (layer, site)
};

/// UsageError unless every share is above 0 and at most 1.
SpectrumResult spectrum(const store::Calibration& calibration, std::vector<double> shares,
                        const Execution& execution);

}  // namespace aqua::analysis

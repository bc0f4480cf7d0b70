// Two figures that say how fast a spectrum falls.
#pragma once

#include <span>

namespace aqua::report {

/// Σ_{i<count} σ_i² / Σ σ_i², for falling σ; NaN when all are zero.
double leading_energy(std::span<const double> singular_values, std::size_t count);

/// exp(−Σ p_i·ln p_i) with p_i = σ_i²/Σσ²: the number of directions that would hold the energy if
/// it were spread evenly; NaN when all σ are zero.
double effective_rank(std::span<const double> singular_values);

}  // namespace aqua::report

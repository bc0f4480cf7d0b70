// Checks of files that aqua, or somebody else, wrote: what a reader has to take on trust. Structure
// (formats, shapes, types, finite numbers) is checked by the readers themselves.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/store/calibration.hpp"
#include "aqua/store/plan_file.hpp"
#include "aqua/store/projection_file.hpp"

namespace aqua::analysis {

enum class Verdict { holds, fails, skipped };
std::string_view name(Verdict verdict);  ///< "holds", "fails", "skipped"

struct Check {
  std::string name;  ///< "orthogonal"
  Verdict verdict = Verdict::holds;
  std::string found;     ///< the worst value, or why the check was skipped
  std::string expected;  ///< the limit
  /// One sentence that says where the check fails, without the file's name; empty otherwise.
  std::string sentence;
};

/// - orthogonal: ‖PᵀP − I‖_F <= 1e-9 for each basis.
/// - falling: singular values fall and are not negative.
/// - factors: P and Σ are those of X = [R_q; R_k], by the residual ‖(XP)ᵀ(XP) − Σ²‖_F <=
///   1e-9·σ_1², a bound that files with float64 numbers from any backward-stable SVD keep.
/// - counts: the rows behind R_q are G times those behind R_k, and the latter are the counted
/// tokens
///   of the corpora.
/// - digests: sha256 are 64 hexadecimal digits.
/// - corpora: files that are still at their paths have the digest that is stored. Skipped when none
///   is there.
std::vector<Check> verify_calibration(const store::Calibration& calibration,
                                      const CancelToken& cancel);

/// - known: method, site, rope_layout and convention are ones that this version knows, and the maps
///   are as many as the method has.
/// - orthogonal: ‖PᵀP − I‖_F <= 3·u·√m + 1e-9 for each map, u the unit roundoff of its type: each
///   entry was rounded by at most u of itself (float16: or 2^-25). Skipped for methods with two
///   maps.
/// - falling: singular values fall and are not negative. Skipped without any.
/// - digests: base_model_sha256 is 64 hexadecimal digits.
std::vector<Check> verify_projection(const store::ProjectionFile& file);

/// Whether the file's facts are those of the model: weights, layers, head layout, and the layout of
/// rotary dimensions. One check each.
std::vector<Check> verify_model(const capture::ModelFacts& expected,
                                const capture::ModelFacts& found);

/// What a projection file says of its model; hidden size and vocabulary are not among it.
capture::ModelFacts model_of(const store::ProjectionFile& file);

}  // namespace aqua::analysis

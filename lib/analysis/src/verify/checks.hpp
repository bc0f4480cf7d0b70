// Parts that several verifications share.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "aqua/analysis/verify.hpp"
#include "aqua/core/matrix.hpp"

namespace aqua::analysis::verify {

/// ‖MᵀM − I‖_F.
double orthogonality_error(ConstMatrixView<double> map);
/// Whether a text is a sha256 in hexadecimal digits.
bool is_digest(std::string_view text);

/// The worst of several values of one check, and where it was.
class Worst {
 public:
  Worst(std::string name, double limit) : name_(std::move(name)), limit_(limit) {}
  /// A value that is not a number is the worst of all.
  void see(double value, const std::string& where) {
    if (!seen_ || !(value <= worst_)) {
      worst_ = value;
      where_ = where;
    }
    seen_ = true;
  }
  /// `what` names the value in the sentence: "‖PᵀP−I‖".
  Check check(std::string_view what) const;

 private:
  std::string name_;
  double limit_;
  double worst_ = 0.0;
  bool seen_ = false;
  std::string where_;
};

/// Falling, none negative.
template <class Values>
void see_order(const Values& values, const std::string& where, std::string& sentence) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool falls = values[i] >= 0 && (i == 0 || values[i] <= values[i - 1]);
    if (falls || !sentence.empty()) continue;
    sentence = fmt::format("{}: expected falling singular values, none negative, found {} at {}",
                           where, values[i], i);
  }
}

/// A check that either holds or has a sentence.
Check check_of(std::string name, std::string expected, std::string sentence);

}  // namespace aqua::analysis::verify

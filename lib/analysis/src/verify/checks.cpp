#include "checks.hpp"

#include <algorithm>
#include <cmath>

#include "aqua/linalg/blas.hpp"

namespace aqua::analysis {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::fails:
      return "fails";
    default:
      return "skipped";
  }
}

namespace verify {

double orthogonality_error(ConstMatrixView<double> map) {
  const Matrix<double> gram = linalg::product(linalg::Op::transpose, linalg::Op::none, map, map);
  double squares = 0.0;
  for (int64_t r = 0; r < gram.rows(); ++r) {
    for (int64_t c = 0; c < gram.cols(); ++c) {
      squares += std::pow(gram(r, c) - (r == c ? 1.0 : 0.0), 2);
    }
  }
  return std::sqrt(squares);
}

bool is_digest(std::string_view text) {
  constexpr std::size_t digits = 64;
  return text.size() == digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Check Worst::check(std::string_view what) const {
  Check check{.name = name_,
              .verdict = Verdict::holds,
              .found = fmt::format("{:.2g}", worst_),
              .expected = fmt::format("at most {:.2g}", limit_),
              .sentence = {}};
  if (!(worst_ <= limit_)) {
    check.verdict = Verdict::fails;
    check.sentence = fmt::format("{}: expected {} of at most {:.2g}, found {:.2g}", where_, what,
                                 limit_, worst_);
  }
  return check;
}

Check check_of(std::string name, std::string expected, std::string sentence) {
  const bool holds = sentence.empty();
  return {.name = std::move(name),
          .verdict = holds ? Verdict::holds : Verdict::fails,
          .found = holds ? "as expected" : "otherwise",
          .expected = std::move(expected),
          .sentence = std::move(sentence)};
}

}  // namespace verify
}  // namespace aqua::analysis

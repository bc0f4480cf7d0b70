#include <fmt/format.h>

#include "aqua/analysis/spectrum.hpp"
#include "aqua/report/describe.hpp"
#include "aqua/report/numbers.hpp"
#include "facts.hpp"

namespace aqua::report {
namespace {

struct HeadMeans {
  double quarter = 0.0;
  double half = 0.0;
  double rank = 0.0;
  int64_t query_rows = 0;
  int64_t key_rows = 0;
};

HeadMeans means(const std::vector<store::CalibratedHead>& heads) {
  HeadMeans result;
  const auto count = static_cast<double>(heads.size());
  for (const store::CalibratedHead& head : heads) {
    const std::vector<double>& sigma = head.aqua.singular_values;
    result.quarter += analysis::leading_energy(sigma, sigma.size() / 4) / count;
    result.half += analysis::leading_energy(sigma, sigma.size() / 2) / count;
    result.rank += analysis::effective_rank(sigma) / count;
    result.query_rows += head.statistics.query.count();
    result.key_rows += head.statistics.key.count();
  }
  return result;
}

Section spectrum_section(const store::Calibration& calibration) {
  Section section{
      .key = "spectrum",
      .title = "Spectrum of queries and keys together, mean over KV heads",
      .columns = {{"layer", "layer"},
                  {"site", "site", Align::left},
                  {"energy_first_quarter", "energy in\nfirst d/4", Align::right, Style::percent},
                  {"energy_first_half", "energy in\nfirst d/2", Align::right, Style::percent},
                  {"effective_rank", "effective\nrank"},
                  {"query_rows", "query\nvectors"},
                  {"key_rows", "key\nvectors"}}};
  for (const auto& [key, heads] : calibration.heads) {
    const auto& [layer, site] = key;
    const HeadMeans mean = means(heads);
    section.rows.push_back({int64_t{layer.value}, std::string(capture::name(site)), mean.quarter,
                            mean.half, mean.rank, mean.query_rows, mean.key_rows});
  }
  section.notes = {fmt::format(
      "Energy: share of the sum of squared singular values that the first directions of the AQUA "
      "basis hold (d = {}). Effective rank: exp of the entropy of those shares, from 1 (one "
      "direction "
      "holds all) to {} (all hold the same).",
      calibration.model.heads.head_dim, calibration.model.heads.head_dim)};
  return section;
}

}  // namespace

Summary describe_calibration(const std::filesystem::path& path,
                             const store::Calibration& calibration) {
  return {
      .schema = "aqua-inspect-calibration",
      .title = fmt::format("{}: calibration", printable(path.string())),
      .sections = {model_section(calibration.model), provenance_section(calibration.provenance),
                   options_section(calibration.provenance),
                   corpora_section(calibration.provenance.corpora), spectrum_section(calibration)}};
}

}  // namespace aqua::report

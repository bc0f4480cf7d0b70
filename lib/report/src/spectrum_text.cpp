#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "aqua/report/numbers.hpp"
#include "aqua/report/sparkline.hpp"
#include "aqua/report/spectrum.hpp"
#include "aqua/report/table.hpp"
#include "estimates.hpp"

namespace aqua::report {
namespace {

using analysis::Factor;
using analysis::FactorSpectrum;
using analysis::HeadSpectrum;
using analysis::SpectrumResult;

constexpr std::size_t curve_points = 10;

using Heads = std::vector<HeadSpectrum>;

template <class Value>
double mean(const Heads& heads, Value value) {
  double sum = 0.0;
  for (const HeadSpectrum& head : heads) sum += value(head) / static_cast<double>(heads.size());
  return sum;
}

/// Cumulative energy in the first 1/10, 2/10, … of the directions, mean over heads.
std::string curve(const Heads& heads, Factor factor) {
  std::vector<double> energies;
  for (std::size_t i = 1; i <= curve_points; ++i) {
    energies.push_back(mean(heads, [&](const HeadSpectrum& head) {
      const auto& sigma = head.of(factor).singular_values;
      return analysis::leading_energy(sigma, sigma.size() * i / curve_points);
    }));
  }
  return sparkline(energies, 0.0, 1.0);
}

/// "21.5 (30)": mean over heads and the largest.
std::string rank_text(const Heads& heads, Factor factor, std::size_t share) {
  int64_t largest = 0;
  for (const HeadSpectrum& head : heads) {
    largest = std::max(largest, head.of(factor).ranks[share]);
  }
  return fmt::format("{} ({})",
                     fixed(mean(heads,
                                [&](const HeadSpectrum& head) {
                                  return static_cast<double>(head.of(factor).ranks[share]);
                                }),
                           1),
                     largest);
}

std::vector<capture::Site> sites_of(const SpectrumResult& result) {
  std::vector<capture::Site> sites;
  for (const auto& [key, heads] : result.heads) {
    if (std::ranges::find(sites, key.second) == sites.end()) sites.push_back(key.second);
  }
  return sites;
}

std::string site_table(const SpectrumResult& result, capture::Site site) {
  std::vector<Table::Column> columns{{"layer", Align::right},
                                     {"of", Align::left},
                                     {"effective\nrank", Align::right},
                                     {"particip.\nratio", Align::right}};
  // Three shares fit 80 columns; the others are in JSON and CSV.
  const std::size_t shares = std::min<std::size_t>(result.shares.size(), 3);
  for (std::size_t i = 0; i < shares; ++i) {
    columns.push_back({fmt::format("k for\n{:.4g} %", 100.0 * result.shares[i]), Align::right});
  }
  columns.push_back({"energy in\nfirst i/10", Align::left});
  Table table(std::move(columns));
  for (const auto& [key, heads] : result.heads) {
    if (key.second != site) continue;
    for (const Factor factor : analysis::all_factors) {
      std::vector<std::string> cells{
          factor == Factor::joint ? fmt::format("{}", key.first.value) : "",
          std::string(analysis::name(factor)),
          fixed(mean(heads, [&](const auto& head) { return head.of(factor).effective_rank; }), 1),
          fixed(mean(heads, [&](const auto& head) { return head.of(factor).participation_ratio; }),
                1)};
      for (std::size_t i = 0; i < shares; ++i) cells.push_back(rank_text(heads, factor, i));
      cells.push_back(curve(heads, factor));
      table.add_row(std::move(cells));
    }
  }
  return table.render();
}

/// Layer × KV head: effective rank and, after a slash, k for the largest share.
std::string head_table(const SpectrumResult& result, capture::Site site, Factor factor) {
  constexpr std::size_t heads_per_table = 6;
  const auto count = static_cast<std::size_t>(result.model.heads.kv_heads);
  std::string out;
  for (std::size_t first = 0; first < count; first += heads_per_table) {
    const std::size_t end = std::min(count, first + heads_per_table);
    std::vector<Table::Column> columns{{"layer", Align::right}};
    for (std::size_t g = first; g < end; ++g) {
      columns.push_back({fmt::format("KV {}", g), Align::right});
    }
    Table table(std::move(columns));
    for (const auto& [key, heads] : result.heads) {
      if (key.second != site) continue;
      std::vector<std::string> cells{fmt::format("{}", key.first.value)};
      for (std::size_t g = first; g < end; ++g) {
        const FactorSpectrum& spectrum = heads[g].of(factor);
        cells.push_back(fmt::format("{}/{}", fixed(spectrum.effective_rank, 1),
                                    fmt::join(spectrum.ranks, "/")));
      }
      table.add_row(std::move(cells));
    }
    out += table.render(2);
  }
  return out;
}

}  // namespace

std::string spectrum_text(const SpectrumReport& report, bool per_head) {
  const SpectrumResult& result = report.result;
  std::string out = "Spectrum: how many directions hold the energy of queries and keys\n\n";
  LabelList list;
  list.add("model", model_text(result.model));
  std::vector<std::string> fitted;
  for (const CorpusFacts& corpus : result.corpora) fitted.push_back(corpus_text(corpus));
  list.add("calibration",
           fmt::format("{}, fitted on {}",
                       report.calibration.empty() ? "in this run" : printable(report.calibration),
                       fmt::join(fitted, " and ")));
  out += list.render();
  for (const capture::Site site : sites_of(result)) {
    out += fmt::format("\n{}: mean over {}, in brackets the largest of a head\n\n",
                       capture::name(site), counted(result.model.heads.kv_heads, "KV head"));
    out += site_table(result, site);
    if (!per_head) continue;
    for (const Factor factor : analysis::all_factors) {
      std::vector<std::string> shares;
      for (const double share : result.shares) {
        shares.push_back(fmt::format("{:.4g}", 100.0 * share));
      }
      out += fmt::format("\n{}, {}: effective rank/k for {} %\n\n", capture::name(site),
                         analysis::name(factor), fmt::join(shares, "/"));
      out += head_table(result, site, factor);
    }
  }
  out += "\nWhat the numbers are\n";
  LabelList numbers;
  numbers.add("of",
              "joint: queries of a group and its keys together, which is what the AQUA basis "
              "decomposes; query, key: either alone");
  numbers.add("energy", "share of the sum of squared singular values; p of one direction");
  numbers.add("effective rank",
              "exp(-sum p ln p): directions that would hold the energy if spread "
              "evenly, at most d");
  numbers.add("participation ratio", "1/sum p^2: the same, less moved by many small values");
  numbers.add("k for x %", "directions needed for that share of the energy");
  return out + numbers.render(2);
}

}  // namespace aqua::report

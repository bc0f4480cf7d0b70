#include <fmt/format.h>

#include <cmath>

#include "aqua/report/numbers.hpp"
#include "aqua/report/sensitivity.hpp"
#include "aqua/report/table.hpp"
#include "estimates.hpp"
#include "retention_tables.hpp"

namespace aqua::report {
namespace {

using analysis::DomainDifference;
using analysis::Selection;
using analysis::SensitivityLoss;
using analysis::SensitivityResult;
using analysis::Spread;

constexpr std::size_t group_label_width = 10;

std::string label(const SensitivityResult& result, std::size_t group) {
  return shortened(result.groups[group].name, group_label_width);
}

std::string header(const SensitivityResult& result) {
  std::string out = "Sensitivity: whether the choice of calibration text matters\n\n";
  LabelList list;
  list.add("model", model_text(result.model));
  list.add("vectors", std::string(capture::name(result.options.site)));
  for (std::size_t g = 0; g < result.groups.size(); ++g) {
    const analysis::SensitivityGroup& group = result.groups[g];
    list.add(g == 0 ? "fitted on" : "",
             fmt::format("{}, dealt at random to {}", corpus_text(group.corpus),
                         counted(std::ssize(group.parts), "part")));
  }
  for (std::size_t g = 0; g < result.held_out.size(); ++g) {
    list.add(g == 0 ? "measured on" : "", corpus_text(result.held_out[g]) + ", held out");
  }
  return out + list.render();
}

std::string sentences(const SensitivityResult& result) {
  const double ratio = result.options.k_ratios[result.options.k_ratios.size() / 2];
  std::string out;
  for (const SensitivityLoss& loss : result.losses) {
    if (loss.k_ratio != ratio || loss.selection != Selection::dynamic) continue;
    const Spread& own = loss.groups[loss.evaluation];
    const std::string text = printable(result.groups[loss.evaluation].name);
    out += wrap(fmt::format("{0}, {1} of {2} dimensions chosen by each query: which documents of "
                            "{0} a basis is fitted on changes the loss by {3} of {4} (standard "
                            "deviation).",
                            text, loss.k, result.model.heads.head_dim,
                            percent(own.deviation / own.mean), fixed(own.mean, 4)),
                80, 2);
    for (const DomainDifference& difference : loss.differences) {
      out += wrap(
          fmt::format("Fitting on {} instead changes it by {:+.4f}, {} of the loss, {}: two parts "
                      "of one text differ by up to {} in 95 % of pairs.",
                      printable(result.groups[difference.group].name), difference.difference,
                      percent(std::abs(difference.difference) / own.mean),
                      difference.beyond_noise ? "more than the choice of documents does"
                                              : "no more than the choice of documents does",
                      fixed(difference.noise, 4)),
          80, 2);
    }
  }
  return out;
}

std::string loss_table(const SensitivityResult& result, std::size_t evaluation) {
  Table table({{"fitted\non", Align::left},
               {"k/d", Align::right},
               {"selection", Align::left},
               {"mean\nloss", Align::right},
               {"standard\ndeviation", Align::right},
               {"least", Align::right},
               {"most", Align::right},
               {"against\nown", Align::right},
               {"noise", Align::right}});
  for (std::size_t g = 0; g < result.groups.size(); ++g) {
    bool first = true;
    for (const SensitivityLoss& loss : result.losses) {
      if (loss.evaluation != evaluation) continue;
      const Spread& spread = loss.groups[g];
      std::vector<std::string> row{first ? label(result, g) : "",
                                   ratio_text(loss.k_ratio),
                                   std::string(analysis::name(loss.selection)),
                                   fixed(spread.mean, 4),
                                   fixed(spread.deviation, 5),
                                   fixed(spread.low, 4),
                                   fixed(spread.high, 4)};
      for (const DomainDifference& difference : loss.differences) {
        if (difference.group != g) continue;
        row.push_back(fmt::format("{:+.4f}", difference.difference));
        row.push_back(fixed(difference.noise, 4));
      }
      table.add_row(std::move(row));
      first = false;
    }
  }
  return table.render();
}

std::string overlap_table(const SensitivityResult& result) {
  Table table({{"parts of", Align::left},
               {"and of", Align::left},
               {"k", Align::right},
               {"mean\noverlap", Align::right},
               {"lowest\npair", Align::right},
               {"by\nchance", Align::right}});
  for (std::size_t g = 0; g < result.groups.size(); ++g) {
    for (std::size_t h = g; h < result.groups.size(); ++h) {
      for (const analysis::SensitivityOverlap& overlap : result.overlaps) {
        const bool first = &overlap == &result.overlaps.front();
        table.add_row({first ? label(result, g) : "",
                       first ? (g == h ? "the same" : label(result, h)) : "",
                       fmt::format("{}", overlap.k), fixed(overlap.mean[g][h], 4),
                       fixed(overlap.lowest[g][h], 4), fixed(overlap.chance, 2)});
      }
    }
  }
  return table.render();
}

}  // namespace

std::string sensitivity_text(const SensitivityReport& report) {
  const SensitivityResult& result = report.result;
  std::string out = header(result) + "\nIn short\n" + sentences(result);
  for (std::size_t e = 0; e < result.held_out.size(); ++e) {
    out += fmt::format("\nQuery loss on held-out {}, over the bases of parts\n\n",
                       printable(result.held_out[e].name));
    out += loss_table(result, e);
  }
  out += "\nOverlap of the leading k directions between bases of parts\n\n";
  out += overlap_table(result);
  LabelList list;
  list.add("query loss", "mean over held-out tokens, layers and query heads of 1 - |q_S|/|q|");
  list.add("against own", "mean loss minus that of the bases of the measured text's own parts");
  list.add("noise",
           "95 % quantile of the difference between two parts of one text, over pairs of "
           "either text: a larger difference is more than the choice of documents");
  list.add("overlap", "|Va' Vb|^2/k, mean over layers and KV heads; 1: equal, k/d by chance");
  list.add("seed", fmt::format("{}: it decides who is held out and who is dealt where; fitting a "
                               "basis draws nothing at random",
                               result.options.seed));
  return out + "\nWhat the numbers are\n" + list.render(2);
}

}  // namespace aqua::report

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "aqua/report/numbers.hpp"
#include "aqua/report/retention.hpp"
#include "aqua/report/table.hpp"
#include "retention_index.hpp"
#include "retention_profile.hpp"
#include "retention_tables.hpp"

namespace aqua::report {
namespace {

using analysis::Measure;
using analysis::RetentionResult;
using analysis::Selection;

/// The basis whose numbers the summary shows.
std::string main_basis(const RetentionResult& result) {
  const std::vector<std::string> bases = bases_of(result);
  const bool has_aqua = std::find(bases.begin(), bases.end(), "aqua") != bases.end();
  return has_aqua || bases.empty() ? "aqua" : bases.front();
}

/// How much more of a query is lost with `basis` than with one fitted on the measured text.
std::optional<double> gap_to_native(const RetentionResult& result, std::string_view basis,
                                    const KeptLevel& level) {
  const auto* own = find(result, basis, level, Selection::dynamic, Measure::query_loss);
  const auto* native = find(result, "native", level, Selection::dynamic, Measure::query_loss);
  if (own == nullptr || native == nullptr || basis == "native") return std::nullopt;
  return own->model.value - native->model.value;
}

std::string fitted_text(const RetentionReport& report) {
  std::vector<std::string> names;
  for (const CorpusFacts& corpus : report.fitted_on) {
    names.push_back(
        fmt::format("{} ({})", printable(corpus.name), counted(corpus.tokens, "token")));
  }
  const std::string where =
      report.calibration.empty() ? "in this run" : printable(report.calibration);
  return fmt::format("{}, fitted on {}", where, fmt::join(names, " and "));
}

std::string header(const RetentionReport& report) {
  const RetentionResult& first = report.corpora.front();
  const capture::ModelFacts& model = first.model;
  std::string out =
      "Information retention: what is left of queries, keys and attention when only\n"
      "k of d rotated dimensions are used\n\n";
  LabelList list;
  list.add("model",
           fmt::format("{} ({}, {} of {}, {}, {}, d = {})", printable(model.name),
                       model.architecture, first.layers.size(), counted(model.layers, "layer"),
                       counted(model.heads.query_heads, "query head"),
                       counted(model.heads.kv_heads, "KV head"), model.heads.head_dim));
  list.add("vectors", fmt::format("{}", capture::name(first.options.site)));
  list.add("calibration", fitted_text(report));
  for (std::size_t c = 0; c < report.corpora.size(); ++c) {
    const RetentionResult& result = report.corpora[c];
    std::string text =
        fmt::format("{}: {}, {}", printable(result.corpus.name),
                    counted(result.corpus.tokens, "token"), counted(result.documents, "document"));
    if (result.pairs_per_head > 0) {
      text += fmt::format(", {} (query, key) pairs a head", grouped(result.pairs_per_head));
    }
    list.add(c == 0 ? "measured on" : "", text);
  }
  return out + list.render();
}

/// Query loss of the main basis, all corpora in one table.
std::string summary(const RetentionReport& report) {
  const RetentionResult& first = report.corpora.front();
  const std::string basis = main_basis(first);
  Table table({{"corpus", Align::left},
               {"k/d", Align::right},
               {"static slice", Align::left},
               {"dynamic selection", Align::left},
               {"gap to\nnative", Align::right}});
  for (const RetentionResult& result : report.corpora) {
    for (const KeptLevel& level : levels_of(result)) {
      const auto gap = gap_to_native(result, basis, level);
      table.add_row(
          {level == levels_of(result).front() ? printable(result.corpus.name) : "",
           level_text(level),
           estimate_text(find(result, basis, level, Selection::fixed, Measure::query_loss)),
           estimate_text(find(result, basis, level, Selection::dynamic, Measure::query_loss)),
           gap ? fmt::format("{:+.4f}", *gap) : "-"});
    }
  }
  std::string out =
      fmt::format("\nSummary: mean query loss with the {} basis (0: nothing lost)\n\n",
                  basis_text(basis).label);
  out += table.render();
  const std::vector<double> ratios = ratios_of(first);
  const double ratio = ratios[ratios.size() / 2];
  out += layer_profiles(report, basis, ratio);
  for (const RetentionResult& result : report.corpora) {
    const auto* loss = find(result, basis, ratio, Selection::dynamic, Measure::query_loss);
    if (loss == nullptr) continue;
    out += '\n';
    std::string sentence = fmt::format(
        "{}: with the {} of {} dimensions that each query chooses, a query keeps {} of its norm on "
        "average; in the worst head (layer {}, head {}) {}.",
        printable(result.corpus.name), kept(result, ratio), result.model.heads.head_dim,
        percent(1.0 - loss->model.value), loss->worst_layer.value, loss->worst_head,
        percent(1.0 - loss->worst));
    if (const auto gap = gap_to_native(result, basis, KeptLevel{ratio, {}})) {
      sentence += fmt::format(" A basis fitted on this text itself would keep {}.",
                              percent(1.0 - loss->model.value + *gap));
    }
    if (const auto* error = find(result, basis, ratio, Selection::dynamic, Measure::output_error)) {
      sentence += fmt::format(" Head outputs change by {}.", percent(error->model.value));
    }
    out += wrap(sentence);
  }
  return out;
}

std::string definitions(const RetentionReport& report) {
  const RetentionResult& first = report.corpora.front();
  LabelList numbers;
  for (const analysis::MeasureInfo& info : analysis::measures()) {
    const bool measured =
        std::any_of(first.results.begin(), first.results.end(),
                    [&](const auto& results) { return results.contains(info.measure); });
    if (measured) numbers.add(std::string(info.label), std::string(info.definition));
  }
  numbers.add("k/d", "share of the d rotated dimensions that is used");
  for (const KeptLevel& level : levels_of(first)) {
    if (level.plan.empty()) continue;
    numbers.add(printable(level.plan),
                fmt::format("each KV head keeps its own number of dimensions, as the plan says; on "
                            "average {:.4g} of d",
                            level.k_ratio));
  }
  numbers.add("static", "the first k dimensions are used");
  numbers.add("dynamic", "the k dimensions in which the query at hand is largest are used");
  numbers.add("values", "means over layers and query heads");
  numbers.add("worst head", "largest value of one head, under dynamic selection");
  numbers.add("gap to native",
              "dynamic query loss, minus that of a basis fitted on the measured text itself");
  if (first.options.bootstrap_replicates > 0) {
    numbers.add("[low, high]", fmt::format("95 % percentile bootstrap over documents, {}, seed {}",
                                           counted(first.options.bootstrap_replicates, "replicate"),
                                           first.options.seed));
  }
  if (first.pairs_per_head > 0 && first.options.pair_queries > 0) {
    numbers.add("pairs", fmt::format("at most {} a sequence, sampled with the seed, each with all "
                                     "keys that it sees",
                                     counted(first.options.pair_queries, "query position")));
  }
  LabelList bases;
  for (const std::string& basis : bases_of(first)) {
    const BasisText text = basis_text(basis);
    bases.add(basis, fmt::format("{}: {}", text.label, text.description));
  }
  return "\nWhat the numbers are\n" + numbers.render(2) + "\nBases\n" + bases.render(2);
}

}  // namespace

std::string retention_text(const RetentionReport& report) {
  if (report.corpora.empty()) return "";
  std::string out = header(report) + summary(report);
  for (const RetentionResult& result : report.corpora) out += corpus_tables(result);
  return out + definitions(report);
}

}  // namespace aqua::report

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "aqua/report/numbers.hpp"
#include "aqua/report/perplexity.hpp"
#include "aqua/report/table.hpp"

namespace aqua::report {
namespace {

using analysis::AttentionPerplexity;
using analysis::PerplexityResult;

constexpr std::size_t columns = 80;

bool has_variants(const PerplexityReport& report) {
  return !report.corpora.empty() && report.corpora.front().attentions.size() > 1;
}

std::string exact_table(const PerplexityReport& report) {
  Table table({{"corpus", Align::left},
               {"documents", Align::right},
               {"predicted\ntokens", Align::right},
               {"perplexity", Align::right},
               {"bits per\nbyte", Align::right},
               {"nats per\ntoken", Align::right}});
  for (const PerplexityResult& result : report.corpora) {
    table.add_row({printable(result.corpus.name), grouped(result.corpus.documents),
                   grouped(result.predicted_tokens), fixed(result.exact().perplexity, 3),
                   fixed(result.exact().bits_per_byte, 4),
                   fixed(result.exact().nats_per_token, 4)});
  }
  return table.render();
}

/// Fewer decimals for larger numbers, so that columns stay narrow.
int decimals(double value) { return std::abs(value) >= 100 ? 1 : std::abs(value) >= 10 ? 2 : 3; }

/// "+0.123 [0.012, 0.234]"
std::string change_text(const analysis::Estimate& change) {
  const int digits = decimals(change.value);
  const std::string value = fixed(change.value, digits);
  std::string text = value.starts_with('-') ? value : "+" + value;
  if (text == "-0.000") text = "+0.000";
  if (change.low && change.high) {
    text += fmt::format(" [{}, {}]", fixed(*change.low, digits), fixed(*change.high, digits));
  }
  return text;
}

std::string label(const AttentionPerplexity& attention, std::size_t index, bool numbered) {
  return numbered ? fmt::format("{}", index) : printable(attention.name);
}

std::string quality_table(const PerplexityResult& result, bool numbered) {
  Table table({{"attention", Align::left},
               {"perplexity", Align::right},
               {"bits per\nbyte", Align::right},
               {"change of perplexity\n[95 %]", Align::right},
               {"KL\nmean", Align::right},
               {"top-1\nsame", Align::right}});
  for (std::size_t a = 0; a < result.attentions.size(); ++a) {
    const AttentionPerplexity& attention = result.attentions[a];
    std::vector<std::string> row{label(attention, a, numbered), fixed(attention.perplexity, 3),
                                 fixed(attention.bits_per_byte, 4)};
    if (const auto& change = attention.change) {
      row.insert(row.end(),
                 {change_text(change->perplexity), significant(change->kl_divergence.value, 3),
                  percent(change->top1_agreement.value)});
    }
    table.add_row(std::move(row));
  }
  return table.render(2);
}

std::string divergence_table(const PerplexityResult& result, bool numbered) {
  Table table({{"KL to exact", Align::left},
               {"mean [95 %]", Align::right},
               {"50 %", Align::right},
               {"90 %", Align::right},
               {"99 %", Align::right},
               {"largest", Align::right}});
  for (std::size_t a = 0; a < result.attentions.size(); ++a) {
    const AttentionPerplexity& attention = result.attentions[a];
    if (!attention.change) continue;
    const analysis::Estimate& mean = attention.change->kl_divergence;
    std::string text = significant(mean.value, 3);
    if (mean.low && mean.high) {
      text += fmt::format(" [{}, {}]", significant(*mean.low, 2), significant(*mean.high, 2));
    }
    const analysis::Percentiles& p = attention.change->kl_percentiles;
    table.add_row({label(attention, a, numbered), std::move(text), significant(p.p50, 2),
                   significant(p.p90, 2), significant(p.p99, 2), significant(p.maximum, 2)});
  }
  return table.render(2);
}

std::string fidelity_table(const PerplexityResult& result, bool numbered) {
  Table table({{"attention weights", Align::left},
               {"attended\nkeys", Align::right},
               {"hit\nrate", Align::right},
               {"exact\nmass", Align::right},
               {"total\nvariation", Align::right},
               {"output\nerror", Align::right}});
  for (std::size_t a = 0; a < result.attentions.size(); ++a) {
    const auto& fidelity = result.attentions[a].fidelity;
    if (!fidelity) continue;
    table.add_row({label(result.attentions[a], a, numbered), percent(fidelity->attended_share),
                   percent(fidelity->hit_rate), percent(fidelity->exact_mass),
                   fixed(fidelity->total_variation, 4), fixed(fidelity->output_error, 4)});
  }
  return table.empty() ? std::string() : "\n" + table.render(2);
}

bool fits(const std::string& text) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (display_width(std::string_view(text).substr(begin, end - begin)) > columns) return false;
    begin = end + 1;
  }
  return true;
}

std::string variant_tables(const PerplexityReport& report, bool numbered) {
  std::string out;
  if (numbered) {
    LabelList list;
    const auto& attentions = report.corpora.front().attentions;
    for (std::size_t a = 0; a < attentions.size(); ++a) {
      list.add(fmt::format("{}", a), printable(attentions[a].name));
    }
    out += list.render(2) + "\n";
  }
  for (const PerplexityResult& result : report.corpora) {
    out += fmt::format("{}: {} predicted tokens in {}\n\n", printable(result.corpus.name),
                       grouped(result.predicted_tokens), counted(result.documents, "document"));
    out += quality_table(result, numbered) + "\n";
    out += divergence_table(result, numbered);
    out += fidelity_table(result, numbered) + "\n";
  }
  return out;
}

std::string variant_legend(const PerplexityReport& report) {
  std::string out =
      wrap(fmt::format("change: of the perplexity against exact attention, with the 95 % "
                       "bootstrap interval over documents ({} replicates, paired). KL: "
                       "KL(exact || variant) of the next-token distributions in nats, over the "
                       "predicted tokens. top-1 same: share of tokens whose most likely "
                       "successor is the same.",
                       report.bootstrap_replicates),
           columns, 2);
  const auto& last = report.corpora.front().attentions.back();
  if (last.fidelity) {
    out += wrap(
        "attended keys: keys of weight above zero, of those that a query sees. hit rate: share of "
        "the attended keys that are among as many of largest exact weight. exact mass: exact "
        "weight of the attended keys. total variation: half the sum of |p - p'| over keys. output "
        "error: |O - O'|/|O| of the heads' outputs. Exact weights are those of the same queries "
        "and keys; means over layers, heads and queries.",
        columns, 2);
  }
  return out;
}

std::string bases_line(const PerplexityReport& report) {
  if (report.fitted_on.empty()) return "";
  std::string texts;
  for (const CorpusFacts& corpus : report.fitted_on) {
    texts += fmt::format("{}{} ({} tokens)", texts.empty() ? "" : ", ", printable(corpus.name),
                         grouped(corpus.tokens));
  }
  return wrap(fmt::format("bases: fitted on {}{}", texts,
                          report.calibration.empty()
                              ? ""
                              : fmt::format(", from {}", printable(report.calibration))),
              columns) +
         "\n";
}

}  // namespace

std::string perplexity_text(const PerplexityReport& report) {
  const bool variants = has_variants(report);
  std::string out = fmt::format("Perplexity of {} with exact attention{}\n\n",
                                printable(report.model.name), variants ? " and variants" : "");
  if (variants) {
    out += bases_line(report);
    std::string tables = variant_tables(report, /*numbered=*/false);
    if (!fits(tables)) tables = variant_tables(report, /*numbered=*/true);
    out += tables;
  } else {
    out += exact_table(report) + "\n";
  }
  out += "What the numbers are\n";
  out += wrap(
      "nats per token: mean of -ln p(token | tokens before it in its window), over the predicted "
      "tokens. perplexity: its exponential; comparable only between models with the same "
      "tokenizer. bits per byte: the total in bits over the UTF-8 bytes of the predicted tokens; "
      "comparable between tokenizers and languages.",
      columns, 2);
  if (variants) out += variant_legend(report);
  return out;
}

}  // namespace aqua::report

#include "aqua/report/needle.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "aqua/report/numbers.hpp"
#include "aqua/report/table.hpp"
#include "csv.hpp"
#include "provenance_json.hpp"

namespace aqua::report {
namespace {

using analysis::Estimate;
using analysis::Haystack;
using analysis::NeedleCell;
using analysis::NeedleResult;
using analysis::RetrievalHead;

struct NeedleMeasure {
  const char* key;
  const char* definition;
  Estimate NeedleCell::*value;
};
constexpr std::array needle_measures{
    NeedleMeasure{"loss", "mean over the answer's tokens of -ln p(token | all before it), nats",
                  &NeedleCell::loss},
    NeedleMeasure{"loss_change", "loss less that of exact attention on the same haystacks",
                  &NeedleCell::loss_change},
    NeedleMeasure{"mass",
                  "attention weight on the needle's tokens, mean over retrieval heads and "
                  "answer queries; 0 to 1",
                  &NeedleCell::mass},
    NeedleMeasure{"copied", "attention weight on the token to be copied, likewise",
                  &NeedleCell::copied},
    NeedleMeasure{"rank",
                  "1 + number of keys with a larger weight than the token to be copied, "
                  "likewise",
                  &NeedleCell::rank},
    NeedleMeasure{"hit_rate", "share of them where that rank is 1", &NeedleCell::hit_rate},
    NeedleMeasure{"best_rank", "least mean rank of any head of the model", &NeedleCell::best_rank}};

std::string change_text(const NeedleCell& cell) {
  if (cell.attention == 0) return "";
  const Estimate& change = cell.loss_change;
  std::string text = fmt::format("{:+.3f}", change.value);
  if (change.low && change.high)
    text += fmt::format(" [{:+.3f}, {:+.3f}]", *change.low, *change.high);
  return text;
}

std::string cells_table(const NeedleResult& result) {
  Table table({{"L", Align::right},
               {"depth", Align::right},
               {"attention", Align::left},
               {"loss", Align::right},
               {"change", Align::left},
               {"mass", Align::right},
               {"rank", Align::right},
               {"hits", Align::right}});
  for (const NeedleCell& cell : result.cells) {
    const bool first = cell.attention == 0;
    // The name of the attention may be long: what does not fit stands in the list of attentions.
    std::string name = printable(result.attentions[static_cast<std::size_t>(cell.attention)]);
    if (display_width(name) > 16) name = fmt::format("variant {}", cell.attention);
    table.add_row({first ? grouped(cell.length) : "",
                   first ? fmt::format("{:.3g}", cell.depth) : "", std::move(name),
                   fixed(cell.loss.value, 3), change_text(cell), fixed(cell.mass.value, 3),
                   fixed(cell.rank.value, 1), percent(cell.hit_rate.value)});
  }
  return table.render();
}

std::string heads_text(const NeedleResult& result) {
  std::vector<std::string> heads;
  for (const RetrievalHead& head : result.retrieval_heads) {
    heads.push_back(fmt::format("L{}.H{} ({:.3f})", head.layer.value, head.head, head.copied));
  }
  return wrap(fmt::format("Retrieval heads, with their exact weight on the token to be copied: {}.",
                          fmt::join(heads, ", ")));
}

/// One sentence a variant: loss over all lengths and depths.
std::string needle_sentences(const NeedleResult& result) {
  std::string out;
  for (std::size_t a = 1; a < result.attentions.size(); ++a) {
    double change = 0.0;
    double hits = 0.0;
    double exact_hits = 0.0;
    double cells = 0.0;
    int64_t worse = 0;
    for (const NeedleCell& cell : result.cells) {
      if (cell.attention == 0) exact_hits += cell.hit_rate.value;
      if (cell.attention != static_cast<int64_t>(a)) continue;
      change += cell.loss_change.value;
      hits += cell.hit_rate.value;
      cells += 1.0;
      worse += cell.loss_change.low && *cell.loss_change.low > 0.0 ? 1 : 0;
    }
    out += wrap(fmt::format(
        "{}: on average over lengths and depths the answer's loss changes by {:+.3f} nats, and the "
        "retrieval heads look first at the token to be copied in {} of cases ({} with exact "
        "attention). The loss is higher beyond what chance in the choice of needles explains in {} "
        "of {} cells.",
        printable(result.attentions[a]), change / cells, percent(hits / cells),
        percent(exact_hits / cells), worse, static_cast<int64_t>(cells)));
  }
  return out;
}

Json needle_estimate(const Estimate& estimate) {
  return {{"value", number(estimate.value)},
          {"low", estimate.low ? number(*estimate.low) : Json(nullptr)},
          {"high", estimate.high ? number(*estimate.high) : Json(nullptr)}};
}

Json haystack_json(const NeedleResult& result, std::size_t index) {
  const Haystack& haystack = result.haystacks[index];
  const std::size_t needles = result.needles.size();
  const std::size_t depths = result.options.depths.size();
  return {{"needle", result.needles[index % needles]},
          {"length", std::ssize(haystack.ids)},
          {"depth", result.options.depths[index / needles % depths]},
          {"needle_first", haystack.needle_first},
          {"needle_count", haystack.needle_count},
          {"copied_first", haystack.copied_first},
          {"answer_first", haystack.answer_first},
          {"answer_count", haystack.answer_count},
          {"ids", haystack.ids}};
}

Json result_json(const NeedleResult& result, bool with_tokens) {
  Json heads = Json::array();
  for (const RetrievalHead& head : result.retrieval_heads) {
    heads.push_back({{"layer", head.layer.value}, {"head", head.head}, {"copied", head.copied}});
  }
  Json cells = Json::array();
  for (const NeedleCell& cell : result.cells) {
    Json entry = {{"length", cell.length},
                  {"depth", cell.depth},
                  {"attention", result.attentions[static_cast<std::size_t>(cell.attention)]}};
    for (const NeedleMeasure& measure : needle_measures) {
      entry[measure.key] = needle_estimate(cell.*measure.value);
    }
    cells.push_back(std::move(entry));
  }
  Json json = {{"corpus", report::to_json(result.corpus)},
               {"needles", result.needles},
               {"lengths", result.options.lengths},
               {"depths", result.options.depths},
               {"attentions", result.attentions},
               {"bootstrap_replicates", result.options.bootstrap_replicates},
               {"retrieval_heads", std::move(heads)},
               {"cells", std::move(cells)}};
  if (with_tokens) {
    Json haystacks = Json::array();
    for (std::size_t i = 0; i < result.haystacks.size(); ++i) {
      haystacks.push_back(haystack_json(result, i));
    }
    json["haystacks"] = std::move(haystacks);
  }
  return json;
}

}  // namespace

std::string needle_text(const NeedleReport& report) {
  std::string out = fmt::format("Needles in haystacks: {}\n", printable(report.model.name));
  for (const NeedleResult& result : report.corpora) {
    out += fmt::format("\n{}: {}\n\n", printable(result.corpus.name),
                       counted(std::ssize(result.needles), "needle"));
    out += cells_table(result);
    for (std::size_t a = 1; a < result.attentions.size(); ++a) {
      if (display_width(printable(result.attentions[a])) > 16) {
        out += wrap(fmt::format("variant {}: {}", a, printable(result.attentions[a])));
      }
    }
    out += '\n' + heads_text(result) + needle_sentences(result);
  }
  LabelList numbers;
  numbers.add("L, depth",
              "tokens of the haystack; the needle's place, 0 at its start, 1 at its end");
  numbers.add("loss",
              "of the answer's tokens when the needle's first words stand again at the end; "
              "mean of -ln p, nats");
  numbers.add("change", "less exact attention's loss; [low, high]: 95 % bootstrap over needles");
  numbers.add("mass",
              "attention weight on the needle, mean over the retrieval heads and over the "
              "positions that predict the answer's tokens");
  numbers.add("rank",
              "place of the token to be copied among all keys by weight, likewise; 1: first");
  numbers.add("hits", "share of them where that rank is 1");
  return out + "\nWhat the numbers are\n" + numbers.render(2);
}

std::string needle_json(const NeedleReport& report) {
  Json root = {{"schema", "aqua-needle"}, {"schema_version", 1}};
  root["provenance"] = to_json(report.provenance);
  root["model"] = to_json(report.model);
  root["needles_file"] = report.needles_file;
  Json fitted = Json::array();
  for (const CorpusFacts& corpus : report.fitted_on) fitted.push_back(to_json(corpus));
  root["calibration"] = {
      {"file", report.calibration.empty() ? Json(nullptr) : Json(report.calibration)},
      {"fitted_on", std::move(fitted)}};
  for (const NeedleMeasure& measure : needle_measures) {
    root["measures"][measure.key] = measure.definition;
  }
  root["corpora"] = Json::array();
  for (const NeedleResult& result : report.corpora) {
    root["corpora"].push_back(result_json(result, report.with_tokens));
  }
  return dump_line(root);
}

std::string needle_csv(const NeedleReport& report) {
  std::string out = "corpus,length,depth,attention,measure,value,low,high\n";
  for (const NeedleResult& result : report.corpora) {
    for (const NeedleCell& cell : result.cells) {
      for (const NeedleMeasure& measure : needle_measures) {
        const Estimate& estimate = cell.*measure.value;
        out += csv_line(
            {csv_field(result.corpus.name), fmt::format("{}", cell.length), csv_number(cell.depth),
             csv_field(result.attentions[static_cast<std::size_t>(cell.attention)]), measure.key,
             csv_number(estimate.value), estimate.low ? csv_number(*estimate.low) : "",
             estimate.high ? csv_number(*estimate.high) : ""});
      }
    }
  }
  return out;
}

}  // namespace aqua::report

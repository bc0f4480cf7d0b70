#include "aqua/report/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "aqua/report/numbers.hpp"
#include "aqua/report/table.hpp"
#include "provenance_json.hpp"
#include "retention_index.hpp"

namespace aqua::report {
namespace {

constexpr int64_t most_listed_heads = 8;

double at(const analysis::LossCurves& curves, int64_t layer, int64_t kv_head, int64_t k) {
  return curves.values(curves.row(layer, kv_head), k / curves.step - 1);
}

struct LayerLoss {
  double plan = 0.0;
  double uniform = 0.0;
};

LayerLoss layer_loss(const PlanReport& report, int64_t layer) {
  LayerLoss loss;
  const std::vector<int64_t>& k = report.plan.k[static_cast<std::size_t>(layer)];
  for (std::size_t g = 0; g < k.size(); ++g) {
    const auto head = static_cast<int64_t>(g);
    loss.plan += at(report.curves, layer, head, k[g]) / static_cast<double>(k.size());
    loss.uniform +=
        at(report.curves, layer, head, report.uniform_k) / static_cast<double>(k.size());
  }
  return loss;
}

LayerLoss model_loss(const PlanReport& report) {
  LayerLoss sum;
  for (int64_t layer = 0; layer < report.plan.layers(); ++layer) {
    const LayerLoss loss = layer_loss(report, layer);
    sum.plan += loss.plan / static_cast<double>(report.plan.layers());
    sum.uniform += loss.uniform / static_cast<double>(report.plan.layers());
  }
  return sum;
}

int64_t uniform_total(const PlanReport& report) {
  return report.uniform_k * report.plan.layers() * report.model.heads.kv_heads;
}

std::string list_text(const std::vector<int64_t>& k) {
  if (std::ssize(k) > most_listed_heads) return "see the plan file";
  std::string out;
  for (const int64_t value : k) out += fmt::format("{}{}", out.empty() ? "" : " ", value);
  return out;
}

std::string layers_table(const PlanReport& report) {
  Table table({{"layer", Align::right},
               {"mean\nk/d", Align::right},
               {"least\nk", Align::right},
               {"most\nk", Align::right},
               {"loss with\nthe plan", Align::right},
               {fmt::format("with k = {}\nfor all", report.uniform_k), Align::right},
               {"k by KV head", Align::left}});
  for (int64_t layer = 0; layer < report.plan.layers(); ++layer) {
    const std::vector<int64_t>& k = report.plan.k[static_cast<std::size_t>(layer)];
    int64_t sum = 0;
    for (const int64_t value : k) sum += value;
    const LayerLoss loss = layer_loss(report, layer);
    table.add_row({fmt::format("{}", layer),
                   fixed(static_cast<double>(sum) /
                             static_cast<double>(std::ssize(k) * report.model.heads.head_dim),
                         3),
                   fmt::format("{}", *std::ranges::min_element(k)),
                   fmt::format("{}", *std::ranges::max_element(k)), fixed(loss.plan, 5),
                   fixed(loss.uniform, 5), list_text(k)});
  }
  return table.render();
}

std::string difference_text(const analysis::Estimate& difference) {
  std::string text = fmt::format("{:+.5f}", difference.value);
  if (difference.low && difference.high) {
    text += fmt::format(" [{:+.5f}, {:+.5f}]", *difference.low, *difference.high);
  }
  return text;
}

std::string evaluation_table(const PlanReport& report, const PlanEvaluation& evaluation) {
  Table table({{"measure", Align::left},
               {fmt::format("k = {}\nfor all", report.uniform_k), Align::right},
               {"the plan", Align::right},
               {"plan - uniform", Align::left}});
  for (const PlanEvaluation::Row& row : evaluation.rows) {
    table.add_row({std::string(info_of(row.measure).label), fixed(row.uniform.value, 5),
                   fixed(row.plan.value, 5), difference_text(row.difference)});
  }
  return table.render();
}

/// "better", "worse" or "no different", by the interval of the objective's difference.
std::string verdict(const PlanReport& report, const PlanEvaluation& evaluation) {
  for (const PlanEvaluation::Row& row : evaluation.rows) {
    if (row.measure != report.curves.measure) continue;
    const analysis::Estimate& difference = row.difference;
    if (!difference.low || !difference.high) return "";
    const bool apart = *difference.low > 0.0 || *difference.high < 0.0;
    const double change = difference.value / row.uniform.value;
    return wrap(fmt::format("On {}, {} is {} {} with the plan; the difference is {}.",
                            printable(evaluation.corpus.name), info_of(row.measure).label,
                            percent(std::abs(change)), change < 0.0 ? "lower" : "higher",
                            apart ? "beyond what chance in the choice of documents explains"
                                  : "within what chance in the choice of documents explains"));
  }
  return "";
}

std::string spent_text(const PlanReport& report) {
  const int64_t all =
      report.plan.layers() * report.model.heads.kv_heads * report.model.heads.head_dim;
  return fmt::format("{} of {} dimensions, mean k/d {:.4g}; with k = {} for all {}",
                     grouped(report.plan.kept()), grouped(all), report.plan.mean_k_ratio(),
                     report.uniform_k, grouped(uniform_total(report)));
}

Json estimate(const analysis::Estimate& value) {
  return {{"value", number(value.value)},
          {"low", value.low ? number(*value.low) : Json(nullptr)},
          {"high", value.high ? number(*value.high) : Json(nullptr)}};
}

}  // namespace

std::string plan_text(const PlanReport& report) {
  const projection::PlanChoice& choice = report.plan.choice;
  std::string out = fmt::format("Plan for {}\n\n", printable(report.model.name));
  LabelList facts;
  facts.add("plan file", printable(report.file));
  facts.add("kept", spent_text(report));
  facts.add("asked for", choice.budget ? fmt::format("a mean k/d of at most {:.4g}", *choice.budget)
                                       : fmt::format("a mean loss of at most {:.4g}",
                                                     choice.loss_limit.value_or(0.0)));
  facts.add("loss", std::string(info_of(report.curves.measure).definition));
  facts.add("method", choice.method == "greedy" ? "greedy, exact as every head's curve is convex"
                                                : "dynamic programming, exact for any curves");
  facts.add("basis", fmt::format("{} ({}), {} selection", choice.basis,
                                 report.calibration.empty() ? "fitted in this run"
                                                            : printable(report.calibration),
                                 choice.selection));
  for (std::size_t i = 0; i < report.chosen_on.size(); ++i) {
    const CorpusFacts& corpus = report.chosen_on[i];
    facts.add(i == 0 ? "chosen on" : "",
              fmt::format("{}: {}, {}", printable(corpus.name), counted(corpus.tokens, "token"),
                          counted(corpus.documents, "document")));
  }
  out += facts.render();
  out += "\nBy layer, on the text of the choice\n\n" + layers_table(report);
  const LayerLoss loss = model_loss(report);
  out += '\n' + wrap(fmt::format("All heads: {} with the plan, {} with k = {} for all.",
                                 fixed(loss.plan, 5), fixed(loss.uniform, 5), report.uniform_k));
  for (const PlanEvaluation& evaluation : report.evaluations) {
    out +=
        fmt::format("\nOn text not used for choosing: {}, {}\n\n",
                    printable(evaluation.corpus.name), counted(evaluation.documents, "document"));
    out += evaluation_table(report, evaluation);
    const std::string sentence = verdict(report, evaluation);
    if (!sentence.empty()) out += '\n' + sentence;
  }
  if (report.bootstrap_replicates > 0 && !report.evaluations.empty()) {
    out += '\n' + wrap(fmt::format(
                      "Values are means over layers and heads; [low, high]: 95 % percentile "
                      "bootstrap over documents of the paired difference, {}. Of top-1 agreement "
                      "more is better, of all others less.",
                      counted(report.bootstrap_replicates, "replicate")));
  }
  return out;
}

std::string plan_json(const PlanReport& report) {
  const projection::PlanChoice& choice = report.plan.choice;
  const auto optional = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  Json layers = Json::array();
  for (int64_t layer = 0; layer < report.plan.layers(); ++layer) {
    const LayerLoss loss = layer_loss(report, layer);
    Json curves = Json::array();
    for (int64_t g = 0; g < report.model.heads.kv_heads; ++g) {
      Json curve = Json::array();
      for (const double value : report.curves.values.row(report.curves.row(layer, g))) {
        curve.push_back(number(value));
      }
      curves.push_back(std::move(curve));
    }
    layers.push_back({{"layer", layer},
                      {"k", report.plan.k[static_cast<std::size_t>(layer)]},
                      {"loss", number(loss.plan)},
                      {"uniform_loss", number(loss.uniform)},
                      {"curves", std::move(curves)}});
  }
  Json chosen_on = Json::array();
  for (const CorpusFacts& corpus : report.chosen_on) chosen_on.push_back(to_json(corpus));
  Json evaluations = Json::array();
  for (const PlanEvaluation& evaluation : report.evaluations) {
    Json measured = Json::object();
    for (const PlanEvaluation::Row& row : evaluation.rows) {
      measured[std::string(info_of(row.measure).key)] = {{"uniform", estimate(row.uniform)},
                                                         {"plan", estimate(row.plan)},
                                                         {"difference", estimate(row.difference)}};
    }
    evaluations.push_back({{"corpus", to_json(evaluation.corpus)},
                           {"documents", evaluation.documents},
                           {"measures", std::move(measured)}});
  }
  const LayerLoss loss = model_loss(report);
  Json root = {{"schema", "aqua-plan-report"}, {"schema_version", 1}};
  root["provenance"] = to_json(report.provenance);
  root["model"] = to_json(report.model);
  root["plan_file"] = report.file;
  root["calibration"] = report.calibration.empty() ? Json(nullptr) : Json(report.calibration);
  root["choice"] = {{"basis", choice.basis},
                    {"selection", choice.selection},
                    {"objective", choice.objective},
                    {"method", choice.method},
                    {"budget", optional(choice.budget)},
                    {"loss_limit", optional(choice.loss_limit)},
                    {"step", report.curves.step},
                    {"chosen_on", std::move(chosen_on)}};
  root["plan"] = {{"kept", report.plan.kept()},
                  {"mean_k_ratio", report.plan.mean_k_ratio()},
                  {"loss", number(loss.plan)}};
  root["uniform"] = {
      {"k", report.uniform_k}, {"kept", uniform_total(report)}, {"loss", number(loss.uniform)}};
  root["layers"] = std::move(layers);
  root["bootstrap_replicates"] = report.bootstrap_replicates;
  root["evaluations"] = std::move(evaluations);
  return dump_line(root);
}

}  // namespace aqua::report

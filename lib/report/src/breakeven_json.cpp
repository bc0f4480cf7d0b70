#include <fmt/format.h>

#include "aqua/report/breakeven.hpp"
#include "breakeven_costs.hpp"
#include "csv.hpp"
#include "provenance_json.hpp"

namespace aqua::report {
namespace {

using analysis::BreakevenSetting;
using analysis::Crossing;
using analysis::LengthResult;
using analysis::StepTime;

Json step_json(const StepTime& time) {
  return {{"median_seconds", number(time.median)},
          {"low_seconds", number(time.low)},
          {"high_seconds", number(time.high)},
          {"bytes", number(time.bytes)},
          {"bandwidth_share", number(time.bandwidth)}};
}

Json length_or_null(const std::optional<double>& value) {
  return value ? number(*value) : Json(nullptr);
}

Json setting_json(const BreakevenSetting& setting, const Crossing& crossing) {
  return {{"k_ratio", setting.k_ratio},
          {"s_ratio", setting.s_ratio},
          {"stored", setting.stored},
          {"k", setting.k},
          {"overhead_multiply_adds", setting.overhead},
          {"formula_length", number(setting.formula_length)},
          {"measured_length", length_or_null(crossing.length)},
          {"measured_low", length_or_null(crossing.low)},
          {"measured_high", length_or_null(crossing.high)},
          {"repeats_crossing", crossing.repeats_crossing},
          {"faster_from_the_start", crossing.from_the_start}};
}

Json length_json(const LengthResult& at, int64_t cache) {
  Json aqua = Json::array();
  for (const StepTime& time : at.aqua) aqua.push_back(step_json(time));
  return {{"length", at.length},
          {"kv_bytes", at.kv_bytes},
          {"layers_in_turn", at.layers_in_turn},
          {"working_set_bytes", at.working_set},
          {"in_last_level_cache", cache > 0 ? Json(at.working_set <= cache) : Json(nullptr)},
          {"stream_bytes_per_second", number(at.stream)},
          {"standard",
           {{"by_token", step_json(at.standard_tokens)},
            {"by_dimension", step_json(at.standard_blocks)},
            {"compared", at.blocks_win ? "by_dimension" : "by_token"}}},
          {"aqua", std::move(aqua)}};
}

}  // namespace

std::string breakeven_json(const BreakevenReport& report) {
  const analysis::BreakevenResult& result = report.result;
  const HeadLayout& heads = result.options.heads;
  Json settings = Json::array();
  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    settings.push_back(setting_json(result.settings[s], result.crossings[s]));
  }
  Json lengths = Json::array();
  for (const LengthResult& at : result.lengths) {
    lengths.push_back(length_json(at, result.last_level_cache));
  }
  Json costs = Json::array();
  for (const CostRow& row : cost_rows(report)) {
    costs.push_back({{"attention", row.label},
                     {"query_heads", row.heads.query_heads},
                     {"kv_heads", row.heads.kv_heads},
                     {"linear_multiply_adds", row.linear},
                     {"attention_multiply_adds", row.attention},
                     {"cache_bytes_float16", row.cache_bytes}});
  }
  Json root = {{"schema", "aqua-breakeven"}, {"schema_version", 1}};
  root["provenance"] = to_json(report.provenance);
  root["model"] = {{"name", report.model.empty() ? Json(nullptr) : Json(report.model)},
                   {"query_heads", heads.query_heads},
                   {"kv_heads", heads.kv_heads},
                   {"head_dim", heads.head_dim},
                   {"hidden_size", report.hidden_size},
                   {"layers", result.options.layers}};
  root["machine"] = {{"cpu", report.cpu},
                     {"instructions", result.instructions},
                     {"last_level_cache_bytes",
                      result.last_level_cache > 0 ? Json(result.last_level_cache) : Json(nullptr)},
                     {"threads", 1}};
  root["repeats"] = result.options.repeats;
  root["settings"] = std::move(settings);
  root["lengths"] = std::move(lengths);
  root["costs"] = std::move(costs);
  return dump_line(root);
}

std::string breakeven_csv(const BreakevenReport& report) {
  std::string out =
      "length,attention,k_ratio,s_ratio,median_seconds,low_seconds,high_seconds,bytes,"
      "bandwidth_share\n";
  for (const LengthResult& at : report.result.lengths) {
    const auto add = [&](const std::string& name, std::string k_ratio, std::string s_ratio,
                         const StepTime& time) {
      out += csv_line({fmt::format("{}", at.length), name, std::move(k_ratio), std::move(s_ratio),
                       csv_number(time.median), csv_number(time.low), csv_number(time.high),
                       csv_number(time.bytes), csv_number(time.bandwidth)});
    };
    add("standard-tokens", "", "", at.standard_tokens);
    add("standard-blocks", "", "", at.standard_blocks);
    for (std::size_t s = 0; s < at.aqua.size(); ++s) {
      const BreakevenSetting& setting = report.result.settings[s];
      add("aqua", csv_number(setting.k_ratio), csv_number(setting.s_ratio), at.aqua[s]);
    }
  }
  return out;
}

}  // namespace aqua::report

#include "commands/merge.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "aqua/analysis/merge.hpp"
#include "aqua/core/error.hpp"
#include "aqua/report/describe.hpp"
#include "common/fit.hpp"
#include "common/output.hpp"
#include "common/runtime.hpp"

namespace aqua::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// What the merge was asked for, and how each part had been made.
std::string options_with_parts(const std::string& effective,
                               const std::vector<analysis::NamedCalibration>& parts) {
  Json options = Json::parse(effective);
  Json list = Json::array();
  for (const auto& [file, calibration] : parts) {
    const Provenance& made = calibration.provenance;
    list.push_back({{"file", file},
                    {"tool_version", made.tool_version},
                    {"command", made.command},
                    {"date", made.date},
                    {"options", Json::parse(made.options_json, nullptr, false)}});
  }
  options["parts"] = std::move(list);
  return options.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Command setup_merge(CLI::App& parent) {
  auto options = std::make_shared<MergeOptions>();
  CLI::App* app = parent.add_subcommand(
      "merge", "Combine calibrations of one model, such as shards, into that of all their text");
  app->add_option("inputs", options->inputs, "calibration files, two or more")
      ->option_text("CAL...")
      ->required();
  app->add_option("-o,--output", options->output, "calibration file to write")
      ->option_text("FILE")
      ->required();
  add_compute_options(*app, options->compute);
  add_common_options(*app, options->common);
  app->footer(
      "Example:\n"
      "  aqua calibrate -m llama -c en=en.txt --shard 1/2 -o 1.aqua.h5\n"
      "  aqua calibrate -m llama -c en=en.txt --shard 2/2 -o 2.aqua.h5\n"
      "  aqua merge 1.aqua.h5 2.aqua.h5 -o llama.aqua.h5");
  return {app, &options->common, [options] { run_merge(*options); }};
}

void run_merge(const MergeOptions& options) {
  const fs::path output = options.output;
  for (const std::string& input : options.inputs) {
    std::error_code ignored;
    if (fs::equivalent(output, input, ignored)) {
      fail<UsageError>("{}: the result would replace one of its parts; choose another --output",
                       output.string());
    }
  }
  require_writable(output);
  Runtime runtime(options.common, options.compute);
  std::vector<analysis::NamedCalibration> parts;
  for (const std::string& input : options.inputs) {
    parts.push_back({input, store::read_calibration(input)});
    require_same_model(input, parts.back().calibration.model, parts.front().calibration.model);
  }
  Provenance provenance = runtime.provenance({});
  provenance.options_json = options_with_parts(provenance.options_json, parts);
  const auto count = static_cast<int64_t>(parts.size());
  const store::Calibration merged =
      analysis::merge(std::move(parts), std::move(provenance), runtime.execution());
  store::write_calibration(output, merged);

  report::Summary result = report::describe_calibration(output, merged);
  result.schema = "aqua-merge";
  result.title = fmt::format("Merged {} calibrations of {}", count, merged.model.name);
  for (report::Section& section : result.sections) {
    section.in_text = section.key == "corpora" || section.key == "spectrum";
  }
  result.sections.insert(result.sections.begin(),
                         {.key = "output",
                          .title = "",
                          .facts = {{"file", "calibration file", output.string()},
                                    {"bytes", "size", static_cast<int64_t>(fs::file_size(output)),
                                     report::Style::bytes},
                                    {"parts", "parts", count}}});
  result.next = {{"whether the file is sound", fmt::format("aqua verify {}", output.string())}};
  print_result(options.common.json ? to_json(result) : to_text(result));
}

}  // namespace aqua::tools

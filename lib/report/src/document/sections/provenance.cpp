// How every input was made, so that it can be made again.
#include <fmt/format.h>

#include "../result_members.hpp"
#include "../sections.hpp"
#include "aqua/formats/json_file.hpp"

namespace aqua::report::document {
namespace {

struct Origin {
  std::string tool_version, command, date, kernels;
  std::string seed, threads;
  const ResultJson* options = nullptr;  ///< in the input; null: in `parsed`
  ResultJson parsed;
};

Origin origin_of(const Input& input) {
  if (input.calibration) {
    const Provenance& made = input.calibration->provenance;
    return {.tool_version = made.tool_version,
            .command = made.command,
            .date = made.date,
            .kernels = made.kernels,
            .seed = std::to_string(made.seed),
            .threads = std::to_string(made.threads),
            .parsed = ResultJson::parse(made.options_json, nullptr, /*allow_exceptions=*/false)};
  }
  const std::string context = fmt::format("{}: \"provenance\"", input.path);
  const ResultJson& made = object_member(input.json, "provenance", input.path);
  return {.tool_version = text_member(made, "tool_version", context),
          .command = text_member(made, "command", context),
          .date = text_member(made, "date", context),
          .kernels = text_member(made, "kernels", context),
          .seed = std::to_string(formats::json_value<uint64_t>(made, "seed", context)),
          .threads = std::to_string(formats::json_value<int64_t>(made, "threads", context)),
          .options = made.contains("options") ? &made.at("options") : nullptr,
          .parsed = nullptr};
}

/// A string as it is, a number as JSON writes it; options hold nothing deeper than a list.
std::string scalar_text(const ResultJson& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_structured() ? "…" : value.dump();
}

/// A list as "a, b".
std::string option_text(const ResultJson& value) {
  if (!value.is_array()) return scalar_text(value);
  std::string text;
  for (const ResultJson& item : value) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", scalar_text(item));
  }
  return text;
}

}  // namespace

std::vector<Section> provenance_section(const Inputs& inputs) {
  Grid files{.caption = "Files behind this report",
             .header = {"file", "holds", "made by", "date", "kernels", "threads", "seed",
                        "sha256, first 12"},
             .rows = {}};
  Grid options{
      .caption = "Paths, digests and options", .header = {"file", "option", "value"}, .rows = {}};
  for (const Input& input : inputs) {
    const Origin origin = origin_of(input);
    files.rows.push_back({{.text = file_name(input)},
                          {.text = input.schema},
                          {.text = fmt::format("{} ({})", origin.tool_version, origin.command)},
                          {.text = origin.date},
                          {.text = origin.kernels},
                          {.text = origin.threads},
                          {.text = origin.seed},
                          {.text = input.sha256.substr(0, 12)}});
    options.rows.push_back({{.text = file_name(input)}, {.text = "path"}, {.text = input.path}});
    options.rows.push_back(
        {{.text = file_name(input)}, {.text = "sha256"}, {.text = input.sha256}});
    const ResultJson& made_with = origin.options == nullptr ? origin.parsed : *origin.options;
    if (!made_with.is_object()) continue;
    for (const auto& [key, value] : made_with.items()) {
      options.rows.push_back(
          {{.text = file_name(input)}, {.text = key}, {.text = option_text(value)}});
    }
  }
  Section section{.id = "provenance", .title = "Provenance", .blocks = {}};
  section.blocks.emplace_back(std::move(files));
  if (!options.rows.empty()) section.blocks.emplace_back(Folded{std::move(options)});
  return {std::move(section)};
}

}  // namespace aqua::report::document

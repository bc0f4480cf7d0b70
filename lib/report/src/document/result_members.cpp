#include "result_members.hpp"

#include <fmt/format.h>

#include <limits>

#include "aqua/formats/json_file.hpp"
#include "aqua/report/numbers.hpp"

namespace aqua::report::document {
namespace {

std::string key_context(std::string_view context, std::string_view key) {
  return fmt::format("{}: \"{}\"", context, key);
}

/// Parts that a result does not have are left out.
std::string layout_text(const std::string& architecture, int64_t layers, int64_t query_heads,
                        int64_t kv_heads, int64_t head_dim) {
  return fmt::format("{}{}{}, {}, {}, d = {}", architecture, architecture.empty() ? "" : ", ",
                     counted(layers, "layer"), counted(query_heads, "query head"),
                     counted(kv_heads, "KV head"), head_dim);
}

}  // namespace

const ResultJson& member(const ResultJson& object, std::string_view key, std::string_view context) {
  const ResultJson* found = formats::detail::find_json(object, key, context);
  if (found == nullptr) fail<FormatError>("{}: \"{}\" is missing", context, key);
  return *found;
}

const ResultJson& list_member(const ResultJson& object, std::string_view key,
                              std::string_view context) {
  const ResultJson& found = member(object, key, context);
  if (!found.is_array())
    formats::detail::fail_json_type(key_context(context, key), "a list", found);
  return found;
}

const ResultJson& object_member(const ResultJson& object, std::string_view key,
                                std::string_view context) {
  const ResultJson& found = member(object, key, context);
  if (!found.is_object())
    formats::detail::fail_json_type(key_context(context, key), "an object", found);
  return found;
}

double number_or_nan(const ResultJson& value, std::string_view context) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  return formats::json_as<double>(value, context);
}

double number_member(const ResultJson& object, std::string_view key, std::string_view context) {
  return number_or_nan(member(object, key, context), key_context(context, key));
}

std::string text_member(const ResultJson& object, std::string_view key, std::string_view context) {
  return formats::json_value<std::string>(object, key, context);
}

int64_t integer_member(const ResultJson& object, std::string_view key, std::string_view context) {
  return formats::json_value<int64_t>(object, key, context);
}

EstimateNumbers estimate_of(const ResultJson& estimate, std::string_view context) {
  return {.value = number_member(estimate, "value", context),
          .low = number_member(estimate, "low", context),
          .high = number_member(estimate, "high", context)};
}

Cell estimate_cell(const EstimateNumbers& estimate) {
  return number_cell(estimate.value, estimate.low, estimate.high);
}

std::vector<ListItem> items_of(const ResultJson& object, std::string_view key,
                               std::string_view context) {
  std::vector<ListItem> items;
  for (const ResultJson& item : list_member(object, key, context)) {
    items.push_back({item, fmt::format("{}: \"{}\"[{}]", context, key, items.size())});
  }
  return items;
}

void put_estimate(Cube& cube, std::size_t at, const ResultJson& estimate,
                  std::string_view context) {
  cube.values[at] = number_member(estimate, "value", context);
  cube.low[at] = number_member(estimate, "low", context);
  cube.high[at] = number_member(estimate, "high", context);
}

std::string model_name(const Input& input) {
  if (input.calibration) return input.calibration->model.name;
  const auto model = input.json.find("model");
  if (model == input.json.end() || !model->is_object()) return "";
  return formats::json_value_or<std::string>(*model, "name", key_context(input.path, "model"), "");
}

std::string model_text(const Input& input) {
  if (input.calibration) {
    const capture::ModelFacts& model = input.calibration->model;
    return layout_text(model.architecture, model.layers, model.heads.query_heads,
                       model.heads.kv_heads, model.heads.head_dim);
  }
  const ResultJson& model = object_member(input.json, "model", input.path);
  const std::string context = key_context(input.path, "model");
  return layout_text(
      formats::json_value_or<std::string>(model, "architecture", context, ""),
      integer_member(model, "layers", context), integer_member(model, "query_heads", context),
      integer_member(model, "kv_heads", context), integer_member(model, "head_dim", context));
}

std::string corpus_text(const ResultJson& corpus, std::string_view context) {
  return fmt::format("{} ({}, {})", text_member(corpus, "name", context),
                     counted(integer_member(corpus, "documents", context), "document"),
                     counted(integer_member(corpus, "tokens", context), "token"));
}

std::string file_name(const Input& input) {
  return std::filesystem::path(input.path).filename().string();
}

std::string title_suffix(const Input& input, std::size_t inputs) {
  return inputs > 1 ? fmt::format(" ({})", file_name(input)) : "";
}

std::string numbered_id(std::string_view id, std::size_t index) {
  return index == 0 ? std::string(id) : fmt::format("{}-{}", id, index + 1);
}

std::vector<Section> section_of_each(const Inputs& inputs, std::string_view schema,
                                     SectionMaker make) {
  std::vector<Section> sections;
  const auto found = of_schema(inputs, schema);
  for (const Input* input : found) {
    sections.push_back(make(*input, sections.size(), title_suffix(*input, found.size())));
  }
  return sections;
}

}  // namespace aqua::report::document

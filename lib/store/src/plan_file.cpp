#include "aqua/store/plan_file.hpp"

#include <cmath>
#include <limits>

#include "aqua/core/atomic_file.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/formats/mapped_file.hpp"

namespace aqua::store {
namespace {

using Json = nlohmann::ordered_json;
using formats::json_value;
using formats::json_value_or;
using nlohmann::json;

constexpr std::string_view plan_format = "aqua-plan";
constexpr int64_t plan_version = 1;

Json optional_number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json model_json(const capture::ModelFacts& model) {
  return {{"name", model.name},
          {"architecture", model.architecture},
          {"sha256", model.sha256},
          {"layers", model.layers},
          {"query_heads", model.heads.query_heads},
          {"kv_heads", model.heads.kv_heads},
          {"head_dim", model.heads.head_dim},
          {"hidden_size", model.hidden_size},
          {"vocabulary", model.vocabulary},
          {"rope_layout", name(model.rope_layout)}};
}

Json choice_json(const projection::PlanChoice& choice) {
  return {{"basis", choice.basis},
          {"selection", choice.selection},
          {"objective", choice.objective},
          {"method", choice.method},
          {"budget", optional_number(choice.budget)},
          {"loss_limit", optional_number(choice.loss_limit)},
          {"loss", choice.loss}};
}

Json provenance_json(const Provenance& provenance) {
  Json options = Json::parse(provenance.options_json, nullptr, /*allow_exceptions=*/false);
  Json corpora = Json::array();
  for (const CorpusFacts& corpus : provenance.corpora) {
    corpora.push_back({{"name", corpus.name},
                       {"path", corpus.path},
                       {"sha256", corpus.sha256},
                       {"documents", corpus.documents},
                       {"tokens", corpus.tokens}});
  }
  return {{"tool_version", provenance.tool_version},
          {"command", provenance.command},
          {"options", options.is_object() ? std::move(options) : Json::object()},
          {"date", provenance.date},
          {"kernels", provenance.kernels},
          {"seed", provenance.seed},
          {"threads", provenance.threads},
          {"corpora", std::move(corpora)}};
}

std::string line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void check_agreement(const PlanFile& file, std::string_view context) {
  validate(file.plan, context);
  if (file.plan.heads != file.model.heads) {
    fail<FormatError>("{}: the plan's head layout differs from its model's", context);
  }
  if (file.plan.layers() != file.model.layers) {
    fail<FormatError>("{}: \"layers\": expected {}, as the model has, found {}", context,
                      file.model.layers, file.plan.layers());
  }
}

int64_t positive(const json& object, std::string_view key, std::string_view context) {
  const auto value = json_value<int64_t>(object, key, context);
  if (value < 1 || value > std::numeric_limits<int32_t>::max()) {
    fail<FormatError>("{}: \"{}\": expected 1 to {}, found {}", context, key,
                      std::numeric_limits<int32_t>::max(), value);
  }
  return value;
}

capture::ModelFacts read_model(const json& object, std::string_view context) {
  capture::ModelFacts model;
  model.name = json_value<std::string>(object, "name", context);
  model.architecture = json_value_or<std::string>(object, "architecture", context, "");
  model.sha256 = json_value<std::string>(object, "sha256", context);
  model.layers = positive(object, "layers", context);
  model.heads = {.query_heads = positive(object, "query_heads", context),
                 .kv_heads = positive(object, "kv_heads", context),
                 .head_dim = positive(object, "head_dim", context)};
  validate(model.heads, context);
  model.hidden_size = json_value_or<int64_t>(object, "hidden_size", context, 0);
  model.vocabulary = json_value_or<int64_t>(object, "vocabulary", context, 0);
  const auto layout = json_value_or<std::string>(object, "rope_layout", context, "half");
  for (const capture::RopeLayout known :
       {capture::RopeLayout::none, capture::RopeLayout::half, capture::RopeLayout::interleaved}) {
    if (layout == name(known)) {
      model.rope_layout = known;
      return model;
    }
  }
  fail<FormatError>("{}: \"rope_layout\": expected none, half or interleaved, found \"{}\"",
                    context, layout);
}

std::optional<double> read_optional(const json& object, std::string_view key,
                                    std::string_view context) {
  const auto value = json_value_or<double>(object, key, context, std::nan(""));
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

projection::PlanChoice read_choice(const json& object, std::string_view context) {
  projection::PlanChoice choice;
  choice.basis = json_value<std::string>(object, "basis", context);
  choice.selection = json_value<std::string>(object, "selection", context);
  if (choice.selection != "dynamic" && choice.selection != "static") {
    fail<FormatError>("{}: \"selection\": expected dynamic or static, found \"{}\"", context,
                      choice.selection);
  }
  choice.objective = json_value_or<std::string>(object, "objective", context, "");
  choice.method = json_value_or<std::string>(object, "method", context, "");
  choice.budget = read_optional(object, "budget", context);
  choice.loss_limit = read_optional(object, "loss_limit", context);
  choice.loss = json_value_or<double>(object, "loss", context, 0.0);
  return choice;
}

std::vector<std::vector<int64_t>> read_layers(const std::vector<json>& list,
                                              const std::string& context) {
  std::vector<std::vector<int64_t>> k;
  for (const json& entry : list) {
    const std::string place = fmt::format("{}: \"layers\"[{}]", context, k.size());
    const auto layer = json_value<int64_t>(entry, "layer", place);
    if (layer != std::ssize(k)) {
      fail<FormatError>("{}: \"layer\": expected {}, found {}", place, k.size(), layer);
    }
    k.push_back(json_value<std::vector<int64_t>>(entry, "k", place));
  }
  return k;
}

Provenance read_provenance(const json& object, std::string_view context) {
  Provenance provenance;
  provenance.tool_version = json_value_or<std::string>(object, "tool_version", context, "");
  provenance.command = json_value_or<std::string>(object, "command", context, "");
  // ordered_json would keep the order of options; json sorts them, which is as good to read.
  provenance.options_json = json_value_or<json>(object, "options", context, json::object())
                                .dump(-1, ' ', false, json::error_handler_t::replace);
  provenance.date = json_value_or<std::string>(object, "date", context, "");
  provenance.kernels = json_value_or<std::string>(object, "kernels", context, "");
  provenance.seed = json_value_or<uint64_t>(object, "seed", context, 0);
  provenance.threads = json_value_or<int>(object, "threads", context, 0);
  const auto corpora = json_value_or<std::vector<json>>(object, "corpora", context, {});
  for (std::size_t i = 0; i < corpora.size(); ++i) {
    const std::string place = fmt::format("{}: \"corpora\"[{}]", context, i);
    provenance.corpora.push_back(
        {.name = json_value<std::string>(corpora[i], "name", place),
         .path = json_value_or<std::string>(corpora[i], "path", place, ""),
         .sha256 = json_value_or<std::string>(corpora[i], "sha256", place, ""),
         .documents = json_value_or<int64_t>(corpora[i], "documents", place, 0),
         .tokens = json_value_or<int64_t>(corpora[i], "tokens", place, 0)});
  }
  return provenance;
}

std::string layout_text(const capture::ModelFacts& model) {
  return fmt::format("{} layers, {} query heads, {} KV heads, head dimension {}", model.layers,
                     model.heads.query_heads, model.heads.kv_heads, model.heads.head_dim);
}

}  // namespace

void write_plan(const std::filesystem::path& path, const PlanFile& file) {
  check_agreement(file, path.string());
  std::string text = "{\n";
  const auto member = [&](std::string_view key, const std::string& value) {
    text += fmt::format("{} \"{}\": {}", text.size() > 2 ? ",\n" : "", key, value);
  };
  member("format", line(Json(plan_format)));
  member("format_version", line(Json(plan_version)));
  member("model", line(model_json(file.model)));
  member("choice", line(choice_json(file.plan.choice)));
  std::string layers;
  for (std::size_t layer = 0; layer < file.plan.k.size(); ++layer) {
    layers += fmt::format("{}\n  {}", layer > 0 ? "," : "",
                          line({{"layer", layer}, {"k", file.plan.k[layer]}}));
  }
  member("layers", fmt::format("[{}\n ]", layers));
  member("provenance", line(provenance_json(file.provenance)));
  text += "\n}\n";
  AtomicFile output(path);
  output.write(text);
  output.commit();
}

PlanFile read_plan(const std::filesystem::path& path) {
  const formats::MappedFile mapped(path);
  const std::string context = path.string();
  const json root = formats::parse_json_unique(
      {reinterpret_cast<const char*>(mapped.bytes().data()), mapped.bytes().size()}, context);
  const auto format = json_value<std::string>(root, "format", context);
  if (format != plan_format) {
    fail<FormatError>("{}: \"format\": expected \"{}\", found {}", context, plan_format,
                      formats::json_excerpt(format));
  }
  const auto version = json_value<int64_t>(root, "format_version", context);
  if (version != plan_version) {
    fail<FormatError>(
        "{}: \"format_version\": expected {}, found {}: written by another version of "
        "aqua",
        context, plan_version, version);
  }
  const auto part = [&](std::string_view key) { return json_value<json>(root, key, context); };
  const auto place = [&](std::string_view key) { return fmt::format("{}: \"{}\"", context, key); };
  PlanFile file;
  file.model = read_model(part("model"), place("model"));
  file.plan.heads = file.model.heads;
  file.plan.choice = read_choice(part("choice"), place("choice"));
  file.plan.k = read_layers(json_value<std::vector<json>>(root, "layers", context), context);
  file.provenance = read_provenance(
      json_value_or<json>(root, "provenance", context, json::object()), place("provenance"));
  check_agreement(file, context);
  return file;
}

void require_model(const std::filesystem::path& file, const PlanFile& plan,
                   const capture::ModelFacts& model) {
  if (plan.model.layers != model.layers || plan.model.heads != model.heads) {
    fail<FormatError>("{}: planned for another model: expected {} ({}), found {} ({})",
                      file.string(), model.name, layout_text(model), plan.model.name,
                      layout_text(plan.model));
  }
  if (plan.model.sha256 != model.sha256) {
    fail<FormatError>(
        "{}: planned for other weights: expected {} (sha256 {}), found {} (sha256 {})",
        file.string(), model.name, model.sha256, plan.model.name, plan.model.sha256);
  }
}

}  // namespace aqua::store

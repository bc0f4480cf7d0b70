#include <fmt/format.h>

#include "aqua/core/checked.hpp"
#include "aqua/report/describe.hpp"
#include "facts.hpp"

namespace aqua::report {
namespace {

struct TensorTotals {
  int64_t bytes = 0;
  int64_t elements = 0;
  std::map<std::string, int64_t> arrays_by_type;
};

TensorTotals totals(const formats::TensorFile& file) {
  TensorTotals result;
  for (const std::string& name : file.names()) {
    const formats::Tensor& tensor = formats::require(file, name);
    result.bytes += static_cast<int64_t>(tensor.bytes.size());
    result.elements += checked_elements(tensor.shape, name);
    ++result.arrays_by_type[std::string(formats::name(tensor.dtype))];
  }
  return result;
}

std::string type_list(const TensorTotals& found) {
  std::string list;
  for (const auto& [type, count] : found.arrays_by_type) {
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", type, count);
  }
  return list;
}

Section arrays_section(const formats::TensorFile& file) {
  Section section{.key = "arrays",
                  .title = "Arrays",
                  .columns = {{"name", "name", Align::left},
                              {"dtype", "type", Align::left},
                              {"shape", "shape", Align::left},
                              {"bytes", "size", Align::right, Style::bytes}}};
  for (const std::string& name : file.names()) {
    const formats::Tensor& tensor = formats::require(file, name);
    section.rows.push_back({name, std::string(formats::name(tensor.dtype)), tensor.shape,
                            static_cast<int64_t>(tensor.bytes.size())});
  }
  return section;
}

}  // namespace

Summary describe_tensors(const std::filesystem::path& path, const formats::TensorFile& file) {
  const TensorTotals found = totals(file);
  const auto format = file.metadata().find("format");
  const bool projection = format != file.metadata().end() && format->second.starts_with("aqua");
  Section metadata{.key = "metadata", .title = "Metadata"};
  for (const auto& [key, value] : file.metadata()) {
    metadata.facts.push_back({key, printable(key), value});
  }
  Section content{.key = "content",
                  .title = "Content",
                  .facts = {{"arrays", "arrays", static_cast<int64_t>(file.names().size())},
                            {"elements", "elements", found.elements},
                            {"bytes", "size", found.bytes, Style::bytes},
                            {"dtypes", "types", type_list(found)},
                            {"files", "files", static_cast<int64_t>(file.files().size())}}};
  Summary summary{.schema = projection ? "aqua-inspect-projection" : "aqua-inspect-tensors",
                  .title = fmt::format("{}: {}", printable(path.string()),
                                       projection ? "AQUA projections" : "named arrays"),
                  .sections = {std::move(content)}};
  if (!metadata.facts.empty()) summary.sections.push_back(std::move(metadata));
  summary.sections.push_back(arrays_section(file));
  return summary;
}

Summary describe_checkpoint(const std::filesystem::path& folder, const CheckpointParts& parts) {
  const TensorTotals found = totals(parts.weights);
  Section model = model_section(parts.model.facts());
  const int64_t positions = parts.model.max_positions();
  model.facts.push_back({"max_positions", "positions", positions > 0 ? Value(positions) : Value()});
  model.facts.push_back({"parameters", "parameters", parts.model.parameters()});
  model.facts.push_back({"tokenizer_vocabulary", "tokenizer tokens", parts.tokenizer_vocabulary});
  Section weights{
      .key = "weights",
      .title = "Weights",
      .facts = {{"files", "files", static_cast<int64_t>(parts.weights.files().size())},
                {"arrays", "arrays", static_cast<int64_t>(parts.weights.names().size())},
                {"bytes", "size", found.bytes, Style::bytes},
                {"dtypes", "types", type_list(found)}}};
  return {.schema = "aqua-inspect-checkpoint",
          .title = fmt::format("{}: model checkpoint", printable(folder.string())),
          .sections = {std::move(model), std::move(weights)}};
}

}  // namespace aqua::report

#include "family.hpp"

#include <array>
#include <vector>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/model/model.hpp"
#include "aqua/model/supported.hpp"

namespace aqua::model {

std::span<const Family* const> families() {
#define AQUA_FAMILY_ADDRESS(name) &name##_family,
  static const auto all = std::to_array<const Family*>({AQUA_MODEL_FAMILIES(AQUA_FAMILY_ADDRESS)});
#undef AQUA_FAMILY_ADDRESS
  return all;
}

std::vector<std::string> supported_families() {
  std::vector<std::string> names;
  for (const Family* family : families()) names.emplace_back(family->model_type);
  return names;
}

std::vector<SupportedFamily> supported_model_families() {
  std::vector<SupportedFamily> all;
  for (const Family* family : families()) {
    all.push_back({std::string(family->model_type), std::string(family->gguf_architecture),
                   std::string(family->multimodal_type)});
  }
  return all;
}

std::vector<std::string> supported_rope_types() {
  std::vector<std::string> names;
  for (const RopeType& type : rope_types()) names.emplace_back(type.name);
  return names;
}

const Family& family_of(const nlohmann::json& config, const std::string& context) {
  const auto type = formats::json_value<std::string>(config, "model_type", context);
  for (const Family* family : families()) {
    if (family->model_type == type) return *family;
  }
  fail<FormatError>("{}: \"model_type\": expected one of {}, found \"{}\"", context,
                    fmt::join(supported_families(), ", "), type);
}

const Family& family_of(const formats::GgufFile& file) {
  const auto& architecture = formats::gguf_value<std::string>(file, "general.architecture");
  std::vector<std::string_view> known;
  for (const Family* family : families()) {
    if (family->read_gguf == nullptr) continue;
    if (family->gguf_architecture == architecture) return *family;
    known.push_back(family->gguf_architecture);
  }
  fail<FormatError>("{}: \"general.architecture\": expected one of {}, found \"{}\"",
                    file.files().front().string(), fmt::join(known, ", "), architecture);
}

}  // namespace aqua::model

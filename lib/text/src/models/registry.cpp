#include "component.hpp"
#include "models/model.hpp"

namespace aqua::text {
namespace {

constexpr Component<Model> known_models[] = {
    {"BPE", make_bpe},
    {"Unigram", make_unigram},
};

}  // namespace

std::unique_ptr<Model> make_model(const JsonNode& config) {
  // The first files, such as GPT-2's, did not name the type; only BPE has merges.
  if (config.json().is_object() && !config.json().contains("type") && config.find("merges")) {
    return make_bpe(config);
  }
  return make_component<Model>(config, known_models);
}

std::vector<std::string> model_types() { return component_types<Model>(known_models); }

}  // namespace aqua::text

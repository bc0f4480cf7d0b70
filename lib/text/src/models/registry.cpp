#include "component.hpp"
#include "models/model.hpp"

namespace aqua::text {

std::unique_ptr<Model> make_model(const JsonNode& config) {
  static constexpr Component<Model> known[] = {
      {"BPE", make_bpe},
  };
  // The first files, such as GPT-2's, did not name the type; only BPE has merges.
  if (config.json().is_object() && !config.json().contains("type") && config.find("merges")) {
    return make_bpe(config);
  }
  return make_component<Model>(config, known);
}

}  // namespace aqua::text

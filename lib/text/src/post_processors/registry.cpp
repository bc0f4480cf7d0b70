#include "component.hpp"
#include "post_processors/post_processor.hpp"

namespace aqua::text {
namespace {

constexpr Component<PostProcessor> known_post_processors[] = {
    {"BertProcessing", make_enclosing},
    {"ByteLevel", make_byte_level_post_processor},
    {"RobertaProcessing", make_enclosing},
    {"Sequence", make_post_processor_sequence},
    {"TemplateProcessing", make_template_processing},
};

}  // namespace

std::unique_ptr<PostProcessor> make_post_processor(const JsonNode& config) {
  return make_component<PostProcessor>(config, known_post_processors);
}

std::vector<std::string> post_processor_types() {
  return component_types<PostProcessor>(known_post_processors);
}

}  // namespace aqua::text

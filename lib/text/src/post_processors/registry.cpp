#include "component.hpp"
#include "post_processors/post_processor.hpp"

namespace aqua::text {

std::unique_ptr<PostProcessor> make_post_processor(const JsonNode& config) {
  static constexpr Component<PostProcessor> known[] = {
      {"BertProcessing", make_enclosing},
      {"ByteLevel", make_byte_level_post_processor},
      {"RobertaProcessing", make_enclosing},
      {"Sequence", make_post_processor_sequence},
      {"TemplateProcessing", make_template_processing},
  };
  return make_component<PostProcessor>(config, known);
}

}  // namespace aqua::text

#include "component.hpp"
#include "pre_tokenizers/pre_tokenizers.hpp"

namespace aqua::text {
namespace {

constexpr Component<Step> known_pre_tokenizers[] = {
    {"ByteLevel", make_byte_level_pre_tokenizer},
    {"CharDelimiterSplit", make_char_delimiter_split},
    {"Digits", make_digits},
    {"Metaspace", make_metaspace},
    {"Punctuation", make_punctuation},
    {"Sequence", make_pre_tokenizer_sequence},
    {"Split", make_split},
    {"Whitespace", make_whitespace},
    {"WhitespaceSplit", make_whitespace_split},
};

}  // namespace

std::unique_ptr<Step> make_pre_tokenizer(const JsonNode& config) {
  return make_component<Step>(config, known_pre_tokenizers);
}

std::vector<std::string> pre_tokenizer_types() {
  return component_types<Step>(known_pre_tokenizers);
}

}  // namespace aqua::text

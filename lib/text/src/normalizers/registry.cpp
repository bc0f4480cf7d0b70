#include "component.hpp"
#include "normalizers/normalizers.hpp"

namespace aqua::text {
namespace {

constexpr Component<Step> known_normalizers[] = {
    {"ByteLevel", make_byte_level_normalizer},
    {"Lowercase", make_lowercase},
    {"NFC", make_nfc},
    {"NFD", make_nfd},
    {"NFKC", make_nfkc},
    {"NFKD", make_nfkd},
    {"Nmt", make_nmt},
    {"Precompiled", make_precompiled},
    {"Prepend", make_prepend},
    {"Replace", make_replace},
    {"Sequence", make_normalizer_sequence},
    {"Strip", make_strip},
};

}  // namespace

std::unique_ptr<Step> make_normalizer(const JsonNode& config) {
  return make_component<Step>(config, known_normalizers);
}

std::vector<std::string> normalizer_types() { return component_types<Step>(known_normalizers); }

}  // namespace aqua::text

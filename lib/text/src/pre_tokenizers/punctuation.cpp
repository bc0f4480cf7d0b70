#include "pre_tokenizers/pre_tokenizers.hpp"
#include "pre_tokenizers/split_step.hpp"

namespace aqua::text {
namespace {

// All ASCII punctuation and symbols, and the category P as of Unicode 8 (the unicode_categories
// crate): what became punctuation between that and Unicode 14 is taken out, by looking back at it.
constexpr std::string_view kPunctuation =
    R"([\p{P}$+<=>^`|~\x{166D}\x{111C9}](?<![\x{061D}\x{09FD}\x{0A76}\x{0C77}\x{0C84})"
    R"(\x{1B7D}-\x{1B7E}\x{2E43}-\x{2E4F}\x{2E52}-\x{2E5D}\x{10EAD}\x{10F55}-\x{10F59})"
    R"(\x{10F86}-\x{10F89}\x{1144B}-\x{1144F}\x{1145A}-\x{1145B}\x{1145D}\x{11660}-\x{1166C})"
    R"(\x{116B9}\x{1183B}\x{11944}-\x{11946}\x{119E2}\x{11A3F}-\x{11A46}\x{11A9A}-\x{11A9C})"
    R"(\x{11A9E}-\x{11AA2}\x{11C41}-\x{11C45}\x{11C70}-\x{11C71}\x{11EF7}-\x{11EF8}\x{11FFF})"
    R"(\x{12FF1}-\x{12FF2}\x{16E97}-\x{16E9A}\x{16FE2}\x{1E95E}-\x{1E95F}]))";

}  // namespace

std::unique_ptr<Step> make_punctuation(const JsonNode& config) {
  const auto behavior = config.find("behavior");
  return std::make_unique<SplitStep>(Regex(kPunctuation, config.where()),
                                     behavior ? read_behavior(*behavior) : SplitBehavior::isolated,
                                     false);
}

}  // namespace aqua::text

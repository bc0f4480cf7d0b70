#include "gguf/pre_tokenizer_kinds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <initializer_list>

#include "aqua/core/error.hpp"

namespace aqua::text {
namespace {

using nlohmann::json;

// The tokenizers' own patterns, as their tokenizer.json files have them.
constexpr std::string_view gpt2_pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view llama3_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen2_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen35_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|)"
    R"( ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view gpt4o_pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view tekken_pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view deepseek_v3_pattern =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|)"
    R"([^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
// Letters with case, of some scripts.
constexpr std::string_view deepseek_llm_letters =
    R"(\s?[A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293)"
    R"(\u0295-\u02AF\u0370-\u0373\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C)"
    R"(\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-)"
    R"(\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A)"
    R"(\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D)"
    R"(\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3)"
    R"(\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115)"
    R"(\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-)"
    R"(\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-)"
    R"(\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06)"
    R"(\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8})"
    R"(-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943})"
    R"(]+)";
constexpr std::string_view bailingmoe_pattern =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|)"
    R"(\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr std::string_view seed_coder_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view bloom_pattern = R"( ?[^(\s|.,!?…。，、।۔،)]+)";

json byte_level(bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", true},
          {"use_regex", use_regex}};
}

json split(std::string_view pattern) {
  return {{"type", "Split"},
          {"pattern", {{"Regex", pattern}}},
          {"behavior", "Isolated"},
          {"invert", false}};
}

json digits() { return {{"type", "Digits"}, {"individual_digits", true}}; }

json sequence(json steps) { return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}}; }

// Splits along one pattern after the other, then takes bytes.
json splits(std::initializer_list<std::string_view> patterns) {
  json steps = json::array();
  for (const std::string_view pattern : patterns) steps.push_back(split(pattern));
  steps.push_back(byte_level(false));
  return sequence(std::move(steps));
}

const json nfc = {{"type", "NFC"}};

PreTokenizerKind gpt2() { return {byte_level(true), nullptr}; }

// GPT-NeoX's tokenizer and those that grew from it.
PreTokenizerKind gpt_neox() { return {byte_level(true), nfc}; }

PreTokenizerKind single_digits() {
  return {sequence(json::array({digits(), byte_level(true)})), nullptr};
}

PreTokenizerKind command_r() { return {sequence(json::array({digits(), byte_level(true)})), nfc}; }

PreTokenizerKind llama3() {
  return {splits({llama3_pattern}), nullptr, /*ignore_merges=*/true, /*begins=*/true};
}

PreTokenizerKind cl100k() { return {splits({llama3_pattern}), nullptr}; }

PreTokenizerKind qwen2() { return {splits({qwen2_pattern}), nfc}; }

PreTokenizerKind qwen2_as_it_is() { return {splits({qwen2_pattern}), nullptr}; }

PreTokenizerKind qwen35() { return {splits({qwen35_pattern}), nfc}; }

PreTokenizerKind gpt4o() { return {splits({gpt4o_pattern}), nullptr}; }

PreTokenizerKind tekken() {
  return {splits({tekken_pattern}), nullptr, /*ignore_merges=*/true, /*begins=*/true};
}

PreTokenizerKind falcon() {
  return {sequence(json::array({{{"type", "Punctuation"}, {"behavior", "Contiguous"}},
                                byte_level(true),
                                {{"type", "Digits"}, {"individual_digits", false}},
                                split("[0-9][0-9][0-9]")})),
          nullptr};
}

PreTokenizerKind deepseek_llm() {
  return {sequence(json::array(
              {split(R"([\r\n])"), split(deepseek_llm_letters),
               split(R"(\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+)"),
               split(R"(\s+$)"), split(R"([\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+)"), digits(),
               byte_level(false)})),
          nullptr};
}

PreTokenizerKind deepseek_coder() {
  return {sequence(json::array({split(R"([\r\n])"), split(R"(\s?\p{L}+)"), split(R"(\s?\p{P}+)"),
                                split(R"([\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+)"), digits(),
                                byte_level(false)})),
          nullptr};
}

PreTokenizerKind deepseek_v3() {
  return {splits({R"(\p{N}{1,3})", R"([\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+)",
                  deepseek_v3_pattern}),
          nullptr};
}

PreTokenizerKind bailingmoe() { return {splits({bailingmoe_pattern}), nullptr}; }

PreTokenizerKind seed_coder() { return {splits({seed_coder_pattern}), nullptr}; }

PreTokenizerKind bloom() { return {splits({bloom_pattern}), nullptr}; }

PreTokenizerKind viking() { return {splits({bloom_pattern, R"(\p{N})"}), nullptr}; }

// For files that do not say, as llama.cpp splits then.
PreTokenizerKind unstated() {
  return {splits({R"([\p{P}$+<=>^~|]+)", gpt2_pattern, R"(\p{N}+)", "[0-9][0-9][0-9]"}), nullptr};
}

struct Kind {
  std::string_view name;
  PreTokenizerKind (*make)();
};

constexpr Kind kinds[] = {
    {"default", unstated},
    {"bailingmoe", bailingmoe},
    {"bailingmoe2", bailingmoe},
    {"bloom", bloom},
    {"chatglm-bpe", cl100k},
    {"codeshell", single_digits},
    {"command-r", command_r},
    {"dbrx", cl100k},
    {"deepseek-coder", deepseek_coder},
    {"deepseek-llm", deepseek_llm},
    {"deepseek-r1-qwen", qwen2_as_it_is},
    {"deepseek-v3", deepseek_v3},
    {"exaone", single_digits},
    {"falcon", falcon},
    {"falcon3", llama3},
    {"glm4", cl100k},
    {"gpt-2", gpt2},
    {"gpt-4o", gpt4o},
    {"gpt-neox", gpt_neox},
    {"gpt3-finnish", bloom},
    {"hunyuan", qwen2_as_it_is},
    {"jais", gpt2},
    {"llada-moe", bailingmoe},
    {"llama-bpe", llama3},
    {"llama-v3", llama3},
    {"llama3", llama3},
    {"llama4", gpt4o},
    {"megrez", qwen2_as_it_is},
    {"minerva-7b", single_digits},
    {"mpt", gpt_neox},
    {"olmo", gpt_neox},
    {"phi-2", gpt2},
    {"pixtral", llama3},
    {"poro-chat", bloom},
    {"qwen2", qwen2},
    {"qwen35", qwen35},
    {"refact", single_digits},
    {"seed-coder", seed_coder},
    {"smaug-bpe", cl100k},
    {"smollm", single_digits},
    {"stablelm2", qwen2_as_it_is},
    {"starcoder", single_digits},
    {"tekken", tekken},
    {"trillion", gpt2},
    {"viking", viking},
};

}  // namespace

PreTokenizerKind pre_tokenizer_kind(std::string_view name, const std::string& context) {
  for (const Kind& kind : kinds) {
    if (kind.name == name) return kind.make();
  }
  fail<FormatError>("{}: expected one of {}, found \"{}\"", context,
                    fmt::join(pre_tokenizer_kinds(), ", "), name);
}

std::vector<std::string> pre_tokenizer_kinds() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds) names.emplace_back(kind.name);
  return names;
}

}  // namespace aqua::text

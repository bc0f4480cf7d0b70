#include "gguf/pre_tokenizer_kinds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <vector>

#include "aqua/core/error.hpp"

namespace aqua::text {
namespace {

using nlohmann::json;

// The tokenizers' own patterns, as their tokenizer.json files have them.
constexpr std::string_view llama3_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen2_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";

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

PreTokenizerKind gpt2() { return {byte_level(true), nullptr}; }

PreTokenizerKind single_digits() {
  return {sequence(json::array({digits(), byte_level(true)})), nullptr};
}

PreTokenizerKind llama3() {
  return {sequence(json::array({split(llama3_pattern), byte_level(false)})), nullptr, true};
}

PreTokenizerKind qwen2() {
  return {sequence(json::array({split(qwen2_pattern), byte_level(false)})), {{"type", "NFC"}}};
}

PreTokenizerKind deepseek_coder() {
  return {
      sequence(json::array({split(R"([\r\n])"), split(R"(\s?\p{L}+)"), split(R"(\s?\p{P}+)"),
                            split(R"([一-龥ࠀ-一가-퟿]+)"), digits(), byte_level(false)})),
      nullptr};
}

struct Kind {
  std::string_view name;
  PreTokenizerKind (*make)();
};

constexpr std::array<Kind, 11> kinds{{{"gpt-2", gpt2},
                                      {"phi-2", gpt2},
                                      {"olmo", gpt2},
                                      {"smollm", single_digits},
                                      {"starcoder", single_digits},
                                      {"refact", single_digits},
                                      {"codeshell", single_digits},
                                      {"command-r", single_digits},
                                      {"llama-bpe", llama3},
                                      {"qwen2", qwen2},
                                      {"deepseek-coder", deepseek_coder}}};

}  // namespace

PreTokenizerKind pre_tokenizer_kind(std::string_view name, const std::string& context) {
  std::vector<std::string_view> known;
  for (const Kind& kind : kinds) {
    if (kind.name == name) return kind.make();
    known.push_back(kind.name);
  }
  fail<FormatError>("{}: expected one of {}, found \"{}\"", context, fmt::join(known, ", "), name);
}

}  // namespace aqua::text

#include "models/bpe_joints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "utf8.hpp"

namespace aqua::text {
namespace {

int32_t find_id(const Vocabulary& vocabulary, std::string_view token) {
  const auto found = vocabulary.find(token);
  return found == vocabulary.end() ? -1 : found->second;
}

}  // namespace

std::optional<MergeTable> find_joints(const Vocabulary& vocabulary, const MergeTable& merges,
                                      const BpeOptions& options) {
  if (!options.continuing_prefix.empty() || !options.word_suffix.empty()) return std::nullopt;
  std::vector<std::string_view> texts(vocabulary.size());
  for (const auto& [text, id] : vocabulary) texts[id] = text;
  std::vector<bool> opaque(vocabulary.size(), false);  // made of other things than its characters
  if (options.unknown) opaque[*options.unknown] = true;
  for (int byte = 0; byte < 256; ++byte) {
    const int32_t id = find_id(vocabulary, fmt::format("<0x{:02X}>", byte));
    if (id >= 0) opaque[id] = true;
  }
  bool all_clear = true;
  std::vector<std::pair<int32_t, int32_t>> pairs;
  merges.for_each([&](int32_t left, int32_t right, Merge) {
    all_clear = all_clear && !opaque[left] && !opaque[right] && !texts[left].empty() &&
                !texts[right].empty();
    if (!all_clear) return;
    const std::string_view before = texts[left];
    const std::string_view behind = texts[right];
    const int32_t last =
        find_id(vocabulary, before.substr(previous_code_point(before, before.size())));
    const int32_t first = find_id(vocabulary, behind.substr(0, sequence_length(behind[0])));
    if (last >= 0 && first >= 0) pairs.emplace_back(last, first);
  });
  if (!all_clear) return std::nullopt;
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  MergeTable joints(pairs.size());
  for (const auto& [last, first] : pairs) joints.set(last, first, {.rank = 0, .id = 0});
  return joints;
}

}  // namespace aqua::text

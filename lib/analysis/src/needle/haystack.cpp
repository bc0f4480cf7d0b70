#include <algorithm>
#include <cmath>
#include <set>

#include "aqua/analysis/needle.hpp"
#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/formats/mapped_file.hpp"

namespace aqua::analysis {

std::vector<Needle> read_needles(const std::filesystem::path& path) {
  const formats::MappedFile file(path);
  std::string_view rest(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  std::vector<Needle> needles;
  std::set<std::string> ids;
  for (int64_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string place = fmt::format("{}: line {}", path.string(), number);
    const nlohmann::json record = formats::parse_json_unique(line, place);
    Needle& needle = needles.emplace_back();
    needle.id = formats::json_value<std::string>(record, "id", place);
    needle.language = formats::json_value<std::string>(record, "language", place);
    needle.prompt = formats::json_value<std::string>(record, "prompt", place);
    needle.answer = formats::json_value<std::string>(record, "answer", place);
    if (!ids.insert(needle.id).second) {
      fail<FormatError>("{}: \"id\": \"{}\" appears more than once", place, needle.id);
    }
  }
  if (needles.empty())
    fail<FormatError>("{}: expected at least one needle, found none", path.string());
  return needles;
}

std::vector<Needle> needles_for(std::span<const Needle> needles, std::string_view corpus) {
  std::vector<Needle> chosen;
  std::ranges::copy_if(needles, std::back_inserter(chosen),
                       [&](const Needle& needle) { return needle.language == corpus; });
  return chosen.empty() ? std::vector<Needle>(needles.begin(), needles.end()) : chosen;
}

Haystack make_haystack(const Needle& needle, const text::Tokenizer& tokenizer,
                       std::span<const int32_t> filler, int64_t length, double depth) {
  const text::Encoding encoding =
      tokenizer.encode_with_starts(needle.prompt + needle.answer, /*add_special_tokens=*/false);
  const auto answer_start = static_cast<int64_t>(needle.prompt.size());
  const int64_t prompt = std::ranges::lower_bound(encoding.starts, answer_start) -
                         encoding.starts.begin();  // tokens that begin in the prompt
  Haystack haystack{.ids = {},
                    .needle_first = 0,
                    .needle_count = std::ssize(encoding.ids),
                    .copied_first = 0,
                    .answer_first = 0,
                    .answer_count = std::ssize(encoding.ids) - prompt};
  if (prompt == 0 || haystack.answer_count == 0) {
    fail<FormatError>("needle \"{}\": expected tokens of prompt and answer, found {} and {}",
                      needle.id, prompt, haystack.answer_count);
  }
  const int64_t fill = length - 2 * haystack.needle_count;
  if (fill < 1) {
    fail<UsageError>("needle \"{}\": expected a length above {} tokens, twice its own, found {}",
                     needle.id, 2 * haystack.needle_count, length);
  }
  if (fill > std::ssize(filler)) {
    fail<UsageError>("needle \"{}\": a haystack of {} tokens takes {} of text, the corpus has {}",
                     needle.id, length, fill, filler.size());
  }
  const auto before = static_cast<int64_t>(std::llround(depth * static_cast<double>(fill)));
  haystack.needle_first = before;
  haystack.copied_first = before + prompt;
  haystack.answer_first = length - haystack.answer_count;
  haystack.ids.assign(filler.begin(), filler.begin() + before);
  std::ranges::copy(encoding.ids, std::back_inserter(haystack.ids));
  std::copy(filler.begin() + before, filler.begin() + fill, std::back_inserter(haystack.ids));
  std::ranges::copy(encoding.ids, std::back_inserter(haystack.ids));
  return haystack;
}

}  // namespace aqua::analysis

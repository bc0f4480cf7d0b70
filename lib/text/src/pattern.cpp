#include "pattern.hpp"

#include <algorithm>

#include <string>
#include <utility>

#include "regex/oniguruma.hpp"

namespace aqua::text {
namespace {

// A stretch that matches, or one between matches; together they cover the text.
struct Stretch {
  int64_t begin;
  int64_t end;
  bool delimiter;
};

void find_stretches(const Regex& regex, bool invert, std::string_view text,
                    std::vector<Match>& matches, std::vector<Stretch>& stretches) {
  matches.clear();
  stretches.clear();
  regex.find_all(text, matches);
  int64_t at = 0;
  for (const Match& match : matches) {
    if (at != match.begin) stretches.push_back({at, match.begin, invert});
    stretches.push_back({match.begin, match.end, !invert});
    at = match.end;
  }
  const auto size = static_cast<int64_t>(text.size());
  if (at != size) stretches.push_back({at, size, invert});
}

// Joins a stretch to the one before it where `joins(stretch, delimiter before)` says so.
template <class Joins>
void append_joined(const std::vector<Stretch>& stretches, const Joins& joins,
                   std::vector<Piece>& parts) {
  bool previous = false;
  for (const Stretch& stretch : stretches) {
    if (!parts.empty() && joins(stretch.delimiter, previous)) {
      parts.back().end = stretch.end;
    } else {
      parts.push_back({stretch.begin, stretch.end});
    }
    previous = stretch.delimiter;
  }
}

// From right to left, a delimiter joins the text behind it, unless that is a delimiter, too.
void append_merged_with_next(const std::vector<Stretch>& stretches, std::vector<Piece>& parts) {
  bool next = false;
  for (auto stretch = stretches.rbegin(); stretch != stretches.rend(); ++stretch) {
    if (!parts.empty() && stretch->delimiter && !next) {
      parts.back().begin = stretch->begin;
    } else {
      parts.push_back({stretch->begin, stretch->end});
    }
    next = stretch->delimiter;
  }
  std::reverse(parts.begin(), parts.end());
}

void append_parts(const std::vector<Stretch>& stretches, SplitBehavior behavior,
                  std::vector<Piece>& parts) {
  switch (behavior) {
    case SplitBehavior::removed:
      for (const Stretch& stretch : stretches) {
        if (!stretch.delimiter) parts.push_back({stretch.begin, stretch.end});
      }
      return;
    case SplitBehavior::isolated:
      for (const Stretch& stretch : stretches) parts.push_back({stretch.begin, stretch.end});
      return;
    case SplitBehavior::contiguous:
      return append_joined(
          stretches, [](bool delimiter, bool previous) { return delimiter == previous; }, parts);
    case SplitBehavior::merged_with_previous:
      return append_joined(
          stretches, [](bool delimiter, bool previous) { return delimiter && !previous; }, parts);
    case SplitBehavior::merged_with_next:
      return append_merged_with_next(stretches, parts);
  }
}

}  // namespace

Regex read_pattern(const JsonNode& config) {
  const JsonNode pattern = config.at("pattern");
  if (const auto literal = pattern.find("String")) {
    return Regex(escape_literal(literal->string()), literal->where());
  }
  if (const auto expression = pattern.find("Regex")) {
    return Regex(translate_oniguruma(expression->string(), expression->where()),
                 expression->where());
  }
  pattern.fail_expected("{\"String\": …} or {\"Regex\": …}");
}

SplitBehavior read_behavior(const JsonNode& config) {
  static constexpr std::pair<std::string_view, SplitBehavior> known[] = {
      {"Removed", SplitBehavior::removed},
      {"Isolated", SplitBehavior::isolated},
      {"Contiguous", SplitBehavior::contiguous},
      {"MergedWithPrevious", SplitBehavior::merged_with_previous},
      {"MergedWithNext", SplitBehavior::merged_with_next},
  };
  const std::string name = config.string();
  for (const auto& [spelling, behavior] : known) {
    if (spelling == name) return behavior;
  }
  config.fail_expected("Removed, Isolated, Contiguous, MergedWithPrevious or MergedWithNext");
}

void split_along(const Regex& regex, SplitBehavior behavior, bool invert, Pieces& pieces) {
  std::vector<Match> matches;
  std::vector<Stretch> stretches;
  pieces.split([&](std::string_view text, std::vector<Piece>& parts) {
    find_stretches(regex, invert, text, matches, stretches);
    append_parts(stretches, behavior, parts);
  });
}

}  // namespace aqua::text

// Regular expressions, through PCRE2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pcre2_real_code_8;

namespace aqua::text {

/// A match, in bytes.
struct Match {
  int64_t begin;
  int64_t end;
};

/// A compiled pattern. `^` and `$` also match at line feeds, properties are Unicode's.
class Regex {
 public:
  /// PCRE2 syntax; FormatError, starting with `context`, when it does not compile. The context also
  /// starts the message of a search that gives up.
  Regex(std::string_view pattern, std::string context);

  /// Appends all matches in valid UTF-8, as Oniguruma's scan finds them: from left to right,
  /// without overlap; an empty match right behind another match does not count. FormatError when a
  /// search exceeds the limits on backtracking.
  void find_all(std::string_view subject, std::vector<Match>& matches) const;

 private:
  std::shared_ptr<const pcre2_real_code_8> code_;
  std::string context_;
};

/// A pattern that matches exactly this text.
std::string escape_literal(std::string_view text);

}  // namespace aqua::text

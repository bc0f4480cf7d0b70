#include "regex/oniguruma.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "aqua/core/error.hpp"
#include "unicode/additions.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

// General categories that only gained characters between the two Unicode versions, so that listing
// the new ones is enough. C, Cn and Mn also lost some.
constexpr std::array<std::string_view, 33> kCategories{
    "L",  "Lu", "Ll", "Lt", "Lm", "Lo", "M",  "Mc", "Me", "N",  "Nd",
    "Nl", "No", "P",  "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S",
    "Sm", "Sc", "Sk", "So", "Z",  "Zs", "Zl", "Zp", "Cc", "Cf", "Co"};

constexpr std::string_view kWhiteSpace = R"(\p{White_Space})";

void append_range(std::string& members, char32_t first, char32_t last) {
  fmt::format_to(std::back_inserter(members), R"(\x{{{:X}}})", static_cast<uint32_t>(first));
  if (first != last) {
    fmt::format_to(std::back_inserter(members), R"(-\x{{{:X}}})", static_cast<uint32_t>(last));
  }
}

void append_additions(std::string& members, std::string_view category) {
  std::optional<CodePointRange> open;
  for (const CategoryRange& added : category_additions()) {
    if (added.major != category[0] || (category.size() > 1 && added.minor != category[1])) continue;
    if (open && open->last + 1 == added.first) {
      open->last = added.last;
      continue;
    }
    if (open) append_range(members, open->first, open->last);
    open = CodePointRange{added.first, added.last};
  }
  if (open) append_range(members, open->first, open->last);
}

std::string word_members() {
  std::string members = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
  for (const std::string_view category : {"L", "M", "Nd"}) append_additions(members, category);
  return members;
}

// A set of characters: the members of a bracket expression, or of a negated one.
struct CharacterSet {
  std::string members;
  bool negated = false;
};

class Translator {
 public:
  Translator(std::string_view pattern, std::string_view context)
      : pattern_(pattern), context_(context) {}

  std::string run() {
    groups_.push_back({0, false});
    if (take("(?i)")) {
      output_ += "(?i)";
      groups_.back().caseless = true;
    }
    while (!done()) step();
    if (groups_.size() > 1) refuse("an unclosed group");
    return std::move(output_);
  }

 private:
  struct Group {
    std::size_t output_begin;
    bool caseless;
  };
  static constexpr std::size_t kNoAtom = std::string::npos;

  bool done() const { return at_ >= pattern_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0';
  }
  bool take(std::string_view expected) {
    if (!pattern_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }
  char32_t take_code_point() {
    const char32_t code_point = code_point_at(pattern_, at_);
    at_ += sequence_length(pattern_[at_]);
    return code_point;
  }
  [[noreturn]] void refuse(std::string_view what) const {
    fail<FormatError>("{}: {} is not supported in the pattern {}", context_, what, pattern_);
  }

  void step() {
    const char c = peek();
    switch (c) {
      case '(':
        return open_group();
      case ')':
        return close_group();
      case '[':
        return bracket();
      case '\\':
        return escape();
      case '{':
        return interval();
      case '*':
      case '+':
      case '?':
        return simple_quantifier();
      case '|':
      case '^':
      case '$':
      case '.':
        ++at_;
        begin_atom(c == '.' ? output_.size() : kNoAtom);
        output_.push_back(c);
        return;
      default:
        return literal(take_code_point());
    }
  }

  void begin_atom(std::size_t output_begin) {
    atom_begin_ = output_begin;
    last_literal_ = 0;
  }

  void literal(char32_t code_point) {
    const char32_t previous = last_literal_;
    begin_atom(output_.size());
    if (groups_.back().caseless) {
      check_caseless(code_point);
      // Oniguruma folds ligatures: "(?i)st" also matches U+FB06.
      const char32_t lower = lower_case(code_point);
      if ((previous == U's' && (lower == U's' || lower == U't')) ||
          (previous == U'f' && (lower == U'f' || lower == U'i' || lower == U'l'))) {
        refuse("case-insensitive ff, fi, fl, ss or st");
      }
      last_literal_ = lower;
    }
    append_literal(code_point);
  }

  void append_literal(char32_t code_point) { append_range(output_, code_point, code_point); }

  void check_caseless(char32_t code_point) const {
    if (code_point >= 0x80) refuse("case-insensitive matching outside ASCII");
  }

  void open_group() {
    Group group{output_.size(), groups_.back().caseless};
    begin_atom(kNoAtom);
    bool known = false;
    for (const std::string_view opening : {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
      if (take(opening)) {
        output_ += opening;
        known = true;
        break;
      }
    }
    if (!known && take("(?i:")) {
      output_ += "(?i:";
      group.caseless = true;
    } else if (!known && take("(?-i:")) {
      output_ += "(?-i:";
      group.caseless = false;
    } else if (!known) {
      if (peek(1) == '?' || peek(1) == '*') {
        refuse(fmt::format("\"{}\"", pattern_.substr(at_, 3)));
      }
      ++at_;
      output_ += "(?:";  // captures are never asked for
    }
    groups_.push_back(group);
  }

  void close_group() {
    if (groups_.size() == 1) refuse("an unmatched )");
    ++at_;
    output_.push_back(')');
    begin_atom(groups_.back().output_begin);
    groups_.pop_back();
  }

  // * + ? with an optional lazy or possessive sign: the same in both syntaxes.
  void simple_quantifier() {
    output_.push_back(pattern_[at_++]);
    if (peek() == '?' || peek() == '+') output_.push_back(pattern_[at_++]);
    begin_atom(kNoAtom);
  }

  void interval() {
    const std::size_t start = at_++;
    std::string low, high;
    while (peek() >= '0' && peek() <= '9') low.push_back(pattern_[at_++]);
    const bool comma = take(",");
    while (comma && peek() >= '0' && peek() <= '9') high.push_back(pattern_[at_++]);
    if (!take("}") || (low.empty() && high.empty())) {  // not an interval: a literal brace
      at_ = start + 1;
      return literal(U'{');
    }
    if (atom_begin_ == kNoAtom) refuse("a quantifier with nothing to repeat");
    const std::string quantifier =
        fmt::format("{{{}{}{}}}", low.empty() ? "0" : low, comma ? "," : "", high);
    output_ += quantifier;
    const bool optional = !comma && peek() == '?';
    if (optional || peek() == '+') {
      output_.insert(atom_begin_, "(?:");
      output_.push_back(')');
      output_.push_back(pattern_[at_++]);
    } else if (take("?")) {
      output_.push_back('?');
    }
    begin_atom(kNoAtom);
  }

  void escape() {
    ++at_;
    if (done()) refuse("a \\ at the end");
    const char c = peek();
    if (c == 'A' || c == 'z' || c == 'Z') {
      ++at_;
      begin_atom(kNoAtom);
      output_ += {'\\', c};
      return;
    }
    if (const auto set = escaped_set()) {
      begin_atom(output_.size());
      output_ += set->negated ? "[^" : "[";
      output_ += set->members + "]";
      return;
    }
    literal(escaped_character());
  }

  // The set that the escape at the current place (behind the \) stands for; nothing when it stands
  // for a character.
  std::optional<CharacterSet> escaped_set() {
    const char c = peek();
    switch (c) {
      case 's':
      case 'S':
        ++at_;
        return CharacterSet{std::string(kWhiteSpace), c == 'S'};
      case 'd':
      case 'D':
        ++at_;
        return CharacterSet{category_members("Nd"), c == 'D'};
      case 'w':
      case 'W':
        ++at_;
        // Oniguruma also counts the superscripts and fractions of Latin-1.
        return CharacterSet{word_members() + R"(\xB2\xB3\xB9\xBC-\xBE)", c == 'W'};
      case 'p':
      case 'P':
        return property();
      default:
        return std::nullopt;
    }
  }

  CharacterSet property() {
    const std::size_t start = at_ - 1;
    bool negated = pattern_[at_++] == 'P';
    if (take("{^")) {
      negated = !negated;
    } else if (!take("{")) {
      refuse("\\p without {");
    }
    const std::size_t close = pattern_.find('}', at_);
    if (close == std::string_view::npos) refuse("an unclosed \\p{");
    const std::string_view name = pattern_.substr(at_, close - at_);
    at_ = close + 1;
    const std::string spelled(pattern_.substr(start, at_ - start));
    if (std::ranges::find(kCategories, name) == kCategories.end()) refuse(spelled);
    if (groups_.back().caseless && (name == "Lu" || name == "Ll" || name == "Lt")) {
      refuse("case-insensitive " + spelled);
    }
    return {category_members(name), negated};
  }

  char32_t escaped_character() {
    const char c = peek();
    switch (c) {
      case 't':
        return ++at_, U'\t';
      case 'n':
        return ++at_, U'\n';
      case 'r':
        return ++at_, U'\r';
      case 'f':
        return ++at_, U'\f';
      case 'v':
        return ++at_, U'\v';
      case 'a':
        return ++at_, U'\a';
      case 'e':
        return ++at_, U'\x1B';
      case 'x':
        ++at_;
        if (take("{")) return hexadecimal(8, '}');
        return hexadecimal(2, '\0');
      case 'u':
        ++at_;
        return hexadecimal(4, '\0');
      default:
        break;
    }
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
      refuse(fmt::format("\\{}", c));
    }
    return take_code_point();
  }

  // Exactly `digits` hexadecimal digits, or up to that many before `close`.
  char32_t hexadecimal(int digits, char close) {
    uint32_t value = 0;
    int count = 0;
    for (; count < digits && std::isxdigit(static_cast<unsigned char>(peek())); ++count) {
      const char c = pattern_[at_++];
      value = value * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    const bool complete = close == '\0' ? count == digits : count > 0 && take({&close, 1});
    // \x80 to \xFF are single bytes in Oniguruma, not characters.
    const bool byte = close == '\0' && digits == 2 && value >= 0x80;
    if (!complete || byte || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) {
      refuse("this hexadecimal escape");
    }
    return value;
  }

  void bracket() {
    ++at_;
    begin_atom(output_.size());
    output_.push_back('[');
    if (take("^")) output_.push_back('^');
    if (peek() == ']') refuse("an empty bracket expression");
    bool after_set = false;
    while (!done() && peek() != ']') {
      if (peek() == '[') refuse("a bracket expression inside another");
      if (peek() == '&' && peek(1) == '&') refuse("&& in a bracket expression");
      after_set = bracket_member(after_set);
    }
    if (!take("]")) refuse("an unclosed bracket expression");
    output_.push_back(']');
  }

  // One member; returns whether it was a set, such as \s.
  bool bracket_member(bool after_set) {
    if (peek() == '-') {
      ++at_;
      const bool is_literal = after_set || output_.back() == '[' || output_.back() == '^' ||
                              peek() == ']' || peek() == '\0';
      if (!is_literal && peek() == '\\' &&
          std::string_view("sSdDwWpP").find(peek(1)) != std::string_view::npos) {
        refuse("a range that ends in a set");
      }
      output_ += is_literal ? "\\-" : "-";
      return false;
    }
    if (take("\\")) {
      if (done()) refuse("a \\ at the end");
      if (const auto set = escaped_set()) {
        if (!set->negated) {
          output_ += set->members;
        } else if (set->members == kWhiteSpace) {
          output_ += R"(\P{White_Space})";
        } else {
          refuse("a negated set in a bracket expression");
        }
        return true;
      }
      append_bracket_literal(escaped_character());
      return false;
    }
    append_bracket_literal(take_code_point());
    return false;
  }

  void append_bracket_literal(char32_t code_point) {
    if (groups_.back().caseless) check_caseless(code_point);
    append_literal(code_point);
  }

  std::string_view pattern_;
  std::string_view context_;
  std::size_t at_ = 0;
  std::string output_;
  std::vector<Group> groups_;
  std::size_t atom_begin_ = kNoAtom;  // in output_, of what a quantifier would repeat
  char32_t last_literal_ = 0;         // the character before, when matched without regard to case
};

}  // namespace

std::string category_members(std::string_view category) {
  std::string members = fmt::format(R"(\p{{{}}})", category);
  append_additions(members, category);
  return members;
}

std::string rust_word_members() { return word_members() + R"(\p{Join_Control})"; }

std::string translate_oniguruma(std::string_view pattern, std::string_view context) {
  return Translator(pattern, context).run();
}

}  // namespace aqua::text

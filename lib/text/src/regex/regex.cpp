#include "regex/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <optional>
#include <utility>

#include "aqua/core/error.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

// Bounds on one search, so that a hostile pattern fails instead of running for ever.
constexpr uint32_t kMatchLimit = 10'000'000;    // backtracking points
constexpr uint32_t kHeapLimitKib = 256 * 1024;  // memory for them without JIT

template <class T, void (*release)(T*)>
using Owned = std::unique_ptr<T, decltype([](T* pointer) { release(pointer); })>;
using CompileContext = Owned<pcre2_compile_context, pcre2_compile_context_free>;
using MatchContext = Owned<pcre2_match_context, pcre2_match_context_free>;
using MatchData = Owned<pcre2_match_data, pcre2_match_data_free>;

std::string error_text(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

// What one thread needs to search; cheap to make, so made for every text.
class Search {
 public:
  Search(const pcre2_code* code, std::string_view subject, const std::string& context)
      : code_(code), subject_(subject), context_(context) {
    if (!data_ || !limits_) throw std::bad_alloc();
    pcre2_set_match_limit(limits_.get(), kMatchLimit);
    pcre2_set_heap_limit(limits_.get(), kHeapLimitKib);
  }

  std::optional<Match> from(std::size_t start) {
    int result = run(start, 0);
    // JIT code has a small fixed stack; the interpreter takes what it needs from the heap.
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = run(start, PCRE2_NO_JIT);
    if (result == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (result < 0) {
      fail<FormatError>("{}: the pattern gave up at byte {} of a text of {} bytes: {}", context_,
                        start, subject_.size(), error_text(result));
    }
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data_.get());
    return Match{static_cast<int64_t>(bounds[0]), static_cast<int64_t>(bounds[1])};
  }

 private:
  int run(std::size_t start, uint32_t options) {
    return pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(subject_.data()), subject_.size(), start,
                       options | PCRE2_NO_UTF_CHECK, data_.get(), limits_.get());
  }

  const pcre2_code* code_;
  std::string_view subject_;
  const std::string& context_;
  MatchData data_{pcre2_match_data_create(1, nullptr)};
  MatchContext limits_{pcre2_match_context_create(nullptr)};
};

}  // namespace

Regex::Regex(std::string_view pattern, std::string context) : context_(std::move(context)) {
  const CompileContext settings(pcre2_compile_context_create(nullptr));
  if (!settings) throw std::bad_alloc();
  pcre2_set_newline(settings.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NO_AUTO_CAPTURE,
                                   &error, &offset, settings.get());
  if (code == nullptr) {
    fail<FormatError>("{}: the pattern does not compile: {} (at byte {} of {})", context_,
                      error_text(error), offset, pattern);
  }
  code_ = {code, pcre2_code_free};
  // Where JIT is not to be had, pcre2_match interprets.
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
}

void Regex::find_all(std::string_view subject, std::vector<Match>& matches) const {
  Search search(code_.get(), subject, context_);
  std::size_t at = 0;
  int64_t last_end = -1;
  while (at <= subject.size()) {
    const std::optional<Match> match = search.from(at);
    if (!match) return;
    at = static_cast<std::size_t>(match->end);
    if (match->begin == match->end && match->end == last_end) {
      at += at < subject.size() ? sequence_length(subject[at]) : 1;
      continue;
    }
    last_end = match->end;
    matches.push_back(*match);
  }
}

std::string escape_literal(std::string_view text) {
  constexpr std::string_view special = R"(\^$.[]|()?*+{}-#)";
  std::string pattern;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) pattern.push_back('\\');
    pattern.push_back(c);
  }
  return pattern;
}

}  // namespace aqua::text

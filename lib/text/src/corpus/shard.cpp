#include <charconv>

#include "aqua/core/error.hpp"
#include "aqua/text/corpus.hpp"

namespace aqua::text {

Shard shard_from_text(std::string_view text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto [slash, error] = std::from_chars(text.data(), end, shard.index);
  if (error == std::errc() && slash != end && *slash == '/') {
    const auto [last, count_error] = std::from_chars(slash + 1, end, shard.count);
    if (count_error == std::errc() && last == end && shard.index >= 1 &&
        shard.index <= shard.count) {
      return shard;
    }
  }
  fail<UsageError>("shard: expected i/n with i from 1 to n, such as 2/8, found \"{}\"", text);
}

}  // namespace aqua::text

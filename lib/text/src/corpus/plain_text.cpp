#include <fmt/format.h>

#include "corpus/lines.hpp"
#include "corpus/readers.hpp"

namespace aqua::text {

std::vector<Document> read_plain_text(std::string_view text, const CancelToken& cancel) {
  std::vector<Document> documents;
  std::string current;
  int64_t count = 0;
  const auto finish = [&] {
    if (current.empty()) return;
    ++count;
    if (!is_white_space_only(current)) {
      documents.push_back({fmt::to_string(count), std::move(current)});
    }
    current.clear();
    cancel.check();
  };
  LineReader lines(text);
  while (const auto line = lines.next()) {
    if (is_blank(line->text)) {
      finish();
      continue;
    }
    if (!current.empty()) current.push_back('\n');
    current += line->text;
  }
  finish();
  return documents;
}

}  // namespace aqua::text

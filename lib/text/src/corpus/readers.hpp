// The two forms of corpus files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aqua/text/corpus.hpp"

namespace aqua::text {

/// Documents of a plain text in memory (valid UTF-8), those of nothing but white space left out.
std::vector<Document> read_plain_text(std::string_view text, const CancelToken& cancel);
/// The same for JSON lines; FormatError, starting with `path`, names the line.
std::vector<Document> read_json_lines(std::string_view text, const std::string& path,
                                      const CancelToken& cancel);

/// Whether there is nothing but white space in it.
bool is_white_space_only(std::string_view text);

}  // namespace aqua::text

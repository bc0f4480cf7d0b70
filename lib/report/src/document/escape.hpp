// Foreign text made harmless where it is shown: names of corpora, models and files may hold
// anything.
#pragma once

#include <string>
#include <string_view>

namespace aqua::report::document {

/// For HTML, SVG and XML text and quoted attributes: & < > " ' as references; control characters
/// and bytes that are not UTF-8 as aqua::report::printable writes them.
std::string html_escaped(std::string_view text);

/// For a line of GitHub-flavoured Markdown, table cells included: every ASCII punctuation character
/// that can start markup is escaped, so that the text shows as it is.
std::string markdown_escaped(std::string_view text);

/// JSON that may stand in a script element: "<" is written as <, so that no "</script>" or
/// "<!--" can end or open anything.
std::string script_safe(std::string json);

/// The digest that content security policies name: base64 of the SHA-256 of the text.
std::string csp_digest(std::string_view text);

}  // namespace aqua::report::document

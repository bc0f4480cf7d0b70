// Where results go: stdout, and files that must be writable before long work begins.
#pragma once

#include <filesystem>
#include <string_view>

namespace aqua::tools {

/// Writes all of it to stdout; FormatError when that fails (closed pipe, full disk).
void print_result(std::string_view text);

/// Writes a text file whole or not at all; "-" is stdout.
void write_text(const std::filesystem::path& path, std::string_view text);

/// Throws the FormatError that writing `path` would end in, as far as can be known before the work.
void require_writable(const std::filesystem::path& path);

}  // namespace aqua::tools

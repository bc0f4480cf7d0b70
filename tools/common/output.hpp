// Where results go: stdout, and files that must be writable before long work begins.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "common/options.hpp"

namespace aqua::tools {

/// Writes all of it to stdout; FormatError when that fails (closed pipe, full disk).
void print_result(std::string_view text);

/// Writes a text file whole or not at all; "-" is stdout.
void write_text(const std::filesystem::path& path, std::string_view text);

/// The forms of a result, each made when it is asked for.
struct Forms {
  std::function<std::string()> csv;
  std::function<std::string()> json;
  std::function<std::string()> text;
};
/// Writes CSV where `csv` says, if anywhere, and to stdout JSON, if that is asked for, or text,
/// unless CSV went there.
void print_forms(const CommonOptions& common, const std::string& csv, const Forms& forms);

/// Throws the FormatError that writing `path` would end in, as far as can be known before the work.
void require_writable(const std::filesystem::path& path);

}  // namespace aqua::tools

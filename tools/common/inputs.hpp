// From what the user wrote after -m and -c to files.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace aqua::tools {

struct NamedPath {
  std::string name;
  std::filesystem::path path;
};

/// NAME=PATH, or the name of a bundled corpus. UsageError for an empty name or path, a name that is
/// used twice, and a bundled name that does not exist (listing those that do). Files are not
/// opened.
std::vector<NamedPath> resolve_corpora(std::span<const std::string> requests);

/// A folder, or the name of a bundled model when there is no such folder.
std::filesystem::path resolve_model(const std::string& request);

/// The model's name followed by `suffix`: a file in the current folder.
std::filesystem::path default_output(const std::string& model_request, const std::string& suffix);

}  // namespace aqua::tools

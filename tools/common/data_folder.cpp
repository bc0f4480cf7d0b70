#include "common/data_folder.hpp"

#include <cstdlib>
#include <string_view>
#include <system_error>

namespace aqua::tools {
namespace {

namespace fs = std::filesystem;

template <class Name>
std::map<std::string, fs::path> entries(const fs::path& folder, const Name& name_of) {
  std::map<std::string, fs::path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (std::string name = name_of(entry); !name.empty()) found.emplace(name, entry.path());
  }
  return found;
}

}  // namespace

fs::path data_folder() {
  if (const char* given = std::getenv("AQUA_DATA_DIR"); given != nullptr && *given != '\0') {
    return given;
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (program == AQUA_BUILD_BIN_DIR) return AQUA_SOURCE_DATA_DIR;
  return (program / AQUA_DATA_FROM_BIN).lexically_normal();
}

std::map<std::string, fs::path> bundled_corpora() {
  return entries(data_folder() / "corpora", [](const fs::directory_entry& entry) -> std::string {
    constexpr std::string_view prefix = "parallel.";
    const fs::path file = entry.path().filename();
    const std::string stem = file.stem().string();
    if (file.extension() != ".jsonl" || !stem.starts_with(prefix)) return "";
    return stem.substr(prefix.size());
  });
}

std::map<std::string, fs::path> bundled_models() {
  return entries(data_folder() / "models", [](const fs::directory_entry& entry) -> std::string {
    return fs::exists(entry.path() / "config.json") ? entry.path().filename().string() : "";
  });
}

}  // namespace aqua::tools

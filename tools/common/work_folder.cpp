#include "common/work_folder.hpp"

#include <fmt/format.h>

#include <system_error>

#include "aqua/core/error.hpp"
#include "aqua/core/sha256.hpp"
#include "common/output.hpp"

namespace aqua::tools {
namespace {

std::string harmless(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
    out += kept ? c : '_';
  }
  return out;
}

}  // namespace

WorkFolder::WorkFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (!keeps()) return;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (!std::filesystem::is_directory(folder_)) {
    fail<FormatError>("{}: cannot be made a folder: {}", folder_.string(),
                      error ? error.message() : "it is a file");
  }
  require_writable(folder_ / "probe");
}

std::filesystem::path WorkFolder::file(std::string_view kind, std::string_view description,
                                       std::string_view suffix) const {
  Sha256 digest;
  digest.update(description);
  return folder_ / fmt::format("{}-{}{}", harmless(kind), digest.finish().substr(0, 24), suffix);
}

bool WorkFolder::has(const std::filesystem::path& file) const {
  std::error_code error;
  return keeps() && std::filesystem::exists(file, error);
}

}  // namespace aqua::tools

#include "common/work_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "aqua/core/error.hpp"
#include "aqua/core/sha256.hpp"
#include "common/output.hpp"

namespace aqua::tools {
namespace {

constexpr std::size_t digest_length = 24;

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

WorkFolder::WorkFolder(std::filesystem::path folder, const Runtime& runtime)
    : folder_(std::move(folder)), runtime_(runtime) {
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
  const Provenance made_by = runtime_.provenance({});
  Sha256 digest;
  digest.update(fmt::format("{}; {}; {}", made_by.tool_version, made_by.kernels, description));
  return folder_ /
         fmt::format("{}-{}{}", harmless(kind), digest.finish().substr(0, digest_length), suffix);
}

bool WorkFolder::offers(const std::filesystem::path& file, std::string_view what) const {
  if (!keeps()) return false;
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    runtime_.note(fmt::format("{}: taken from {}", what, file.string()));
    return true;
  }
  if (has_one_like(file)) {
    runtime_.note(fmt::format(
        "{}: {} has only that of another model, text, options or version; starting anew", what,
        folder_.string()));
  }
  return false;
}

bool WorkFolder::has_one_like(const std::filesystem::path& file) const {
  const std::string wanted = file.filename().string();
  const std::size_t digest = wanted.find('.') - digest_length;
  return std::ranges::any_of(std::filesystem::directory_iterator(folder_), [&](const auto& entry) {
    const std::string found = entry.path().filename().string();
    return found.size() == wanted.size() && found.starts_with(wanted.substr(0, digest)) &&
           found.ends_with(wanted.substr(digest + digest_length));
  });
}

}  // namespace aqua::tools

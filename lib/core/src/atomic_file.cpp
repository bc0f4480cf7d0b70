#include "aqua/core/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "aqua/core/error.hpp"

namespace aqua {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path final_path) : final_(std::move(final_path)) {
  std::error_code ignored;
  if (std::filesystem::is_directory(final_, ignored)) {
    fail<FormatError>("{}: expected a file name to write, found a folder", final_.string());
  }
  // Renaming onto /dev/null or a pipe would replace it by a file.
  if (std::filesystem::exists(final_, ignored) &&
      !std::filesystem::is_regular_file(final_, ignored)) {
    fail<FormatError>("{}: expected a file name to write, found a device or pipe", final_.string());
  }
  if (!std::filesystem::is_directory(folder_of(final_), ignored)) {
    fail<FormatError>("{}: cannot be written: the folder {} does not exist", final_.string(),
                      folder_of(final_).string());
  }
  temporary_ = final_;
  temporary_ += fmt::format(".partial-{}", ::getpid());
  descriptor_ =
      ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    fail<FormatError>("{}: cannot be written: {}", final_.string(), std::strerror(errno));
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail<FormatError>("{}: cannot be written: {}", final_.string(), std::strerror(errno));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0 || ::rename(temporary_.c_str(), final_.c_str()) != 0) {
    fail<FormatError>("{}: cannot be written: {}", final_.string(), std::strerror(errno));
  }
  ::close(descriptor_);
  descriptor_ = -1;
  // The rename is durable once the folder is; a file system that cannot sync folders is no error.
  if (const int folder = ::open(folder_of(final_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
}

}  // namespace aqua

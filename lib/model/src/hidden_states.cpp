#include "hidden_states.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "aqua/core/checked.hpp"
#include "aqua/core/error.hpp"

namespace aqua::model {
namespace {

// The mapping keeps the file alive; the descriptor is needed only until then.
struct Descriptor {
  int value = -1;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

int open_unnamed(const std::filesystem::path& folder) {
  const int direct = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (direct >= 0) return direct;
  // Not every file system has O_TMPFILE: a named file, whose name goes at once.
  std::string name = (folder / "aqua-hidden-XXXXXX").string();
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

HiddenStates::HiddenStates(int64_t tokens, int64_t width, const ComputeSettings& settings,
                           int64_t matrices) {
  const int64_t bytes = checked_multiply(checked_multiply(tokens, width, "hidden states"),
                                         sizeof(float), "hidden states");
  if (settings.memory_limit == 0 || bytes <= settings.memory_limit / matrices) {
    memory_ = Matrix<float>(tokens, width);
    view_ = memory_;
    return;
  }
  const std::filesystem::path folder = settings.temporary_folder.empty()
                                           ? std::filesystem::temp_directory_path()
                                           : settings.temporary_folder;
  const Descriptor file{open_unnamed(folder)};
  if (file.value < 0) {
    fail<Error>("{}: a temporary file for hidden states cannot be made: {}", folder.string(),
                std::strerror(errno));
  }
  // All of it now: a disk that fills up later would end the process at a write to memory.
  if (const int error = ::posix_fallocate(file.value, 0, bytes); error != 0) {
    fail<Error>("{}: hidden states of {} bytes do not fit: {}", folder.string(), bytes,
                std::strerror(error));
  }
  const auto size = static_cast<std::size_t>(bytes);
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.value, 0);
  if (address == MAP_FAILED) {
    fail<Error>("{}: a temporary file for hidden states cannot be mapped: {}", folder.string(),
                std::strerror(errno));
  }
  mapped_bytes_ = size;
  view_ = {static_cast<float*>(address), tokens, width};
}

HiddenStates::~HiddenStates() {
  if (in_file()) ::munmap(view_.data(), mapped_bytes_);
}

void HiddenStates::release(int64_t first, int64_t count) {
  if (!in_file() || count == 0) return;
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto rows = view_.rows(first, count);
  const auto begin = (reinterpret_cast<uintptr_t>(rows.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<uintptr_t>(rows.data() + count * rows.cols()) / page * page;
  // Drops the mapping, not the data: a shared mapping's pages stay in the file.
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace aqua::model

#include "aqua/core/aligned_memory.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace aqua {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20U;
// Smaller pieces would gain little and waste address space.
constexpr std::size_t worth_huge_pages = 2 * huge_page;

}  // namespace

void* allocate_aligned(std::size_t bytes) {
  const bool large = bytes >= worth_huge_pages;
  void* memory = nullptr;
  if (::posix_memalign(&memory, large ? huge_page : cache_line, bytes) != 0) throw std::bad_alloc();
  // Whole pages only, so that no more memory is touched than was asked for. A kernel without huge
  // pages refuses, and nothing is lost.
  if (large) ::madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE);
  return memory;
}

void FreeAligned::operator()(void* memory) const noexcept { std::free(memory); }

}  // namespace aqua

#include "aqua/linalg/backend.hpp"

#include <cblas.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <string_view>

namespace aqua::linalg {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

bool nehalem_requested() {
  const char* value = std::getenv("OPENBLAS_CORETYPE");
  return value != nullptr && std::string_view(value) == "Nehalem";
}

TEST(Backend, DescribesLibraryAndCpu) {
  const Backend b = backend();
  EXPECT_THAT(b.library, StartsWith("OpenBLAS 0."));
  EXPECT_THAT(b.library.substr(std::string_view("OpenBLAS ").size()), Not(HasSubstr(" ")));
  EXPECT_THAT(b.threading, AnyOf("serial", "pthread", "openmp"));
  EXPECT_EQ(b.kernels, openblas_get_corename());
  EXPECT_THAT(b.cpu_level, AnyOf("AVX-512", "AVX2", "AVX", "baseline"));
  EXPECT_THAT(b.cpu_model, Not(IsEmpty()));
}

// The kernels were chosen when the library was loaded; setting the variable now changes only what
// backend() finds requested. Kernels that are as wide as the CPU allow are no reason to warn.
TEST(Backend, NoWarningWhenTheRequestChangesNothing) {
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr) GTEST_SKIP() << "OPENBLAS_CORETYPE is set";
  EXPECT_FALSE(backend().held_back);
  ::setenv("OPENBLAS_CORETYPE", openblas_get_corename(), 1);
  const Backend b = backend();
  ::unsetenv("OPENBLAS_CORETYPE");
  EXPECT_EQ(b.requested, b.kernels);
  EXPECT_FALSE(b.held_back);
  EXPECT_THAT(backend_warning(b), IsEmpty());
}

TEST(BackendWithOldKernels, IsHeldBack) {
  if (!nehalem_requested()) GTEST_SKIP() << "runs with OPENBLAS_CORETYPE=Nehalem";
  const Backend b = backend();
  EXPECT_EQ(b.requested, "Nehalem");
  EXPECT_EQ(b.kernels, "Nehalem");
  EXPECT_EQ(b.held_back, b.cpu_level != "baseline");
}

TEST(Backend, WarningSaysWhatToDo) {
  const Backend b{.library = "OpenBLAS 0.3.21",
                  .threading = "pthread",
                  .kernels = "Haswell",
                  .cpu_level = "AVX-512",
                  .cpu_model = "Xeon",
                  .requested = "Haswell",
                  .held_back = true};
  EXPECT_EQ(backend_warning(b),
            "OPENBLAS_CORETYPE=Haswell makes OpenBLAS 0.3.21 use its Haswell kernels although this "
            "CPU has AVX-512: unset OPENBLAS_CORETYPE to compute faster");
  EXPECT_EQ(backend_summary(b), "OpenBLAS 0.3.21 Haswell");
}

TEST(Backend, OneThread) {
  use_one_blas_thread();
  EXPECT_EQ(openblas_get_num_threads(), 1);
}

}  // namespace
}  // namespace aqua::linalg

#include "aqua/linalg/backend.hpp"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace aqua::linalg {
namespace {

struct VectorLevel {
  std::string_view name;
  int bits;
};
constexpr VectorLevel baseline{"baseline", 128};
constexpr VectorLevel avx{"AVX", 256};
constexpr VectorLevel avx2{"AVX2", 256};
constexpr VectorLevel avx512{"AVX-512", 512};

VectorLevel cpu_level() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2;
  if (__builtin_cpu_supports("avx")) return avx;
#endif
  return baseline;
}

/// Vector instructions of OpenBLAS's x86-64 kernels, by core name.
struct KernelLevel {
  std::string_view core;
  VectorLevel level;
};
constexpr std::array kernel_levels{
    KernelLevel{"prescott", baseline},     KernelLevel{"core2", baseline},
    KernelLevel{"penryn", baseline},       KernelLevel{"dunnington", baseline},
    KernelLevel{"nehalem", baseline},      KernelLevel{"atom", baseline},
    KernelLevel{"nano", baseline},         KernelLevel{"opteron", baseline},
    KernelLevel{"opteron_sse3", baseline}, KernelLevel{"barcelona", baseline},
    KernelLevel{"bobcat", baseline},       KernelLevel{"sandybridge", avx},
    KernelLevel{"bulldozer", avx},         KernelLevel{"piledriver", avx},
    KernelLevel{"steamroller", avx},       KernelLevel{"haswell", avx2},
    KernelLevel{"excavator", avx2},        KernelLevel{"zen", avx2},
    KernelLevel{"skylakex", avx512},       KernelLevel{"cooperlake", avx512},
    KernelLevel{"sapphirerapids", avx512},
};

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("model name")) continue;
    const auto value = line.find_first_not_of(" \t", line.find(':') + 1);
    if (value != std::string::npos) return line.substr(value);
  }
  return "unknown CPU";
}

/// "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …" → "OpenBLAS 0.3.21".
std::string library_name(std::string_view config) {
  const auto first = config.find(' ');
  if (first == std::string_view::npos) return std::string(config);
  return std::string(config.substr(0, config.find(' ', first + 1)));
}

std::string threading_name(int parallel) {
  switch (parallel) {
    case 0:
      return "serial";
    case 1:
      return "pthread";
    case 2:
      return "openmp";
    default:
      return "unknown";
  }
}

}  // namespace

Backend backend() {
  const VectorLevel cpu = cpu_level();
  const char* requested = std::getenv("OPENBLAS_CORETYPE");
  Backend result{.library = library_name(openblas_get_config()),
                 .threading = threading_name(openblas_get_parallel()),
                 .kernels = openblas_get_corename(),
                 .cpu_level = std::string(cpu.name),
                 .cpu_model = cpu_model(),
                 .requested = requested == nullptr ? "" : requested};
  std::string core = result.kernels;
  std::transform(core.begin(), core.end(), core.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto* kernel = std::find_if(kernel_levels.begin(), kernel_levels.end(),
                                    [&](const KernelLevel& k) { return k.core == core; });
  result.held_back =
      !result.requested.empty() && kernel != kernel_levels.end() && kernel->level.bits < cpu.bits;
  return result;
}

std::string backend_warning(const Backend& backend) {
  if (!backend.held_back) return {};
  return fmt::format(
      "OPENBLAS_CORETYPE={} makes {} use its {} kernels although this CPU has {}: unset "
      "OPENBLAS_CORETYPE to compute faster",
      backend.requested, backend.library, backend.kernels, backend.cpu_level);
}

std::string backend_summary(const Backend& backend) {
  return fmt::format("{} {}", backend.library, backend.kernels);
}

void use_one_blas_thread() { openblas_set_num_threads(1); }

}  // namespace aqua::linalg

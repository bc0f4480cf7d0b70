#include "common/runtime.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "aqua/core/version.hpp"
#include "aqua/linalg/backend.hpp"
#include "common/interrupt.hpp"

namespace aqua::tools {

Runtime::Runtime(const CommonOptions& common, const ComputeOptions& compute)
    : quiet_(common.quiet),
      pool_(compute.threads),
      progress_(make_progress(common.quiet)),
      execution_{pool_, *progress_, interrupt_token()} {
  linalg::use_one_blas_thread();
  const linalg::Backend backend = linalg::backend();
  if (const std::string warning = linalg::backend_warning(backend); !warning.empty()) note(warning);
  base_ = {.tool_version = fmt::format("aqua {}", version()),
           .command = common.command,
           .options_json = common.effective,
           .date = provenance_date(),
           .kernels = linalg::backend_summary(backend),
           .seed = compute.seed,
           .threads = compute.threads,
           .corpora = {}};
}

void Runtime::note(std::string_view line) const {
  if (!quiet_) fmt::print(stderr, "{}\n", line);
}

void Runtime::multiplies_with(std::string_view engine) {
  base_.kernels =
      fmt::format("{}; products: {}", linalg::backend_summary(linalg::backend()), engine);
}

Provenance Runtime::provenance(std::vector<CorpusFacts> corpora) const {
  Provenance provenance = base_;
  provenance.corpora = std::move(corpora);
  return provenance;
}

}  // namespace aqua::tools

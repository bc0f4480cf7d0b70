// What a subcommand that computes runs with: threads, progress, the stop request, and the facts
// that go into provenance.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/core/provenance.hpp"
#include "common/options.hpp"
#include "common/progress.hpp"

namespace aqua::tools {

class Runtime {
 public:
  /// Sets BLAS to one thread per call and warns, unless quiet, when its kernels hold the CPU back.
  Runtime(const CommonOptions& common, const ComputeOptions& compute);

  const Execution& execution() const { return execution_; }
  /// Names the tasks that follow: "fitting" gives "fitting en".
  void stage(std::string name) { progress_->set_stage(std::move(name)); }
  /// A line on stderr unless quiet.
  void note(std::string_view line) const;
  /// How the model's products are computed (linalg::ProductEngine::name), for provenance.
  void multiplies_with(std::string_view engine);
  Provenance provenance(std::vector<CorpusFacts> corpora) const;

 private:
  Provenance base_;
  bool quiet_;
  ThreadPool pool_;
  std::unique_ptr<StagedProgress> progress_;
  Execution execution_;
};

}  // namespace aqua::tools

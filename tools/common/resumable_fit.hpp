// A fit over live models that saves finished layers beside its output, and goes on from there.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "aqua/analysis/fit.hpp"
#include "aqua/model/model.hpp"
#include "aqua/store/partial_fit.hpp"
#include "common/fit.hpp"
#include "common/runtime.hpp"
#include "common/workload.hpp"

namespace aqua::tools {

struct ResumeOptions {
  bool resume = false;
  int64_t save_every_s = 300;  ///< 0: after every layer
  std::string compute;         ///< the name of a model::Compute, on which the numbers depend
};

class ResumableFit final : public model::PassCheckpoint {
 public:
  /// The file that holds finished layers is `output` with .partial added. With `resume`, it is read
  /// if it is there; FormatError when it is of another run.
  ResumableFit(const std::filesystem::path& output, const ResumeOptions& options,
               const Workload& workload, std::vector<LayerIndex> layers,
               std::set<capture::Site> sites, Runtime& runtime);

  /// All corpora, one after the other. Equal, to the last bit, however often it was interrupted.
  /// The partial file is left to `finished`.
  Statistics run();
  /// Removes the partial file: the output is written.
  void finished() const;

  LayerIndex begin(MatrixView<float> hidden) override;
  void reached(LayerIndex next, ConstMatrixView<float> hidden) override;

 private:
  using Clock = std::chrono::steady_clock;

  std::filesystem::path path_;
  ResumeOptions options_;
  const Workload& workload_;
  std::vector<LayerIndex> layers_;
  Runtime& runtime_;
  std::string fingerprint_;
  analysis::FitSink sink_;
  std::optional<store::PartialFit> partial_;  // until it is taken up
  int64_t corpus_ = 0;                        // that runs
  Clock::time_point saved_ = Clock::now();
};

}  // namespace aqua::tools

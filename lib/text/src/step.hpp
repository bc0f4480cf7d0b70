// One step of turning text into pieces: what normalizers and pre-tokenizers have in common.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "pieces.hpp"

namespace aqua::text {

/// Implementations are immutable and safe to use from several threads.
class Step {
 public:
  virtual ~Step() = default;
  virtual void apply(Pieces& pieces) const = 0;
};

/// Steps one after the other.
class StepSequence final : public Step {
 public:
  explicit StepSequence(std::vector<std::unique_ptr<Step>> steps) : steps_(std::move(steps)) {}
  void apply(Pieces& pieces) const override {
    for (const auto& step : steps_) step->apply(pieces);
  }

 private:
  std::vector<std::unique_ptr<Step>> steps_;
};

}  // namespace aqua::text

// The step that most pre-tokenizers are: cut along a pattern.
#pragma once

#include <utility>

#include "pattern.hpp"
#include "step.hpp"

namespace aqua::text {

class SplitStep final : public Step {
 public:
  SplitStep(Regex regex, SplitBehavior behavior, bool invert)
      : regex_(std::move(regex)), behavior_(behavior), invert_(invert) {}
  void apply(Pieces& pieces) const override { split_along(regex_, behavior_, invert_, pieces); }

 private:
  Regex regex_;
  SplitBehavior behavior_;
  bool invert_;
};

}  // namespace aqua::text

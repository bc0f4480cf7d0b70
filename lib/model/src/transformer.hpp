// The reference transformer: layer by layer over all sequences.
#pragma once

#include <memory>

#include "aqua/formats/tensors.hpp"
#include "aqua/model/model.hpp"
#include "architecture.hpp"
#include "tensor_names.hpp"
#include "weight_reader.hpp"

namespace aqua::model {

class Transformer final : public Model {
 public:
  /// Checks that the checkpoint holds every tensor of the architecture.
  Transformer(std::unique_ptr<formats::TensorFile> file, Architecture architecture,
              const TensorNames& names, capture::ModelFacts facts, ComputeSettings compute);

  const capture::ModelFacts& facts() const override { return facts_; }
  int64_t max_positions() const override { return architecture_.max_positions; }
  int64_t parameters() const override { return parameters_; }
  const linalg::ProductEngine& products() const override { return *products_; }
  PassCost cost(const PassShape& shape) const override;
  void run(const RunRequest& request, const Execution& execution) const override;

 private:
  std::unique_ptr<formats::TensorFile> file_;
  Architecture architecture_;
  ComputeSettings compute_;
  std::shared_ptr<const linalg::ProductEngine> products_;
  WeightReader weights_;
  capture::ModelFacts facts_;
  int64_t parameters_ = 0;
};

}  // namespace aqua::model

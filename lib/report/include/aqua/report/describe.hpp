// What a file, a folder or this machine holds, as a Summary. Schemas "aqua-inspect-…".
#pragma once

#include <filesystem>
#include <string>

#include "aqua/capture/event.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/formats/tensors.hpp"
#include "aqua/linalg/backend.hpp"
#include "aqua/model/model.hpp"
#include "aqua/report/summary.hpp"
#include "aqua/store/calibration.hpp"
#include "aqua/store/plan_file.hpp"
#include "aqua/store/projection_file.hpp"

namespace aqua::report {

/// A calibration: model, provenance, and the spectrum of every layer and site. The two measures per
/// layer are means over KV heads: the share of the energy Σσ² that lies in the first quarter and
/// half of the directions, and the effective rank exp(−Σ p·ln p) with p = σ²/Σσ².
Summary describe_calibration(const std::filesystem::path& path,
                             const store::Calibration& calibration);

/// A captured activations file.
Summary describe_activations(const std::filesystem::path& path, const capture::QkSource& source,
                             const Provenance& provenance);

/// Named arrays: a safetensors file, shards, or a projection file. Lists metadata and every array.
Summary describe_tensors(const std::filesystem::path& path, const formats::TensorFile& file);

/// A projection file in HDF5.
Summary describe_projection(const std::filesystem::path& path, const store::ProjectionFile& file);

/// A plan: how it was chosen, and k by layer and KV head.
Summary describe_plan(const std::filesystem::path& path, const store::PlanFile& file);

/// A model folder.
struct CheckpointParts {
  const model::Model& model;
  const formats::TensorFile& weights;
  int64_t tokenizer_vocabulary = 0;
};
Summary describe_checkpoint(const std::filesystem::path& folder, const CheckpointParts& parts);

/// This machine and this program.
struct SystemFacts {
  linalg::Backend backend;
  int threads = 0;  ///< cores available to the process
  std::string data_folder;
};
Summary describe_system(const SystemFacts& facts);

/// What checkpoints and tokenizers this program reads and what it writes, from the registries.
Summary describe_supported();

}  // namespace aqua::report

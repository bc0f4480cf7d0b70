// aqua export: projection files for other runtimes.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct ExportCommandOptions {
  CommonOptions common;
  std::string calibration;
  std::string format;  ///< empty: by the extension of `output`, otherwise safetensors
  std::string method = "aqua";
  std::string site = "post_rope";
  uint64_t seed = 0;
  std::string rope_layout;       ///< half or interleaved; empty: as calibrated
  std::string type = "float32";  ///< or float16, bfloat16
  double s_ratio = 0.0;
  std::string plan;    ///< empty: none
  bool fold = false;   ///< write a model folder instead
  std::string model;   ///< of --fold
  std::string output;  ///< empty: <calibration>.proj<extension>, <model>-aqua when folding
};

Command setup_export(CLI::App& parent);
void run_export(const ExportCommandOptions& options);

}  // namespace aqua::tools

// How an output file was made; written into every file and result.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace aqua {

/// One corpus that went into a result.
struct CorpusFacts {
  std::string name;    ///< label in every table, e.g. "en"
  std::string path;    ///< as the user gave it
  std::string sha256;  ///< of the file's bytes
  int64_t documents = 0;
  int64_t tokens = 0;  ///< counted tokens, after --max-tokens
  bool operator==(const CorpusFacts&) const = default;
};

struct Provenance {
  std::string tool_version;  ///< "aqua 0.1.0"
  std::string command;       ///< the subcommand, e.g. "calibrate"
  std::string options_json;  ///< effective options, a JSON object
  std::string date;          ///< UTC, ISO 8601; taken from SOURCE_DATE_EPOCH when that is set
  std::string
      kernels;  ///< the BLAS library and the kernels that ran, e.g. "OpenBLAS 0.3.21 SkylakeX"
  uint64_t seed = 0;
  int threads = 0;
  std::vector<CorpusFacts> corpora;
  bool operator==(const Provenance&) const = default;
};

/// The time now in that form.
std::string provenance_date();

}  // namespace aqua

// The files that a report is made from.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::report::document {

/// The name under which sections ask for calibration files, which have no schema member.
inline constexpr std::string_view calibration_schema = "aqua-calibration";

struct Input {
  std::string path;    ///< as the user gave it
  std::string sha256;  ///< of the file's bytes
  std::string schema;
  nlohmann::json json;                                    ///< null for a calibration
  std::shared_ptr<const store::Calibration> calibration;  ///< null for a result
};

/// What a section reads: schema and the one version that it knows.
struct Readable {
  std::string_view schema;
  int version = 1;
};

/// FormatError, naming the file, when it is neither a calibration nor a JSON object with one of the
/// schemas and versions.
Input read_input(const std::filesystem::path& path, std::span<const Readable> readable,
                 const CancelToken& cancel);

using Inputs = std::vector<Input>;
/// Those of one schema, in the order given.
std::vector<const Input*> of_schema(const Inputs& inputs, std::string_view schema);

}  // namespace aqua::report::document

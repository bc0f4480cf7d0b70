#include "inputs.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>

#include "aqua/core/error.hpp"
#include "aqua/core/sha256.hpp"
#include "aqua/formats/json_file.hpp"

namespace aqua::report::document {
namespace {

namespace fs = std::filesystem;

/// HDF5 files start with this; asking the library about anything else would cost more than a look.
bool is_hdf5(const fs::path& path) {
  constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
  std::array<char, signature.size()> start{};
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), start.size());
  return file && std::string_view(start.data(), start.size()) == signature;
}

void check_schema(const std::string& path, const std::string& schema, int64_t version,
                  std::span<const Readable> readable) {
  std::string known;
  for (const Readable& candidate : readable) {
    if (candidate.schema == schema) {
      if (candidate.version == version) return;
      fail<FormatError>("{}: \"schema_version\": expected {} for {}, found {}", path,
                        candidate.version, schema, version);
    }
    if (candidate.schema == calibration_schema) continue;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", candidate.schema);
  }
  fail<FormatError>("{}: \"schema\": expected one of {}, found {}", path, known,
                    formats::json_excerpt(schema));
}

}  // namespace

Input read_input(const fs::path& path, std::span<const Readable> readable,
                 const CancelToken& cancel) {
  const std::string name = path.string();
  if (fs::is_directory(path)) {
    fail<FormatError>("{}: expected a calibration file or a result, found a folder", name);
  }
  Input input{.path = name,
              .sha256 = sha256_of_file(path, cancel),
              .schema = std::string(calibration_schema),
              .json = nullptr,
              .calibration = nullptr};
  if (is_hdf5(path)) {
    input.calibration = std::make_shared<const store::Calibration>(store::read_calibration(path));
    return input;
  }
  input.json = formats::read_json(path);
  if (!input.json.is_object()) {
    fail<FormatError>("{}: expected a result of aqua (a JSON object), found {}", name,
                      formats::json_excerpt(input.json));
  }
  input.schema = formats::json_value<std::string>(input.json, "schema", name);
  check_schema(name, input.schema, formats::json_value<int64_t>(input.json, "schema_version", name),
               readable);
  return input;
}

std::vector<const Input*> of_schema(const Inputs& inputs, std::string_view schema) {
  std::vector<const Input*> found;
  for (const Input& input : inputs) {
    if (input.schema == schema) found.push_back(&input);
  }
  return found;
}

}  // namespace aqua::report::document

#include "commands/inspect.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "aqua/core/error.hpp"
#include "aqua/formats/gguf.hpp"
#include "aqua/formats/npz.hpp"
#include "aqua/formats/safetensors.hpp"
#include "aqua/model/model.hpp"
#include "aqua/report/describe.hpp"
#include "aqua/store/activations.hpp"
#include "aqua/store/calibration.hpp"
#include "aqua/store/plan_file.hpp"
#include "aqua/store/projection_file.hpp"
#include "aqua/text/tokenizer.hpp"
#include "common/data_folder.hpp"
#include "common/file_kinds.hpp"
#include "common/inputs.hpp"
#include "common/interrupt.hpp"
#include "common/output.hpp"

namespace aqua::tools {
namespace {

namespace fs = std::filesystem;

bool is_hdf5(const fs::path& path) {
  constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
  std::array<char, signature.size()> start{};
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), start.size());
  return file && std::string_view(start.data(), start.size()) == signature;
}

report::Summary describe_folder(const fs::path& folder) {
  const auto model = model::load_model(folder, /*digest=*/true, interrupt_token());
  const fs::path index = folder / "model.safetensors.index.json";
  const auto weights =
      formats::open_safetensors(fs::exists(index) ? index : folder / "model.safetensors");
  const auto tokenizer = text::load_tokenizer(folder);
  return report::describe_checkpoint(
      folder,
      {.model = *model, .weights = *weights, .tokenizer_vocabulary = tokenizer->vocabulary_size()});
}

report::Summary describe_hdf5(const fs::path& path) {
  if (store::is_calibration(path)) {
    return report::describe_calibration(path, store::read_calibration(path));
  }
  if (store::is_activations(path)) {
    return report::describe_activations(path, *store::open_activations(path),
                                        store::read_activations_provenance(path));
  }
  return report::describe_projection(path, store::read_projection_file(path));
}

report::Summary describe_request(const InspectOptions& options) {
  if (options.supported) return report::describe_supported();
  if (options.system) {
    return report::describe_system({.backend = linalg::backend(),
                                    .threads = available_threads(),
                                    .data_folder = data_folder().string()});
  }
  const fs::path path = resolve_model(options.path);
  if (fs::is_directory(path)) return describe_folder(path);
  if (is_hdf5(path)) return describe_hdf5(path);
  if (path.extension() == ".safetensors" || path.string().ends_with(".safetensors.index.json")) {
    return report::describe_tensors(path, *formats::open_safetensors(path));
  }
  if (path.extension() == ".gguf") {
    return report::describe_tensors(path, *formats::open_gguf(path));
  }
  if (formats::is_zip(path)) return report::describe_tensors(path, *formats::open_npz(path));
  if (is_json_object(path)) return report::describe_plan(path, store::read_plan(path));
  if (!fs::exists(path)) fail<FormatError>("{}: there is no such file or folder", path.string());
  fail<FormatError>(
      "{}: expected a model folder, a safetensors, GGUF or NPZ file, a plan, or an HDF5 file of aqua, "
      "found something else",
      path.string());
}

}  // namespace

Command setup_inspect(CLI::App& parent) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* app = parent.add_subcommand(
      "inspect", "Show what a model, calibration, activations, projection or plan file holds");
  CLI::Option* path =
      app->add_option("path", options->path,
                      "model folder, safetensors, GGUF or NPZ file, HDF5 file of aqua (calibration, "
                      "activations, projections), or plan")
          ->option_text("PATH");
  CLI::Option* system =
      app->add_flag("--system", options->system,
                    "show instead the program, the CPU, its threads and the BLAS kernels that run")
          ->excludes(path);
  app->add_flag("--supported", options->supported,
                "show instead the model families, types of weights and tokenizers that aqua reads")
      ->excludes(path)
      ->excludes(system);
  add_common_options(*app, options->common);
  app->footer(
      "Example:\n"
      "  aqua inspect llama.aqua.h5\n"
      "  aqua inspect --system\n"
      "  aqua inspect --supported");
  return {app, &options->common, [options] { run_inspect(*options); }};
}

void run_inspect(const InspectOptions& options) {
  if (!options.system && !options.supported && options.path.empty()) {
    fail<UsageError>(
        "a file or folder is needed, or --system or --supported; see aqua inspect --help");
  }
  const report::Summary result = describe_request(options);
  print_result(options.common.json ? to_json(result) : to_text(result));
}

}  // namespace aqua::tools

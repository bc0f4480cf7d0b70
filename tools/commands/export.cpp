#include "commands/export.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>

#include "aqua/core/error.hpp"
#include "aqua/export/export.hpp"
#include "aqua/projection/basis.hpp"
#include "aqua/report/summary.hpp"
#include "common/output.hpp"

namespace aqua::tools {
namespace {

namespace fs = std::filesystem;

const exporter::ExportFormat& chosen_format(const ExportCommandOptions& options) {
  if (!options.format.empty()) return exporter::export_format(options.format);
  for (const exporter::ExportFormat& format : exporter::export_formats()) {
    if (options.output.ends_with(format.extension)) return format;
  }
  if (!options.output.empty()) {
    fail<UsageError>("{}: no export format has this extension; choose one with --format",
                     options.output);
  }
  return exporter::export_format("safetensors");
}

/// llama.aqua.h5 → llama.proj.safetensors, in the current folder.
fs::path default_path(const fs::path& calibration, const exporter::ExportFormat& format) {
  std::string name = calibration.filename().string();
  for (const std::string_view ending : {".h5", ".hdf5", ".aqua"}) {
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  return fmt::format("{}.proj{}", name, format.extension);
}

int64_t layers_at(const store::Calibration& calibration, capture::Site site) {
  return std::ranges::count_if(calibration.heads,
                               [site](const auto& entry) { return entry.first.second == site; });
}

}  // namespace

Command setup_export(CLI::App& parent) {
  auto options = std::make_shared<ExportCommandOptions>();
  CLI::App* app =
      parent.add_subcommand("export", "Write the projections of a calibration for other runtimes");
  app->add_option("calibration", options->calibration, "calibration file")
      ->option_text("CAL")
      ->required();
  app->add_option("-o,--output", options->output,
                  "file to write (default: <calibration>.proj.<extension of the format>)")
      ->option_text("FILE");
  std::string formats;
  for (const exporter::ExportFormat& format : exporter::export_formats()) {
    formats += fmt::format("{}{}", formats.empty() ? "" : ", ", format.name);
  }
  app->add_option(
         "--format", options->format,
         fmt::format("{} (default: by the extension of --output, otherwise safetensors)", formats))
      ->option_text("FORMAT");
  app->add_option("--method", options->method,
                  "basis to export: aqua, keys, kq-svd, identity, random")
      ->option_text("NAME")
      ->capture_default_str();
  add_site_option(*app, options->site, /*allow_both=*/false);
  app->add_option("--seed", options->seed, "seed of the method random")
      ->option_text("N")
      ->check(CLI::Range(uint64_t{0}, uint64_t{std::numeric_limits<int64_t>::max()}))
      ->capture_default_str();
  add_common_options(*app, options->common);
  app->footer(
      "Example:\n"
      "  aqua export llama.aqua.h5 --format safetensors -o llama.proj.safetensors");
  return {app, &options->common, [options] { run_export(*options); }};
}

void run_export(const ExportCommandOptions& options) {
  const exporter::ExportFormat& format = chosen_format(options);
  const projection::BasisMethod& method = projection::basis_method(options.method);
  const fs::path output =
      options.output.empty() ? default_path(options.calibration, format) : fs::path(options.output);
  std::error_code error;
  if (fs::equivalent(output, options.calibration, error)) {
    fail<UsageError>("{}: the export would replace the calibration itself; choose another --output",
                     output.string());
  }
  const store::Calibration calibration = store::read_calibration(options.calibration);
  const capture::Site site = capture::site_from_name(options.site);
  format.write(calibration, {.method = options.method, .site = site, .seed = options.seed}, output);

  const report::Summary result{
      .schema = "aqua-export",
      .title = fmt::format("Exported the projections of {}", calibration.model.name),
      .sections = {{.key = "output",
                    .title = "",
                    .facts = {{"file", "projection file", output.string()},
                              {"bytes", "size", static_cast<int64_t>(fs::file_size(output)),
                               report::Style::bytes},
                              {"format", "format", std::string(format.name)},
                              {"method", "method", std::string(method.label)},
                              {"site", "site", options.site},
                              {"layers", "layers", layers_at(calibration, site)}}}},
      .next = {{"what the file holds", fmt::format("aqua inspect {}", output.string())}}};
  print_result(options.common.json ? to_json(result) : to_text(result));
}

}  // namespace aqua::tools

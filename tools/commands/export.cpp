#include "commands/export.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <filesystem>

#include "aqua/core/error.hpp"
#include "aqua/export/export.hpp"
#include "aqua/projection/basis.hpp"
#include "aqua/report/summary.hpp"
#include "aqua/store/plan_file.hpp"
#include "commands/export_fold.hpp"
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
  app->add_option("--rope-layout", options->rope_layout,
                  "layout of the vectors that the file is for: half, as in Hugging Face, or "
                  "interleaved, as in GGUF files of Llama (default: that of the calibrated model)")
      ->option_text("LAYOUT")
      ->check(CLI::IsMember({"half", "interleaved"}));
  app->add_option("--dtype", options->type, "numbers of the maps: float32, float16, bfloat16")
      ->option_text("TYPE")
      ->check(CLI::IsMember({"float32", "float16", "bfloat16"}))
      ->capture_default_str();
  app->add_option("--s-ratio", options->s_ratio,
                  "AQUA-Memory: fraction of each rotated vector, at its end, that is never stored; "
                  "the other columns of the maps are exported")
      ->option_text("R")
      ->capture_default_str();
  app->add_option("--plan", options->plan, "plan file: the dimensions that each head keeps")
      ->option_text("FILE");
  app->add_flag("--fold", options->fold,
                "write instead a copy of the model folder --model with the projections inside its "
                "query and key weights; for models without rotary embedding (default of --output: "
                "<model>-aqua)");
  app->add_option("-m,--model", options->model, "with --fold: the calibrated model's folder")
      ->option_text("MODEL");
  add_common_options(*app, options->common);
  app->footer(
      "Example:\n"
      "  aqua export llama.aqua.h5 --format safetensors -o llama.proj.safetensors\n"
      "  aqua export llama.aqua.h5 --rope-layout interleaved -o llama.proj.gguf");
  return {app, &options->common, [options] { run_export(*options); }};
}

void run_export(const ExportCommandOptions& options) {
  if (options.fold) return run_fold(options);
  const exporter::ExportFormat& format = chosen_format(options);
  const projection::BasisMethod& method = projection::basis_method(options.method);
  const fs::path output =
      options.output.empty() ? default_path(options.calibration, format) : fs::path(options.output);
  std::error_code error;
  if (fs::equivalent(output, options.calibration, error)) {
    fail<UsageError>("{}: the export would replace the calibration itself; choose another --output",
                     output.string());
  }
  exporter::ExportOptions request{
      .method = options.method,
      .site = capture::site_from_name(options.site),
      .seed = options.seed,
      .type = store::map_type_from_name(options.type),
      .s_ratio = options.s_ratio,
  };
  if (!options.rope_layout.empty()) {
    request.rope_layout = capture::rope_layout_from_name(options.rope_layout);
  }
  exporter::require_type(format, request.type);
  const store::Calibration calibration = store::read_calibration(options.calibration);
  if (!options.plan.empty()) {
    store::PlanFile plan = store::read_plan(options.plan);
    store::require_model(options.plan, plan, calibration.model);
    request.plan = std::move(plan.plan);
  }
  const store::ProjectionFile projection = exporter::assemble(calibration, request);
  format.write(projection, output);

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
                              {"rope_layout", "rope layout",
                               std::get<std::string>(*projection.attribute("rope_layout"))},
                              {"dtype", "numbers", std::string(store::name(projection.type))},
                              {"head_dim", "head dimension", projection.head_dim},
                              {"stored_dims", "columns", projection.columns},
                              {"layers", "layers",
                               static_cast<int64_t>(projection.layers.size())}}}},
      .next = {{"what the file holds", fmt::format("aqua inspect {}", output.string())}}};
  print_result(options.common.json ? to_json(result) : to_text(result));
}

}  // namespace aqua::tools

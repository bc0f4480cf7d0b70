#include "commands/export_fold.hpp"

#include "aqua/core/error.hpp"
#include "aqua/export/export.hpp"
#include "aqua/model/fold.hpp"
#include "aqua/model/model.hpp"
#include "aqua/report/summary.hpp"
#include "common/fit.hpp"
#include "common/inputs.hpp"
#include "common/interrupt.hpp"
#include "common/output.hpp"

namespace aqua::tools {
namespace {

namespace fs = std::filesystem;

void check(const ExportCommandOptions& options) {
  const auto refuse = [](std::string_view option) {
    fail<UsageError>("--fold writes a model folder; {} does not go with it", option);
  };
  if (!options.format.empty()) refuse("--format");
  if (!options.rope_layout.empty()) refuse("--rope-layout");
  if (!options.plan.empty()) refuse("--plan");
  if (options.s_ratio != 0.0) refuse("--s-ratio");
  if (options.type != "float32") refuse("--dtype");
  if (options.model.empty()) {
    fail<UsageError>("--fold needs the model whose weights it folds into: --model MODEL");
  }
  const projection::BasisMethod& method = projection::basis_method(options.method);
  if (!method.orthogonal) {
    fail<UsageError>("--fold keeps a model's outputs only with an orthogonal basis; {} is none",
                     method.name);
  }
}

}  // namespace

void run_fold(const ExportCommandOptions& options) {
  check(options);
  const fs::path folder = resolve_model(options.model);
  const fs::path output =
      options.output.empty() ? default_output(options.model, "-aqua") : fs::path(options.output);
  const store::Calibration calibration = store::read_calibration(options.calibration);
  const auto model = model::load_model(folder, /*digest=*/true, interrupt_token());
  require_same_model(options.calibration, calibration.model, model->facts());

  model::FoldMaps maps;
  for (auto& [layer, heads] :
       exporter::bases(calibration, {.method = options.method,
                                    .site = capture::site_from_name(options.site),
                                    .seed = options.seed})) {
    for (projection::Basis& basis : heads) maps[layer].push_back(std::move(basis.query_map));
  }
  model::write_folded(folder, output, maps, interrupt_token());

  const fs::path weights = output / "model.safetensors";
  const report::Summary result{
      .schema = "aqua-export-fold",
      .title = fmt::format("Folded the projections of {} into its weights", model->facts().name),
      .sections = {{.key = "output",
                    .title = "",
                    .facts = {{"folder", "model folder", output.string()},
                              {"bytes", "size of weights",
                               static_cast<int64_t>(fs::file_size(weights)), report::Style::bytes},
                              {"method", "method",
                               std::string(projection::basis_method(options.method).label)},
                              {"layers", "layers folded", static_cast<int64_t>(maps.size())}}}},
      .next = {{"what the folder holds", fmt::format("aqua inspect {}", output.string())}}};
  print_result(options.common.json ? to_json(result) : to_text(result));
}

}  // namespace aqua::tools

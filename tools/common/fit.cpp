#include "common/fit.hpp"

#include "aqua/analysis/fit.hpp"
#include "aqua/core/error.hpp"

namespace aqua::tools {
namespace {

std::string layout_text(const capture::ModelFacts& model) {
  return fmt::format("{} layers, {} query heads, {} KV heads, head dimension {}", model.layers,
                     model.heads.query_heads, model.heads.kv_heads, model.heads.head_dim);
}

}  // namespace

Statistics fit(std::span<capture::QkSource* const> sources, const std::set<capture::Site>& sites,
               const Execution& execution) {
  analysis::FitSink sink(sites);
  capture::QkSink* const sinks[] = {&sink};
  for (capture::QkSource* source : sources) source->run(sinks, execution);
  return sink.take();
}

store::Calibration make_calibration(const capture::ModelFacts& model, Provenance provenance,
                                    Statistics statistics, const Execution& execution) {
  return {.model = model,
          .provenance = std::move(provenance),
          .heads = analysis::solve(std::move(statistics), execution)};
}

void require_same_model(const std::filesystem::path& file, const capture::ModelFacts& fitted,
                        const capture::ModelFacts& measured) {
  if (fitted.layers != measured.layers || fitted.heads != measured.heads) {
    fail<FormatError>("{}: calibrated for another model: expected {} ({}), found {} ({})",
                      file.string(), measured.name, layout_text(measured), fitted.name,
                      layout_text(fitted));
  }
  if (fitted.sha256 != measured.sha256) {
    fail<FormatError>(
        "{}: calibrated for other weights: expected {} (sha256 {}), found {} (sha256 {})",
        file.string(), measured.name, measured.sha256, fitted.name, fitted.sha256);
  }
}

}  // namespace aqua::tools

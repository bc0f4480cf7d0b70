#include <fmt/format.h>

#include <algorithm>

#include "aqua/core/error.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/core/version.hpp"
#include "aqua/report/document.hpp"
#include "result_members.hpp"
#include "sections.hpp"

namespace aqua::report::document {

std::span<const SectionBuilder> section_builders() {
  static const std::vector<SectionBuilder> builders{
      {.reads = {}, .build = verdict_section},
      {.reads = {{calibration_schema, 1}}, .build = subject_section},
      {.reads = {{"aqua-retention", 1}}, .build = retention_section},
      {.reads = {}, .build = heads_section},
      {.reads = {}, .build = spectra_section},
      {.reads = {{"aqua-spectrum", 1}}, .build = spectrum_section},
      {.reads = {{"aqua-transfer", 1}}, .build = transfer_section},
      {.reads = {{"aqua-convergence", 1}}, .build = convergence_section},
      {.reads = {{"aqua-sensitivity", 1}}, .build = sensitivity_section},
      {.reads = {{"aqua-perplexity", 1}}, .build = perplexity_section},
      {.reads = {{"aqua-needle", 1}}, .build = needle_section},
      {.reads = {{"aqua-breakeven", 1}}, .build = breakeven_section},
      {.reads = {{"aqua-plan-report", 1}}, .build = plan_section},
      {.reads = {}, .build = provenance_section},
  };
  return builders;
}

namespace {

std::vector<Readable> readable() {
  std::vector<Readable> all;
  for (const SectionBuilder& builder : section_builders()) {
    all.insert(all.end(), builder.reads.begin(), builder.reads.end());
  }
  return all;
}

std::vector<std::string> model_names(const Inputs& inputs) {
  std::vector<std::string> names;
  for (const Input& input : inputs) {
    const std::string name = model_name(input);
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace

Document build_document(std::span<const std::filesystem::path> paths,
                        const DocumentOptions& options, const CancelToken& cancel) {
  const std::vector<Readable> schemas = readable();
  Inputs inputs;
  for (const std::filesystem::path& path : paths) {
    inputs.push_back(read_input(path, schemas, cancel));
  }
  const std::vector<std::string> models = model_names(inputs);
  Document document{.title = options.title,
                    .subtitle =
                        "How much of its attention a model keeps when it uses only k of d rotated "
                        "dimensions",
                    .generator = fmt::format("aqua {}", version()),
                    .date = provenance_date(),
                    .sections = {}};
  if (document.title.empty()) {
    document.title = fmt::format("AQUA report: {}", fmt::join(models, ", "));
  }
  for (const SectionBuilder& builder : section_builders()) {
    for (Section& section : builder.build(inputs)) document.sections.push_back(std::move(section));
  }
  return document;
}

}  // namespace aqua::report::document

#include "common/parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "aqua/analysis/convergence.hpp"
#include "common/describe.hpp"
#include "common/fit.hpp"

namespace aqua::tools {
namespace {

namespace fs = std::filesystem;

/// [part] where its fit stands or is to be written; empty when nothing is kept.
std::vector<fs::path> fit_files(const capture::QkSource& source, capture::Site site,
                                const analysis::TokenParts& parts, bool cumulative,
                                const WorkFolder& folder) {
  if (!folder.keeps()) return {};
  const std::string description =
      fmt::format("fit {} site {} parts {} {} cumulative {}", describe(source), capture::name(site),
                  parts.count, describe(parts.part), cumulative);
  std::vector<fs::path> files;
  for (int64_t part = 0; part < parts.count; ++part) {
    files.push_back(folder.file(fmt::format("fit-{}-{}", source.info().corpus.name, part),
                                description, ".aqua.h5"));
  }
  return files;
}

}  // namespace

store::Calibration fit_or_reuse(capture::QkSource& source, capture::Site site,
                                const WorkFolder& folder, Runtime& runtime) {
  auto fitted = fit_parts_or_reuse(source, site, {}, /*cumulative=*/false, folder, runtime);
  return std::move(fitted.front());
}

store::Calibration fit_together_or_reuse(std::span<capture::QkSource* const> sources,
                                         capture::Site site, const WorkFolder& folder,
                                         Runtime& runtime) {
  std::vector<CorpusFacts> corpora;
  std::string names;
  std::string description = fmt::format("fit together, site {}", capture::name(site));
  for (const capture::QkSource* source : sources) {
    corpora.push_back(source->info().corpus);
    names += fmt::format("{}{}", names.empty() ? "" : "-", corpora.back().name);
    if (folder.keeps()) description += ", " + describe(*source);
  }
  fs::path file;
  if (folder.keeps()) {
    file = folder.file("fit-" + names, description, ".aqua.h5");
    if (folder.offers(file, "fit on " + names)) {
      store::Calibration calibration = store::read_calibration(file);
      calibration.provenance.corpora = corpora;
      return calibration;
    }
  }
  runtime.stage("fitting");
  store::Calibration calibration =
      make_calibration(sources.front()->info().model, runtime.provenance(corpora),
                       fit(sources, {site}, runtime.execution()), runtime.execution());
  if (folder.keeps()) store::write_calibration(file, calibration);
  return calibration;
}

std::vector<store::Calibration> fit_parts_or_reuse(capture::QkSource& source, capture::Site site,
                                                   analysis::TokenParts parts, bool cumulative,
                                                   const WorkFolder& folder, Runtime& runtime) {
  const capture::StreamInfo& info = source.info();
  const std::vector<fs::path> files = fit_files(source, site, parts, cumulative, folder);
  std::vector<store::Calibration> calibrations;
  // The last is written last: when it is there, all are.
  if (folder.keeps() && folder.offers(files.back(), fmt::format("fit on {}", info.corpus.name))) {
    for (const fs::path& file : files) {
      calibrations.push_back(store::read_calibration(file));
      // The same text can have another name or place by now.
      calibrations.back().provenance.corpora = {info.corpus};
    }
    return calibrations;
  }

  runtime.stage("fitting");
  analysis::FitSink sink({site}, std::move(parts));
  capture::QkSink* const sinks[] = {&sink};
  source.run(sinks, runtime.execution());
  std::vector<analysis::FitStatistics> statistics = sink.take_parts();
  if (cumulative) statistics = analysis::prefixes(std::move(statistics));
  for (analysis::FitStatistics& part : statistics) {
    calibrations.push_back(make_calibration(info.model, runtime.provenance({info.corpus}),
                                            std::move(part), runtime.execution()));
  }
  for (std::size_t part = 0; part < files.size(); ++part) {
    store::write_calibration(files[part], calibrations[part]);
  }
  return calibrations;
}

analysis::NamedBasis aqua_basis(std::string name, const store::Calibration& calibration,
                                capture::Site site, std::span<const LayerIndex> layers,
                                const Execution& execution) {
  const std::string methods[] = {"aqua"};
  analysis::NamedBasis basis = std::move(
      analysis::make_bases(methods, site, layers, calibration, nullptr, 0, execution).front());
  basis.name = std::move(name);
  return basis;
}

analysis::MeasuredText measure_or_reuse(capture::QkSource& source,
                                        std::vector<analysis::NamedBasis> bases,
                                        const analysis::RetentionOptions& options,
                                        const WorkFolder& folder, Runtime& runtime) {
  const capture::StreamInfo& info = source.info();
  fs::path file;
  if (folder.keeps()) {
    file = folder.file(
        fmt::format("measured-{}", info.corpus.name),
        fmt::format("measure {} bases {} {}", describe(source), describe(bases), describe(options)),
        ".safetensors");
    if (folder.offers(file, fmt::format("measurements on {}", info.corpus.name))) {
      return analysis::read_measured(file, info.model, info.corpus, options);
    }
  }

  analysis::RetentionMeter meter(options, std::move(bases));
  runtime.stage("measuring");
  capture::QkSink* const sinks[] = {&meter};
  source.run(sinks, runtime.execution());
  analysis::MeasuredText measured{.all = meter.result(), .subset = {}};
  if (!options.subset.empty()) measured.subset = meter.subset_result();
  if (folder.keeps()) analysis::write_measured(file, measured);
  return measured;
}

std::vector<analysis::NamedBasis> copies_of(std::span<const analysis::NamedBasis> bases) {
  std::vector<analysis::NamedBasis> copies;
  for (const analysis::NamedBasis& basis : bases) {
    analysis::NamedBasis& copy = copies.emplace_back();
    copy.name = basis.name;
    for (const auto& [layer, heads] : basis.heads) {
      for (const projection::Basis& head : heads) copy.heads[layer].push_back(head.clone());
    }
  }
  return copies;
}

}  // namespace aqua::tools

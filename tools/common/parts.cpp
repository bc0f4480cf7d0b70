#include "common/parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aqua/analysis/convergence.hpp"
#include "aqua/core/sha256.hpp"
#include "aqua/core/version.hpp"
#include "common/fit.hpp"

namespace aqua::tools {
namespace {

template <class T>
void add_numbers(Sha256& digest, std::span<const T> numbers) {
  const auto count = static_cast<int64_t>(numbers.size());
  digest.update(std::as_bytes(std::span(&count, 1)));
  digest.update(std::as_bytes(numbers));
}

std::string digest_of(const std::vector<std::vector<int32_t>>& lists) {
  Sha256 digest;
  for (const auto& list : lists) add_numbers(digest, std::span(list));
  return digest.finish();
}

void note_reuse(const std::filesystem::path& file, std::string_view what, Runtime& runtime) {
  runtime.note(fmt::format("{}: taken from {}", what, file.string()));
}

}  // namespace

std::string describe(const capture::QkSource& source) {
  const capture::StreamInfo& info = source.info();
  Sha256 windows;
  for (const SequenceInfo& sequence : info.sequences) {
    add_numbers(windows, std::span(&sequence.first_counted, 1));
    add_numbers(windows, std::span(sequence.document));
  }
  // What stands in the windows follows from the file's digest only together with which documents
  // were packed.
  for (const std::string& id : info.documents) windows.update(fmt::format("{}:{}", id.size(), id));
  std::vector<int32_t> layers;
  for (const LayerIndex layer : source.layers()) layers.push_back(layer.value);
  return fmt::format("aqua {} model {} corpus {} tokens {} windows {} layers {}", version(),
                     info.model.sha256, info.corpus.sha256, info.corpus.tokens, windows.finish(),
                     fmt::join(layers, ","));
}

store::Calibration fit_or_reuse(capture::QkSource& source, capture::Site site,
                                const WorkFolder& folder, Runtime& runtime) {
  auto fitted = fit_parts_or_reuse(source, site, {}, /*cumulative=*/false, folder, runtime);
  return std::move(fitted.front());
}

std::vector<store::Calibration> fit_parts_or_reuse(capture::QkSource& source, capture::Site site,
                                                   analysis::TokenParts parts, bool cumulative,
                                                   const WorkFolder& folder, Runtime& runtime) {
  const capture::StreamInfo& info = source.info();
  const std::string description =
      fmt::format("fit {} site {} parts {} {} cumulative {}", describe(source), capture::name(site),
                  parts.count, digest_of(parts.part), cumulative);
  const auto file = [&](int64_t part) {
    return folder.file(fmt::format("fit-{}", info.corpus.name),
                       fmt::format("{} part {}", description, part), ".aqua.h5");
  };
  std::vector<store::Calibration> calibrations;
  for (int64_t part = 0; part < parts.count && folder.has(file(part)); ++part) {
    calibrations.push_back(store::read_calibration(file(part)));
  }
  if (std::ssize(calibrations) == parts.count) {
    note_reuse(file(0), fmt::format("fit on {}", info.corpus.name), runtime);
    return calibrations;
  }

  calibrations.clear();
  runtime.stage("fitting");
  analysis::FitSink sink({site}, std::move(parts));
  capture::QkSink* const sinks[] = {&sink};
  source.run(sinks, runtime.execution());
  std::vector<analysis::FitStatistics> statistics = sink.take_parts();
  if (cumulative) statistics = analysis::prefixes(std::move(statistics));
  for (std::size_t part = 0; part < statistics.size(); ++part) {
    calibrations.push_back(make_calibration(info.model, runtime.provenance({info.corpus}),
                                            std::move(statistics[part]), runtime.execution()));
    if (folder.keeps()) {
      store::write_calibration(file(static_cast<int64_t>(part)), calibrations.back());
    }
  }
  return calibrations;
}

KeyedBasis keyed_basis(std::string name, const store::Calibration& calibration, capture::Site site,
                       std::span<const LayerIndex> layers, const Execution& execution) {
  const std::string methods[] = {"aqua"};
  KeyedBasis keyed;
  keyed.basis = std::move(
      analysis::make_bases(methods, site, layers, calibration, nullptr, 0, execution).front());
  keyed.basis.name = std::move(name);
  Sha256 digest;
  for (const auto& [layer, heads] : keyed.basis.heads) {
    for (const projection::Basis& head : heads) {
      for (int64_t r = 0; r < head.dim(); ++r) add_numbers(digest, head.query_map.row(r));
    }
  }
  keyed.key = digest.finish();
  return keyed;
}

analysis::MeasuredText measure_or_reuse(capture::QkSource& source,
                                        std::span<const KeyedBasis> bases,
                                        const analysis::RetentionOptions& options,
                                        const WorkFolder& folder, Runtime& runtime) {
  const capture::StreamInfo& info = source.info();
  std::vector<std::string> keys;
  for (const KeyedBasis& basis : bases) keys.push_back(basis.basis.name + "=" + basis.key);
  const std::string description = fmt::format(
      "measure {} bases {} k_ratios {} site {} pairwise {} {} seed {} bootstrap {} {} subset {}",
      describe(source), fmt::join(keys, ";"), fmt::join(options.k_ratios, ","),
      capture::name(options.site), options.pairwise, options.pair_queries, options.seed,
      options.bootstrap_replicates, options.keep_replicates, fmt::join(options.subset, ","));
  const std::filesystem::path file =
      folder.file(fmt::format("measured-{}", info.corpus.name), description, ".safetensors");
  if (folder.has(file)) {
    note_reuse(file, fmt::format("measurements on {}", info.corpus.name), runtime);
    return analysis::read_measured(file, info.model, info.corpus, options);
  }

  std::vector<analysis::NamedBasis> under_test;
  for (const KeyedBasis& basis : bases) {
    auto& copy = under_test.emplace_back();
    copy.name = basis.basis.name;
    for (const auto& [layer, heads] : basis.basis.heads) {
      for (const projection::Basis& head : heads) copy.heads[layer].push_back(head.clone());
    }
  }
  analysis::RetentionMeter meter(options, std::move(under_test));
  runtime.stage("measuring");
  capture::QkSink* const sinks[] = {&meter};
  source.run(sinks, runtime.execution());
  analysis::MeasuredText measured{.all = meter.result(), .subset = {}};
  if (!options.subset.empty()) measured.subset = meter.subset_result();
  if (folder.keeps()) analysis::write_measured(file, measured);
  return measured;
}

}  // namespace aqua::tools

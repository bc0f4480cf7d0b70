#include "common/describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aqua/core/sha256.hpp"

namespace aqua::tools {
namespace {

template <class T>
void add_numbers(Sha256& digest, std::span<const T> numbers) {
  const auto count = static_cast<int64_t>(numbers.size());
  digest.update(std::as_bytes(std::span(&count, 1)));
  digest.update(std::as_bytes(numbers));
}

// With its length, so that texts one after the other stay apart.
void add_text(Sha256& digest, std::string_view text) {
  digest.update(fmt::format("{}:{}", text.size(), text));
}

void add_matrix(Sha256& digest, ConstMatrixView<double> matrix) {
  for (int64_t r = 0; r < matrix.rows(); ++r) add_numbers(digest, matrix.row(r));
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
  for (const std::string& id : info.documents) add_text(windows, id);
  std::vector<int32_t> layers;
  for (const LayerIndex layer : source.layers()) layers.push_back(layer.value);
  return fmt::format("model {} corpus {} tokens {} windows {} layers {}", info.model.sha256,
                     info.corpus.sha256, info.corpus.tokens, windows.finish(),
                     fmt::join(layers, ","));
}

std::string describe(const text::PackedCorpus& corpus, const analysis::SequenceRange& range) {
  Sha256 digest;
  for (int64_t s = range.first; s < range.end; ++s) {
    add_numbers(digest, std::span(&corpus.sequences[s].first_counted, 1));
    add_numbers(digest, std::span(corpus.ids[s]));
  }
  return digest.finish();
}

std::string describe(std::span<const analysis::Haystack> haystacks) {
  Sha256 digest;
  for (const analysis::Haystack& haystack : haystacks) {
    add_numbers(digest, std::span(haystack.ids));
    digest.update(fmt::format("{} {} {} {} {}", haystack.needle_first, haystack.needle_count,
                              haystack.copied_first, haystack.answer_first, haystack.answer_count));
  }
  return digest.finish();
}

std::string describe(const store::Calibration& calibration) {
  Sha256 digest;
  for (const auto& [key, heads] : calibration.heads) {
    digest.update(fmt::format("layer {} {}", key.first.value, capture::name(key.second)));
    for (const store::CalibratedHead& head : heads) {
      add_matrix(digest, head.statistics.query.r());
      add_matrix(digest, head.statistics.key.r());
    }
  }
  return digest.finish();
}

std::string describe(std::span<const analysis::NamedBasis> bases) {
  Sha256 digest;
  for (const analysis::NamedBasis& basis : bases) {
    add_text(digest, basis.name);
    for (const auto& [layer, heads] : basis.heads) {
      digest.update(fmt::format("layer {}", layer.value));
      for (const projection::Basis& head : heads) {
        add_matrix(digest, head.query_map);
        add_matrix(digest, head.key_map);
      }
    }
  }
  return digest.finish();
}

std::string describe(const analysis::RetentionOptions& options) {
  std::string plans;
  for (const analysis::NamedPlan& plan : options.plans) {
    plans += fmt::format("{}: {};", plan.name, plan.plan.k);
  }
  return fmt::format(
      "k_ratios {} plans {} site {} pairwise {} {} seed {} bootstrap {} {} subset {}",
      fmt::join(options.k_ratios, ","), plans, capture::name(options.site), options.pairwise,
      options.pair_queries, options.seed, options.bootstrap_replicates, options.keep_replicates,
      fmt::join(options.subset, ","));
}

std::string describe(std::span<const std::vector<int32_t>> lists) {
  Sha256 digest;
  for (const auto& list : lists) add_numbers(digest, std::span(list));
  return digest.finish();
}

}  // namespace aqua::tools

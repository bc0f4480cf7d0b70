#include "common/held_out.hpp"

#include <utility>

namespace aqua::tools {

std::vector<text::Corpus> load_split(std::span<const NamedPath> corpora, double share,
                                     uint64_t seed, const CancelToken& cancel) {
  std::vector<text::Corpus> parts;
  std::vector<text::Corpus> held_out;
  for (const NamedPath& corpus : corpora) {
    text::SplitCorpus split =
        text::split(text::load_corpus(corpus.name, corpus.path, cancel), share, seed);
    parts.push_back(std::move(split.rest));
    held_out.push_back(std::move(split.held_out));
  }
  for (text::Corpus& corpus : held_out) parts.push_back(std::move(corpus));
  return parts;
}

}  // namespace aqua::tools

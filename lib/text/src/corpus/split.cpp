#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/core/random.hpp"
#include "aqua/text/corpus.hpp"

namespace aqua::text {

SplitCorpus split(Corpus corpus, double share, uint64_t seed) {
  if (!(share > 0.0 && share < 1.0)) {
    fail<UsageError>("held-out share: expected above 0 and below 1, found {}", share);
  }
  const std::size_t count = corpus.documents.size();
  if (count < 2) {
    fail<FormatError>("{}: expected at least 2 documents to hold some out, found {}",
                      corpus.path.string(), count);
  }
  const auto wanted =
      static_cast<std::size_t>(std::floor(share * static_cast<double>(count) + 0.5));
  const std::size_t taken = std::clamp<std::size_t>(wanted, 1, count - 1);

  // The first `taken` places of a Fisher-Yates shuffle.
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  Random random(seed, Random::Purpose::document_split);
  for (std::size_t i = 0; i < taken; ++i) std::swap(order[i], order[i + random.below(count - i)]);
  std::vector<bool> is_held_out(count, false);
  for (std::size_t i = 0; i < taken; ++i) is_held_out[order[i]] = true;

  SplitCorpus parts;
  for (Corpus* part : {&parts.rest, &parts.held_out}) {
    part->name = corpus.name;
    part->path = corpus.path;
    part->sha256 = corpus.sha256;
  }
  for (std::size_t i = 0; i < count; ++i) {
    Corpus& part = is_held_out[i] ? parts.held_out : parts.rest;
    part.documents.push_back(std::move(corpus.documents[i]));
  }
  return parts;
}

}  // namespace aqua::text

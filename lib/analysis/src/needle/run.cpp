#include <cmath>
#include <memory>

#include "aqua/analysis/needle.hpp"
#include "aqua/core/error.hpp"
#include "needle/watcher.hpp"
#include "perplexity/token_scores.hpp"

namespace aqua::analysis {

std::vector<std::vector<HaystackScores>> run_haystacks(const model::Model& model,
                                                       std::span<const Haystack> haystacks,
                                                       std::span<const NamedAttention> variants,
                                                       const Execution& execution) {
  const auto exact = attention::make_exact_attention();
  std::vector<const attention::Attention*> attentions{exact.get()};
  for (const NamedAttention& variant : variants) attentions.push_back(variant.attention);
  const int64_t layers = model.facts().layers;
  const int64_t heads = model.facts().heads.query_heads;
  std::vector<std::unique_ptr<NeedleWatcher>> watchers;
  model::RunRequest request;
  std::vector<std::vector<int32_t>> ids;
  std::vector<std::vector<TokenScores>> scores;  // [haystack][attention]
  for (const Haystack& haystack : haystacks) {
    ids.push_back(haystack.ids);
    scores.emplace_back(attentions.size(), TokenScores(haystack.answer_count));
  }
  for (const attention::Attention* attention : attentions) {
    request.attentions.push_back(attention);
    watchers.push_back(std::make_unique<NeedleWatcher>(haystacks, layers, heads));
    request.observers.push_back(watchers.back().get());
  }
  request.ids = ids;
  request.task = fmt::format("haystacks of {} tokens", haystacks.front().ids.size());
  request.logits = [&](const model::LogitsBlock& block) {
    const Haystack& haystack = haystacks[static_cast<std::size_t>(block.sequence)];
    RowScorer scorer;
    for (int64_t i = 0; i < haystack.answer_count; ++i) {
      const int64_t row = haystack.answer_first - 1 + i - block.first;
      if (row < 0 || row >= block.logits.front().rows()) continue;
      scorer.score(block.logits, row, haystack.ids[haystack.answer_first + i], i,
                   scores[block.sequence]);
    }
  };
  model.run(request, execution);

  std::vector<std::vector<HaystackScores>> found(haystacks.size());
  for (std::size_t s = 0; s < haystacks.size(); ++s) {
    for (std::size_t a = 0; a < attentions.size(); ++a) {
      HaystackScores& one = found[s].emplace_back();
      for (const double nats : scores[s][a].nats) {
        one.loss += nats / static_cast<double>(haystacks[s].answer_count);
      }
      if (!std::isfinite(one.loss)) {
        fail<NumericalError>("haystack {}: the model's logits are not finite", s);
      }
      for (int64_t layer = 0; layer < layers; ++layer) {
        for (int64_t h = 0; h < heads; ++h) {
          one.heads.push_back(watchers[a]->of(static_cast<int64_t>(s), layer, h));
        }
      }
    }
  }
  return found;
}

}  // namespace aqua::analysis

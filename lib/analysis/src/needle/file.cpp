// Arrays, for S haystacks, A attentions and M = layers · query heads:
//   loss [S,A] f64
//   heads [S,A,M,4] f64: mass, copied, rank, hits
#include <array>

#include "aqua/analysis/needle_file.hpp"
#include "part_file.hpp"

namespace aqua::analysis {
namespace {

constexpr std::string_view needle_format = "aqua-needle-part";
constexpr int64_t retrieval_size = 4;

}  // namespace

void write_haystack_scores(const std::filesystem::path& path,
                           std::span<const std::vector<HaystackScores>> scores) {
  std::vector<double> loss;
  std::vector<double> heads;
  for (const auto& haystack : scores) {
    for (const HaystackScores& one : haystack) {
      loss.push_back(one.loss);
      for (const HeadRetrieval& head : one.heads) {
        heads.insert(heads.end(), {head.mass, head.copied, head.rank, head.hits});
      }
    }
  }
  const int64_t attentions = std::ssize(scores.front());
  PartWriter part;
  part.add("loss", {std::ssize(scores), attentions}, loss);
  part.add(
      "heads",
      {std::ssize(scores), attentions, std::ssize(scores.front().front().heads), retrieval_size},
      heads);
  part.write(path, needle_format);
}

std::vector<std::vector<HaystackScores>> read_haystack_scores(const std::filesystem::path& path,
                                                              const capture::ModelFacts& model,
                                                              int64_t haystacks,
                                                              int64_t attentions) {
  const auto file = open_part(path, needle_format);
  const int64_t heads = model.layers * model.heads.query_heads;
  Cursor<double> loss(part_values<double>(*file, "loss", std::array{haystacks, attentions}));
  Cursor<double> retrieval(part_values<double>(
      *file, "heads", std::array{haystacks, attentions, heads, retrieval_size}));
  std::vector<std::vector<HaystackScores>> scores(haystacks);
  for (auto& haystack : scores) {
    for (int64_t a = 0; a < attentions; ++a) {
      HaystackScores& one = haystack.emplace_back();
      one.loss = loss.next();
      one.heads.resize(heads);
      for (HeadRetrieval& head : one.heads) {
        head.mass = retrieval.next();
        head.copied = retrieval.next();
        head.rank = retrieval.next();
        head.hits = retrieval.next();
      }
    }
  }
  return scores;
}

}  // namespace aqua::analysis

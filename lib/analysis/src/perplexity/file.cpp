// Arrays, for A attentions, N predicted tokens, V variants, S sequences and M = layers · query
// heads:
//   nats [A,N] f64, kl [A,N] f32, agrees [A,N] u8
//   fidelity [V,S,M,7] f64, when it was asked for: the members of FidelitySums in their order
#include "aqua/analysis/perplexity_file.hpp"

#include <algorithm>
#include <array>

#include "part_file.hpp"

namespace aqua::analysis {
namespace {

constexpr std::string_view pass_format = "aqua-perplexity-part";
constexpr int64_t sums_size = 7;

template <class T>
void add_scores(const std::string& name, const PerplexityPass& pass,
                std::vector<T> TokenScores::*member, PartWriter& part) {
  std::vector<T> values;
  for (const TokenScores& scores : pass.scores) {
    values.insert(values.end(), (scores.*member).begin(), (scores.*member).end());
  }
  const int64_t attentions = std::ssize(pass.scores);
  part.add(name, {attentions, std::ssize(values) / attentions}, values);
}

template <class T>
void read_scores(const std::string& name, const formats::TensorFile& file, int64_t tokens,
                 std::vector<T> TokenScores::*member, PerplexityPass& pass) {
  Cursor<T> values(part_values<T>(file, name, std::array{std::ssize(pass.scores), tokens}));
  for (TokenScores& scores : pass.scores) scores.*member = values.take(tokens);
}

void add_fidelity(const PerplexityPass& pass, PartWriter& part) {
  std::vector<double> values;
  for (const auto& sequences : pass.fidelity) {
    for (const auto& heads : sequences) {
      for (const FidelitySums& sums : heads) {
        values.insert(values.end(), {sums.attended_share, sums.hit_rate, sums.exact_mass,
                                     sums.total_variation, sums.squared_difference,
                                     sums.squared_output, static_cast<double>(sums.queries)});
      }
    }
  }
  const auto& sequences = pass.fidelity.front();
  part.add(
      "fidelity",
      {std::ssize(pass.fidelity), std::ssize(sequences), std::ssize(sequences.front()), sums_size},
      values);
}

void read_fidelity(const formats::TensorFile& file, int64_t variants, int64_t sequences,
                   int64_t heads, PerplexityPass& pass) {
  Cursor<double> values(
      part_values<double>(file, "fidelity", std::array{variants, sequences, heads, sums_size}));
  pass.fidelity.resize(variants);
  for (auto& of_variant : pass.fidelity) {
    of_variant.assign(sequences, std::vector<FidelitySums>(heads));
    for (auto& of_sequence : of_variant) {
      for (FidelitySums& sums : of_sequence) {
        sums.attended_share = values.next();
        sums.hit_rate = values.next();
        sums.exact_mass = values.next();
        sums.total_variation = values.next();
        sums.squared_difference = values.next();
        sums.squared_output = values.next();
        sums.queries = static_cast<int64_t>(values.next());
      }
    }
  }
}

}  // namespace

void write_perplexity_pass(const std::filesystem::path& path, const PerplexityPass& pass) {
  PartWriter part;
  add_scores("nats", pass, &TokenScores::nats, part);
  add_scores("kl", pass, &TokenScores::kl, part);
  add_scores("agrees", pass, &TokenScores::agrees, part);
  if (!pass.fidelity.empty()) add_fidelity(pass, part);
  part.write(path, pass_format);
}

PerplexityPass read_perplexity_pass(const std::filesystem::path& path, const model::Model& model,
                                    const text::PackedCorpus& corpus, const SequenceRange& range,
                                    std::span<const NamedAttention> variants,
                                    const PerplexityOptions& options) {
  const auto file = open_part(path, pass_format);
  int64_t tokens = 0;
  for (int64_t s = range.first; s < range.end; ++s) {
    const SequenceInfo& sequence = corpus.sequences[s];
    tokens += sequence.length() - std::max<int64_t>(1, sequence.first_counted);
  }
  PerplexityPass pass;
  pass.scores.resize(1 + variants.size());
  read_scores("nats", *file, tokens, &TokenScores::nats, pass);
  read_scores("kl", *file, tokens, &TokenScores::kl, pass);
  read_scores("agrees", *file, tokens, &TokenScores::agrees, pass);
  if (options.fidelity && !variants.empty()) {
    const capture::ModelFacts& facts = model.facts();
    read_fidelity(*file, std::ssize(variants), range.end - range.first,
                  facts.layers * facts.heads.query_heads, pass);
  }
  return pass;
}

}  // namespace aqua::analysis

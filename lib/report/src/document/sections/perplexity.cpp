// How well the model predicts text, exactly and with attention variants.
#include <fmt/format.h>

#include "../result_members.hpp"
#include "../sections.hpp"

namespace aqua::report::document {
namespace {

Section make_perplexity(const Input& input, std::size_t index, const std::string& suffix) {
  Grid grid{.caption = "Perplexity with exact attention",
            .header = {"text", "predicted tokens", "perplexity", "bits per byte", "nats per token"},
            .rows = {}};
  for (const ResultJson& corpus : list_member(input.json, "corpora", input.path)) {
    const std::string name =
        text_member(object_member(corpus, "corpus", input.path), "name", input.path);
    const std::string context = fmt::format("{}: {}", input.path, name);
    grid.rows.push_back(
        {{.text = name},
         number_cell(static_cast<double>(integer_member(corpus, "predicted_tokens", context))),
         number_cell(number_member(corpus, "perplexity", context)),
         number_cell(number_member(corpus, "bits_per_byte", context)),
         number_cell(number_member(corpus, "nats_per_token", context))});
  }
  return {.id = numbered_id("perplexity", index),
          .title = "Perplexity" + suffix,
          .blocks = {std::move(grid)}};
}

}  // namespace

std::vector<Section> perplexity_section(const Inputs& inputs) {
  std::vector<Section> sections;
  const auto results = of_schema(inputs, "aqua-perplexity");
  for (const Input* input : results) {
    sections.push_back(
        make_perplexity(*input, sections.size(), title_suffix(*input, results.size())));
  }
  return sections;
}

}  // namespace aqua::report::document

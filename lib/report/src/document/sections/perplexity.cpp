// How well the model predicts text, exactly and with attention variants (schema "aqua-perplexity").
#include <fmt/format.h>

#include "../records.hpp"
#include "../result_members.hpp"
#include "../sections.hpp"
#include "../variant_names.hpp"

namespace aqua::report::document {
namespace {

struct PerplexityBlocks {
  Grid exact{
      .caption = "With exact attention",
      .header = {"text", "predicted tokens", "perplexity", "bits per byte", "nats per token"},
      .rows = {}};
  Grid variants{.caption = "With attention variants, against exact attention",
                .header = {"text", "attention", "perplexity", "change", "KL divergence (nats)",
                           "same top-1", "bits per byte"},
                .rows = {}};
  Grid fidelity{.caption = "Attention weights of the variants against exact ones",
                .header = {"text", "attention", "attended keys", "hit rate", "exact mass",
                           "total variation", "output error"},
                .rows = {}};
  /// Variants with a k.
  Records perplexity{{{"corpus", "text"}, {"attention", "attention"}, {"k_ratio", "k/d"}}};
  Records divergence = perplexity;
  Records agreement = perplexity;
  /// The others.
  Records change{{{"corpus", "text"}, {"attention", "attention"}}};
};

void add_variant(const std::string& corpus, const ListItem& item, PerplexityBlocks& blocks) {
  const auto& [json, context] = item;
  const std::string spec = text_member(json, "attention", context);
  const double perplexity = number_member(json, "perplexity", context);
  const auto estimate = [&json = json, &context = context](const char* key) {
    return estimate_of(object_member(json, key, context), fmt::format("{}: \"{}\"", context, key));
  };
  const EstimateNumbers change = estimate("perplexity_change");
  const EstimateNumbers divergence = estimate("kl_divergence");
  const EstimateNumbers agreement = estimate("top1_agreement");
  blocks.variants.rows.push_back({{.text = corpus},
                                  {.text = spec},
                                  number_cell(perplexity),
                                  estimate_cell(change),
                                  estimate_cell(divergence),
                                  estimate_cell(agreement),
                                  number_cell(number_member(json, "bits_per_byte", context))});
  if (const auto at_ratio = split_ratio(spec)) {
    const std::vector<Place> places{place(corpus), place(at_ratio->family),
                                    place(at_ratio->k_ratio)};
    blocks.perplexity.add(places, perplexity);
    blocks.divergence.add(places, divergence.value, divergence.low, divergence.high);
    blocks.agreement.add(places, agreement.value, agreement.low, agreement.high);
  } else {
    blocks.change.add({place(corpus), place(spec)}, change.value, change.low, change.high);
  }
  const auto fidelity = json.find("fidelity");
  if (fidelity == json.end()) return;
  std::vector<Cell> row{{.text = corpus}, {.text = spec}};
  for (const char* key :
       {"attended_share", "hit_rate", "exact_mass", "total_variation", "output_error"}) {
    row.push_back(number_cell(number_member(*fidelity, key, context)));
  }
  blocks.fidelity.rows.push_back(std::move(row));
}

void add_perplexity_corpus(const ListItem& item, PerplexityBlocks& blocks) {
  const auto& [json, path] = item;
  const std::string corpus = text_member(object_member(json, "corpus", path), "name", path);
  const std::string context = fmt::format("{} ({})", path, corpus);
  const double exact = number_member(json, "perplexity", context);
  blocks.exact.rows.push_back(
      {{.text = corpus},
       number_cell(static_cast<double>(integer_member(json, "predicted_tokens", context))),
       number_cell(exact),
       number_cell(number_member(json, "bits_per_byte", context)),
       number_cell(number_member(json, "nats_per_token", context))});
  if (!json.contains("variants")) return;
  const std::vector<ListItem> variants = items_of(json, "variants", context);
  for (const ListItem& variant : variants) add_variant(corpus, variant, blocks);
  // A level line to compare with, wherever a variant was measured.
  for (const auto& [variant, at] : variants) {
    const auto at_ratio = split_ratio(text_member(variant, "attention", at));
    if (!at_ratio) continue;
    blocks.perplexity.add({place(corpus), place("exact"), place(at_ratio->k_ratio)}, exact);
  }
}

/// A chart over k/d with a line per attention.
Chart ratio_chart(std::string id, const Records& records, const Input& input) {
  const auto cube = records.cube(input.path);
  return {.id = std::move(id),
          .kind = ChartKind::lines,
          .title = "",
          .description = "",
          .value_label = "",
          .cube = cube,
          .x = cube->dimension("k_ratio"),
          .series = cube->dimension("attention"),
          .interval_label = "95 % bootstrap interval over documents"};
}

void add_charts(const PerplexityBlocks& blocks, const Input& input, std::size_t index,
                Section& section) {
  if (!blocks.perplexity.empty()) {
    Chart curves = ratio_chart(numbered_id("perplexity-curves", index), blocks.perplexity, input);
    curves.title = "Perplexity by k/d";
    curves.description =
        "What the choice of dimensions costs the whole model, against exact "
        "attention.";
    curves.value_label = "perplexity (log scale)";
    curves.y_log = true;
    section.blocks.emplace_back(std::move(curves));
    Chart divergence = ratio_chart(numbered_id("perplexity-kl", index), blocks.divergence, input);
    divergence.title = "Divergence of next-token distributions by k/d";
    divergence.description = "KL divergence from the exact model's distribution, mean over tokens.";
    divergence.value_label = "KL divergence in nats (log scale)";
    divergence.y_log = true;
    section.blocks.emplace_back(std::move(divergence));
    Chart agreement = ratio_chart(numbered_id("perplexity-top1", index), blocks.agreement, input);
    agreement.title = "Same most likely token by k/d";
    agreement.description = "Share of tokens for which the model's first choice stays the same.";
    agreement.value_label = "share of tokens";
    section.blocks.emplace_back(std::move(agreement));
  }
  if (!blocks.change.empty()) {
    const auto cube = blocks.change.cube(input.path);
    section.blocks.emplace_back(
        Chart{.id = numbered_id("perplexity-change", index),
              .kind = ChartKind::lines,
              .title = "Change of perplexity, other variants",
              .description = "Perplexity minus that of exact attention, resampled in pairs.",
              .value_label = "change of perplexity",
              .cube = cube,
              .x = cube->dimension("attention"),
              .series = cube->dimension("corpus"),
              .interval_label = "95 % bootstrap interval over documents"});
  }
}

Section make_perplexity(const Input& input, std::size_t index, const std::string& suffix) {
  PerplexityBlocks blocks;
  for (const ListItem& corpus : items_of(input.json, "corpora", input.path)) {
    add_perplexity_corpus(corpus, blocks);
  }
  Section section{
      .id = numbered_id("perplexity", index), .title = "Perplexity" + suffix, .blocks = {}};
  section.blocks.emplace_back(std::move(blocks.exact));
  add_charts(blocks, input, index, section);
  if (!blocks.variants.rows.empty()) section.blocks.emplace_back(Folded{blocks.variants});
  if (!blocks.fidelity.rows.empty()) section.blocks.emplace_back(Folded{blocks.fidelity});
  return section;
}

}  // namespace

std::vector<Section> perplexity_section(const Inputs& inputs) {
  return section_of_each(inputs, "aqua-perplexity", make_perplexity);
}

}  // namespace aqua::report::document

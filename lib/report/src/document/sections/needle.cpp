// Whether a sentence far back in the context is still found (schema "aqua-needle").
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "../records.hpp"
#include "../result_members.hpp"
#include "../sections.hpp"
#include "aqua/report/numbers.hpp"

namespace aqua::report::document {
namespace {

struct NeedleQuantity {
  const char* key;
  const char* label;
};
/// The first is what charts start with.
constexpr std::array needle_quantities{NeedleQuantity{"hit_rate", "hit rate"},
                                       NeedleQuantity{"mass", "attention mass on the needle"},
                                       NeedleQuantity{"copied", "weight on the token to be copied"},
                                       NeedleQuantity{"rank", "rank of the token to be copied"},
                                       NeedleQuantity{"best_rank", "least rank in any head"},
                                       NeedleQuantity{"loss", "loss of the answer (nats)"},
                                       NeedleQuantity{"loss_change", "change of that loss (nats)"}};

struct NeedleBlocks {
  Grid subjects{.caption = "What was hidden where",
                .header = {"text", "needles", "retrieval heads"},
                .rows = {}};
  Grid cells{.caption = "All lengths and depths",
             .header = {"text", "tokens", "depth", "attention"},
             .rows = {}};
  Records values{{{"quantity", "quantity"},
                  {"corpus", "text"},
                  {"attention", "attention"},
                  {"depth", "depth of the needle"},
                  {"length", "tokens of the haystack"}}};
};

std::string retrieval_heads(const ResultJson& corpus, const std::string& context) {
  std::vector<std::string> heads;
  for (const auto& [head, at] : items_of(corpus, "retrieval_heads", context)) {
    heads.push_back(fmt::format("L{}.H{} ({})", integer_member(head, "layer", at),
                                integer_member(head, "head", at),
                                significant(number_member(head, "copied", at), 3)));
  }
  return fmt::format("{}", fmt::join(heads, ", "));
}

void add_needle_cell(const std::string& corpus, const ListItem& item, NeedleBlocks& blocks) {
  const auto& [json, context] = item;
  const Place attention = place(text_member(json, "attention", context));
  const Place depth = place(number_member(json, "depth", context));
  const Place length = place(integer_member(json, "length", context));
  std::vector<Cell> row{{.text = corpus},
                        number_cell(length.number),
                        number_cell(depth.number),
                        {.text = attention.label}};
  for (const auto& [key, label] : needle_quantities) {
    const EstimateNumbers numbers =
        estimate_of(object_member(json, key, context), fmt::format("{}: \"{}\"", context, key));
    blocks.values.add({place(std::string(label)), place(corpus), attention, depth, length},
                      numbers.value, numbers.low, numbers.high);
    row.push_back(estimate_cell(numbers));
  }
  blocks.cells.rows.push_back(std::move(row));
}

NeedleBlocks read_needles(const Input& input) {
  NeedleBlocks blocks;
  for (const NeedleQuantity& quantity : needle_quantities) {
    blocks.cells.header.emplace_back(quantity.label);
  }
  for (const auto& [json, path] : items_of(input.json, "corpora", input.path)) {
    const std::string corpus = text_member(object_member(json, "corpus", path), "name", path);
    const std::string context = fmt::format("{} ({})", path, corpus);
    blocks.subjects.rows.push_back(
        {{.text = corpus},
         number_cell(static_cast<double>(list_member(json, "needles", context).size())),
         {.text = retrieval_heads(json, context)}});
    for (const ListItem& cell : items_of(json, "cells", context)) {
      add_needle_cell(corpus, cell, blocks);
    }
  }
  return blocks;
}

/// A view of the needles' numbers that starts with the first variant, where there is one, and the
/// middle depth.
Chart needle_chart(const std::shared_ptr<const Cube>& cube, std::string id) {
  Chart chart{.id = std::move(id),
              .title = "",
              .description = "",
              .value_label = "",
              .value_dimension = cube->dimension("quantity"),
              .cube = cube,
              .x = cube->dimension("length"),
              .chosen = std::vector<std::size_t>(cube->dimensions.size(), 0)};
  const std::size_t attention = cube->dimension("attention");
  const std::size_t depth = cube->dimension("depth");
  chart.chosen[attention] = cube->dimensions[attention].labels.size() > 1 ? 1 : 0;
  chart.chosen[depth] = cube->dimensions[depth].labels.size() / 2;
  return chart;
}

Section make_needle(const Input& input, std::size_t index, const std::string& suffix) {
  NeedleBlocks blocks = read_needles(input);
  Section section{
      .id = numbered_id("needle", index), .title = "Needles in haystacks" + suffix, .blocks = {}};
  section.blocks.emplace_back(Paragraph{
      "A sentence is hidden in running text, and its first words stand again at the end: can the "
      "model continue with what followed before? Hits, mass, weight and rank are means over the "
      "retrieval heads, which copy most under exact attention."});
  section.blocks.emplace_back(std::move(blocks.subjects));
  if (blocks.values.empty()) return section;
  const auto cube = blocks.values.cube(input.path);
  Chart lengths = needle_chart(cube, numbered_id("needle-lengths", index));
  lengths.kind = ChartKind::lines;
  lengths.title = "By length of the haystack";
  lengths.description =
      "A variant that falls away from exact attention as the haystack grows loses what stands far "
      "back.";
  lengths.series = cube->dimension("attention");
  lengths.interval_label = "95 % bootstrap interval over needles";
  lengths.x_log = true;
  section.blocks.emplace_back(std::move(lengths));
  Chart map = needle_chart(cube, numbered_id("needle-map", index));
  map.kind = ChartKind::heat;
  map.title = "By length and depth";
  map.description = "Depth 0: the needle stands at the start of the haystack; 1: at its end.";
  map.series = cube->dimension("depth");
  section.blocks.emplace_back(std::move(map));
  section.blocks.emplace_back(Folded{std::move(blocks.cells)});
  return section;
}

}  // namespace

std::vector<Section> needle_section(const Inputs& inputs) {
  return section_of_each(inputs, "aqua-needle", make_needle);
}

}  // namespace aqua::report::document

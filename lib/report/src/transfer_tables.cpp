#include "transfer_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>

#include "aqua/report/numbers.hpp"
#include "aqua/report/table.hpp"
#include "estimates.hpp"
#include "retention_tables.hpp"

namespace aqua::report {

using analysis::Estimate;
using analysis::Measure;
using analysis::Selection;
using analysis::TransferCell;
using analysis::TransferResult;

namespace {

constexpr std::size_t label_width = 9;  // two labels and two intervals fit 80 columns

std::string degrees(double radians) { return fixed(radians * 180.0 / std::numbers::pi, 1); }

/// One row per (fit, evaluation, k_ratio); `cell` gives the texts behind the three labels, none to
/// leave the row out.
template <class Cells>
std::string matrix_table(const TransferResult& result, std::vector<std::string> headers,
                         Cells cells) {
  std::vector<Table::Column> columns{
      {"fitted\non", Align::left}, {"measured\non", Align::left}, {"k/d", Align::right}};
  for (std::string& header : headers) columns.push_back({std::move(header), Align::left});
  Table table(std::move(columns));
  for (std::size_t e = 0; e < result.evaluations.size(); ++e) {
    for (std::size_t f = 0; f < result.fits.size(); ++f) {
      bool first = true;
      for (const double ratio : result.options.k_ratios) {
        std::vector<std::string> texts = cells(f, e, ratio);
        if (texts.empty()) continue;
        std::vector<std::string> row{first ? fit_label(result, f) : "",
                                     first ? evaluation_label(result, e) : "", ratio_text(ratio)};
        row.insert(row.end(), texts.begin(), texts.end());
        table.add_row(std::move(row));
        first = false;
      }
    }
  }
  return table.empty() ? std::string() : table.render();
}

/// The value of one measure in a cell, "-" when it was not measured.
std::string value_text(const TransferResult& result, Measure measure, Selection selection,
                       double ratio, std::size_t fit, std::size_t evaluation) {
  const auto* cells = cells_of(result, measure, selection, ratio);
  return cells == nullptr ? "-" : interval_text((*cells)[fit][evaluation].value.model);
}

}  // namespace

std::string fit_label(const TransferResult& result, std::size_t fit) {
  return shortened(result.fits[fit].name, label_width);
}

std::string evaluation_label(const TransferResult& result, std::size_t evaluation) {
  return shortened(result.evaluations[evaluation].all.corpus.name, label_width);
}

const std::vector<std::vector<TransferCell>>* cells_of(const TransferResult& result,
                                                       Measure measure, Selection selection,
                                                       double k_ratio) {
  for (std::size_t m = 0; m < result.measures.size(); ++m) {
    const analysis::TransferMeasure& found = result.measures[m];
    if (found.measure == measure && found.selection == selection && found.k_ratio == k_ratio) {
      return &result.cells[m];
    }
  }
  return nullptr;
}

std::string transfer_value_tables(const TransferResult& result) {
  std::string out = "\nQuery loss T[a][b]: fitted on a, measured on b\n\n";
  out += matrix_table(
      result, {"static slice", "dynamic selection"},
      [&](std::size_t f, std::size_t e, double ratio) -> std::vector<std::string> {
        return {value_text(result, Measure::query_loss, Selection::fixed, ratio, f, e),
                value_text(result, Measure::query_loss, Selection::dynamic, ratio, f, e)};
      });
  const bool outputs = cells_of(result, Measure::output_error, Selection::dynamic,
                                result.options.k_ratios.front()) != nullptr;
  out += outputs ? "\nKey loss (static slice) and error of head outputs (dynamic selection)\n\n"
                 : "\nKey loss (static slice)\n\n";
  std::vector<std::string> headers{"key loss"};
  if (outputs) headers.emplace_back("output error");
  out += matrix_table(result, headers, [&](std::size_t f, std::size_t e, double ratio) {
    std::vector<std::string> texts{
        value_text(result, Measure::key_loss, Selection::fixed, ratio, f, e)};
    if (outputs) {
      texts.push_back(value_text(result, Measure::output_error, Selection::dynamic, ratio, f, e));
    }
    return texts;
  });
  return out;
}

std::string transfer_gap_table(const TransferResult& result) {
  const std::string table =
      matrix_table(result, {"static slice", "dynamic selection"},
                   [&](std::size_t f, std::size_t e, double ratio) {
                     std::vector<std::string> texts;
                     for (const Selection selection : {Selection::fixed, Selection::dynamic}) {
                       const auto* cells = cells_of(result, Measure::query_loss, selection, ratio);
                       if (cells == nullptr || !(*cells)[f][e].gap)
                         return std::vector<std::string>();
                       texts.push_back(signed_interval_text((*cells)[f][e].gap->model));
                     }
                     return texts;
                   });
  if (table.empty()) return "";
  return "\nGap T[a][b] - T[b][b]: what a basis of b itself would lose less\n\n" + table;
}

std::string transfer_difference_table(const TransferResult& result) {
  if (result.differences.empty()) return "";
  Table table({{"fitted\non", Align::left},
               {"b - c", Align::left},
               {"k/d", Align::right},
               {"static slice", Align::left},
               {"dynamic selection", Align::left}});
  const auto find = [&](const analysis::AlignedDifference& like, Selection selection) {
    for (const analysis::AlignedDifference& other : result.differences) {
      if (other.fit == like.fit && other.first == like.first && other.second == like.second &&
          other.measure.measure == Measure::query_loss &&
          other.measure.k_ratio == like.measure.k_ratio && other.measure.selection == selection) {
        return signed_interval_text(other.difference.model);
      }
    }
    return std::string("-");
  };
  for (const analysis::AlignedDifference& difference : result.differences) {
    if (difference.measure.measure != Measure::query_loss ||
        difference.measure.selection != Selection::fixed) {
      continue;
    }
    table.add_row({fit_label(result, difference.fit),
                   fmt::format("{} - {}", evaluation_label(result, difference.first),
                               evaluation_label(result, difference.second)),
                   ratio_text(difference.measure.k_ratio), find(difference, Selection::fixed),
                   find(difference, Selection::dynamic)});
  }
  return fmt::format("\nDifference T[a][b] - T[a][c] over the {} that both texts have\n\n",
                     counted(result.aligned_documents, "document")) +
         table.render();
}

std::string transfer_subspace_table(const TransferResult& result) {
  if (result.subspaces.empty()) return "";
  Table table({{"basis", Align::left},
               {"basis", Align::left},
               {"k", Align::right},
               {"overlap", Align::right},
               {"by\nchance", Align::right},
               {"mean\nangle", Align::right},
               {"worst head", Align::left},
               {"largest\nangle", Align::right}});
  for (const analysis::TransferSubspaces& pair : result.subspaces) {
    for (const analysis::SubspaceComparison& comparison : pair.by_k) {
      const analysis::SubspaceSummary& all = comparison.model;
      const double chance =
          static_cast<double>(comparison.k) / static_cast<double>(result.model.heads.head_dim);
      table.add_row({fit_label(result, pair.first), fit_label(result, pair.second),
                     fmt::format("{}", comparison.k), fixed(all.overlap, 4), fixed(chance, 2),
                     degrees(all.mean_angle),
                     fmt::format("{} L{}.KV{}", fixed(all.worst_overlap, 4), all.worst_layer.value,
                                 all.worst_head),
                     degrees(all.largest_angle)});
    }
  }
  return "\nLeading subspaces of the bases: overlap, and principal angles in degrees\n\n" +
         table.render();
}

std::string transfer_layer_tables(const TransferResult& result) {
  std::string out;
  for (std::size_t e = 0; e < result.evaluations.size(); ++e) {
    for (std::size_t f = 0; f < result.fits.size(); ++f) {
      std::vector<const TransferCell*> cells;  // [k_ratio]
      for (const double ratio : result.options.k_ratios) {
        const auto* found = cells_of(result, Measure::query_loss, Selection::dynamic, ratio);
        if (found != nullptr && (*found)[f][e].gap) cells.push_back(&(*found)[f][e]);
      }
      if (cells.empty()) continue;
      // Two intervals a row fit 80 columns: a block for every two ratios.
      for (std::size_t first = 0; first < cells.size(); first += 2) {
        const std::size_t end = std::min(cells.size(), first + 2);
        std::vector<Table::Column> columns{{"layer", Align::right}};
        for (std::size_t r = first; r < end; ++r) {
          columns.push_back(
              {fmt::format("loss\nk/d {}", ratio_text(result.options.k_ratios[r])), Align::right});
          columns.push_back({"gap", Align::left});
        }
        Table table(std::move(columns));
        for (std::size_t l = 0; l < result.layers.size(); ++l) {
          std::vector<std::string> row{fmt::format("{}", result.layers[l].value)};
          for (std::size_t r = first; r < end; ++r) {
            row.push_back(fixed(cells[r]->value.layers[l].value, 4));
            row.push_back(signed_interval_text(cells[r]->gap->layers[l]));
          }
          table.add_row(std::move(row));
        }
        out += fmt::format("\nBy layer, dynamic selection: fitted on {}, measured on {}\n\n",
                           fit_label(result, f), evaluation_label(result, e));
        out += table.render();
      }
    }
  }
  for (const analysis::TransferSubspaces& pair : result.subspaces) {
    std::vector<Table::Column> columns{{"layer", Align::right}};
    const std::size_t ratios = std::min<std::size_t>(pair.by_k.size(), 3);
    for (std::size_t i = 0; i < ratios; ++i) {
      columns.push_back({fmt::format("overlap\nk = {}", pair.by_k[i].k), Align::right});
      columns.push_back({"worst head", Align::left});
    }
    Table table(std::move(columns));
    for (std::size_t l = 0; l < result.layers.size(); ++l) {
      std::vector<std::string> row{fmt::format("{}", result.layers[l].value)};
      for (std::size_t i = 0; i < ratios; ++i) {
        const analysis::SubspaceSummary& layer = pair.by_k[i].layers[l];
        row.push_back(fixed(layer.overlap, 4));
        row.push_back(fmt::format("{} KV{}", fixed(layer.worst_overlap, 4), layer.worst_head));
      }
      table.add_row(std::move(row));
    }
    out += fmt::format("\nOverlap by layer: bases of {} and {}\n\n", fit_label(result, pair.first),
                       fit_label(result, pair.second));
    out += table.render();
  }
  return out;
}

}  // namespace aqua::report

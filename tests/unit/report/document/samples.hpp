// Charts and result files that the tests of documents share.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "../retention_fixture.hpp"
#include "aqua/report/document.hpp"
#include "document/inputs.hpp"
#include "temporary_folder.hpp"

namespace aqua::report::document::test {

inline constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Dimensions text {en, hi}, selection {static, dynamic}, k/d {0.25, 0.5, 1}; value
/// 100·text + 10·selection + place of k/d, interval ± 0.5; the last one of hi, dynamic undefined.
inline Chart line_chart() {
  Cube cube =
      Cube::make({{.key = "text", .label = "text", .labels = {"en", "hi"}},
                  {.key = "selection", .label = "selection", .labels = {"static", "dynamic"}},
                  {.key = "k_ratio",
                   .label = "k/d",
                   .labels = {"0.25", "0.5", "1"},
                   .numbers = {0.25, 0.5, 1.0}}},
                 /*intervals=*/true, "samples");
  for (std::size_t text = 0; text < 2; ++text) {
    for (std::size_t selection = 0; selection < 2; ++selection) {
      for (std::size_t ratio = 0; ratio < 3; ++ratio) {
        const std::size_t places[] = {text, selection, ratio};
        const std::size_t at = cube.at(places);
        cube.values[at] = static_cast<double>(100 * text + 10 * selection + ratio);
        cube.low[at] = cube.values[at] - 0.5;
        cube.high[at] = cube.values[at] + 0.5;
      }
    }
  }
  cube.values[11] = none;
  return {.id = "curves",
          .kind = ChartKind::lines,
          .title = "Curves",
          .description = "Down is better.",
          .value_label = "loss",
          .cube = std::make_shared<const Cube>(std::move(cube)),
          .x = 2,
          .series = 0,
          .style = 1};
}

/// The same numbers: k/d over text, at a selection to choose, which starts as dynamic.
inline Chart heat_chart() {
  Chart chart = line_chart();
  chart.id = "map";
  chart.kind = ChartKind::heat;
  chart.style.reset();
  chart.chosen = {0, 1, 0};
  return chart;
}

inline void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace aqua::report::document::test

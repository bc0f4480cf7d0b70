// A report as plain data: sections of sentences, facts, tables and charts, made from calibrations
// and results, and written as one HTML page or as Markdown with pictures. What is shown is here;
// how it looks is in assets/ and in the two writers.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "aqua/core/execution.hpp"

namespace aqua::report::document {

/// One axis of a cube.
struct Dimension {
  std::string key;                  ///< e.g. "k_ratio"
  std::string label;                ///< e.g. "k/d"
  std::vector<std::string> labels;  ///< name of every place on it; its length is the extent
  std::vector<double> numbers{};    ///< where the places lie on a number line; empty: only named
};

/// Numbers over all combinations of the places of its dimensions, row-major, the last dimension
/// fastest. NaN where nothing was measured. `low` and `high` are empty when there are no intervals.
struct Cube {
  std::vector<Dimension> dimensions;
  std::vector<double> values;
  std::vector<double> low;
  std::vector<double> high;

  /// All NaN. FormatError, starting with `context`, when there would be more than 2^26 numbers.
  static Cube make(std::vector<Dimension> dimensions, bool intervals, std::string_view context);
  /// Position of one combination, an index per dimension.
  std::size_t at(std::span<const std::size_t> places) const;
  /// The number of the dimension with this key; it must exist.
  std::size_t dimension(std::string_view key) const;
};

enum class ChartKind {
  lines,  ///< y against `x`, one line per place of `series` and `style`, with interval bands
  heat,   ///< colour over `x` (columns) and `series` (rows)
};

/// A view of a cube. Dimensions that are neither x, series nor style are chosen by the reader;
/// `chosen` holds where they start (an index per dimension; those of x, series, style are ignored).
struct Chart {
  std::string id;  ///< [a-z0-9-], unique in the document
  ChartKind kind = ChartKind::lines;
  std::string title;
  std::string description;  ///< what to see in it, a sentence or two
  std::string value_label;  ///< what the numbers are, when no dimension says it
  std::optional<std::size_t> value_dimension{};  ///< the dimension whose chosen place is that
  std::shared_ptr<const Cube> cube;
  std::size_t x = 0;
  std::size_t series = 0;              ///< colour and mark; heat: rows
  std::optional<std::size_t> style{};  ///< dash of the line
  std::vector<std::size_t> chosen{};   ///< empty: all 0
  std::string interval_label{};        ///< what low and high are
  bool x_log = false;
  bool y_log = false;
  bool from_zero = true;  ///< the value axis includes 0
};

/// A number in text form with its exact value and, where there is one, its interval; or just text.
struct Cell {
  std::string text;
  std::optional<double> number{};
  std::optional<double> low{};
  std::optional<double> high{};
};
/// Five significant digits; "-" when not finite. Bounds that are not finite are no interval.
Cell number_cell(double value);
Cell number_cell(double value, double low, double high);
/// The text, with the interval after it: "0.0211 [0.021, 0.0212]".
std::string cell_text(const Cell& cell);

struct Grid {
  std::string caption;
  std::vector<std::string> header;
  std::vector<std::vector<Cell>> rows;  ///< numbers stand right
};

struct Facts {
  std::vector<std::pair<std::string, std::string>> lines;
};

struct Paragraph {
  std::string text;
  bool emphasised = false;
};

/// A grid that starts folded away, under its caption.
struct Folded {
  Grid grid;
};

using Block = std::variant<Paragraph, Facts, Grid, Folded, Chart>;

struct Section {
  std::string id;  ///< [a-z0-9-], unique in the document
  std::string title;
  std::vector<Block> blocks;
};

struct Document {
  std::string title;
  std::string subtitle;
  std::string generator;  ///< "aqua 0.1.0"
  std::string date;
  std::vector<Section> sections;
};

struct DocumentOptions {
  std::string title;  ///< empty: "AQUA report: " and the models' names
};

/// Reads calibration files and results (JSON as `aqua analyze … --json` prints it) and builds every
/// section that they have something for. FormatError, naming file and key, for a file that cannot
/// be read, another schema or version, and missing or ill-typed members.
Document build_document(std::span<const std::filesystem::path> inputs,
                        const DocumentOptions& options, const CancelToken& cancel);

/// One page that needs no other file and no network; scripts run only with digests that the page's
/// content security policy names. All text is escaped.
std::string to_html(const Document& document);

struct Markdown {
  std::string text;
  std::vector<std::pair<std::string, std::string>> pictures;  ///< file name, SVG
};
/// `folder` is the relative path under which the text refers to the pictures.
Markdown to_markdown(const Document& document, const std::string& folder);

}  // namespace aqua::report::document

// What both kinds of pictures are made of: a drawing to add elements to, axes, and colours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aqua::report::document {

/// A value axis: the ends, and round numbers between them.
struct Axis {
  double low = 0.0;
  double high = 1.0;
  bool log = false;
  std::vector<double> ticks;
  /// 0 at low, 1 at high; for log axes values must be positive.
  double share(double value) const;
};

/// An axis for values from `low` to `high` (finite, low <= high) with about five ticks at steps of
/// 1, 2 or 5 times a power of ten, ending on ticks; a log axis has powers of ten, and needs low >
/// 0.
Axis make_axis(double low, double high, bool log);

/// A tick's number, short: "0.25", "1e+06".
std::string tick_text(double value);

/// Light to dark without steps in hue, after the cividis map, which readers with any colour vision
/// see alike; share from 0 to 1. "#rrggbb"
std::string ramp_color(double share);
/// Black or white, whichever is read better on ramp_color(share).
std::string_view ink_on_ramp(double share);

class Drawing {
 public:
  Drawing(double width, double height, std::string_view title, std::string_view description);
  /// Attributes as they stand in the element.
  void rect(double x, double y, double width, double height, std::string_view attributes);
  void line(double x1, double y1, double x2, double y2, std::string_view attributes);
  void path(const std::string& data, std::string_view attributes);
  /// `anchor`: start, middle or end. The text is escaped here.
  void text(double x, double y, std::string_view anchor, std::string_view text,
            std::string_view attributes = "");
  /// One of six forms for the n-th series, centred.
  void mark(std::size_t n, double x, double y);
  void open_group(std::string_view attributes);
  void close_group();
  /// The whole document.
  std::string finish() &&;

 private:
  std::string out_;
};

}  // namespace aqua::report::document

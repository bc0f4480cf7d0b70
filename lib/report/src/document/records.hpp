// Numbers as they come, one after the other, put together to a cube.
#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aqua/report/document.hpp"

namespace aqua::report::document {

/// Where a record lies on one dimension: a name, and a number when the dimension is a number line.
struct Place {
  std::string label;
  double number = std::numeric_limits<double>::quiet_NaN();
};
Place place(std::string label);
/// Its label is the number in short.
Place place(double number);
Place place(int64_t number);
/// "0.5 (k = 32)" at 0.5.
Place ratio_place(double k_ratio, int64_t k);

/// A choice that starts with dynamic selection and the k_ratio in the middle, where the cube has
/// dimensions "selection" and "k_ratio", and with the first place of all others.
std::vector<std::size_t> usual_choice(const Cube& cube);

class Records {
 public:
  /// Key and label of every dimension.
  explicit Records(std::vector<std::pair<std::string, std::string>> dimensions);

  /// One place per dimension. Bounds that are NaN are no interval; a later record replaces an
  /// earlier one at the same places.
  void add(std::vector<Place> places, double value,
           double low = std::numeric_limits<double>::quiet_NaN(),
           double high = std::numeric_limits<double>::quiet_NaN());
  bool empty() const { return records_.empty(); }

  /// Places stand in the order in which they first came, on number lines by their numbers. Errors
  /// as Cube::make.
  std::shared_ptr<const Cube> cube(std::string_view context) const;

 private:
  struct Record {
    std::vector<std::size_t> places;
    double value, low, high;
  };
  struct Axis {
    std::string key, label;
    std::vector<Place> places;
  };
  std::vector<Axis> axes_;
  std::vector<Record> records_;
};

}  // namespace aqua::report::document

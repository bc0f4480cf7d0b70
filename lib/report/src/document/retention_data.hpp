// A retention result (schema "aqua-retention") as cubes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aqua/report/document.hpp"
#include "inputs.hpp"

namespace aqua::report::document {

struct RetentionData {
  struct Measure {
    std::string key, label, definition;
    bool higher_is_better = false;
  };
  struct Basis {
    std::string name, label, description;
  };
  struct Worst {
    double value = 0.0;  ///< NaN when not defined
    int64_t layer = 0;
    int64_t head = 0;
  };
  int64_t head_dim = 0;
  std::string site;
  std::vector<std::string> corpora;
  std::vector<std::string> fitted_on;  ///< names of the corpora behind the basis
  std::vector<Measure> measures;
  std::vector<Basis> bases;
  std::vector<std::string> selections;
  std::vector<double> ratios;
  std::vector<int64_t> kept;  ///< k of every ratio
  int64_t bootstrap_replicates = 0;

  // Dimensions measure, corpus, basis, selection, k_ratio, and what the name says.
  std::shared_ptr<const Cube> model;   ///< with intervals
  std::shared_ptr<const Cube> layers;  ///< layer, with intervals
  std::shared_ptr<const Cube> heads;   ///< layer, head
  std::vector<Worst> worst;            ///< [place in model]

  /// A place in `model`; nothing when one of them was not measured. `ratio` is a place in `ratios`.
  std::optional<std::size_t> find(std::string_view measure, std::size_t corpus,
                                  std::string_view basis, std::string_view selection,
                                  std::size_t ratio) const;
  /// "aqua" when it was measured, else the first.
  std::string main_basis() const;
  /// The place of the ratio nearest to one half.
  std::size_t middle_ratio() const;
};

RetentionData read_retention(const Input& input);

}  // namespace aqua::report::document

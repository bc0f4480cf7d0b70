// The hidden states of all tokens between two layers, in memory or in a temporary file.
#pragma once

#include <cstdint>
#include <filesystem>

#include "aqua/core/matrix.hpp"
#include "aqua/model/compute.hpp"

namespace aqua::model {

/// A [tokens, width] matrix, zero at first. Above the memory limit its rows live in a file without
/// a name (so that it vanishes with the process), mapped into memory: rows that are released stop
/// counting as resident and are read again when touched.
class HiddenStates {
 public:
  HiddenStates() = default;
  /// `matrices`: how many of this size share the settings' limit. Error, naming the folder, when
  /// the file cannot be made or does not fit on its disk.
  HiddenStates(int64_t tokens, int64_t width, const ComputeSettings& settings,
               int64_t matrices = 1);
  ~HiddenStates();
  HiddenStates(const HiddenStates&) = delete;
  HiddenStates& operator=(const HiddenStates&) = delete;

  MatrixView<float> view() { return view_; }
  /// Says that these rows are not needed again soon.
  void release(int64_t first, int64_t count);
  bool in_file() const { return mapped_bytes_ > 0; }

 private:
  Matrix<float> memory_;
  MatrixView<float> view_;
  std::size_t mapped_bytes_ = 0;
};

}  // namespace aqua::model

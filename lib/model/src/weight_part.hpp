// How the rows of a layer's projections lie in a checkpoint's tensors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weight_reader.hpp"

namespace aqua::model {

// Rows of a Linear and the tensor that they come from: row r is the tensor's row
// first + (r / block)·stride + r % block, of the tensor seen as a matrix with `cols` columns.
struct WeightReader::Part {
  std::string name;            // without ".weight" and ".bias"
  std::vector<int64_t> shape;  // of NAME.weight
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t first = 0;
  int64_t block = 1;
  int64_t stride = 1;
  bool transposed = false;  // stored [in, out]: rows are the tensor's columns
  int64_t bias = 0;         // elements of NAME.bias, which has the same order; 0: none

  int64_t source_row(int64_t r) const { return first + r / block * stride + r % block; }
};

}  // namespace aqua::model

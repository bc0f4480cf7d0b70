// Scratch of the engines.
#pragma once

#include <cstddef>

#include "aqua/core/matrix.hpp"

namespace aqua::linalg {

/// Bytes that grow to the largest demand; what they held is lost when they grow.
class Buffer {
 public:
  void* bytes(std::size_t count) {
    const auto floats = static_cast<int64_t>((count + 3) / 4);
    if (storage_.size() < floats) storage_ = Matrix<float>(1, floats);
    return storage_.data();
  }
  float* floats(int64_t count) {
    return static_cast<float*>(bytes(static_cast<std::size_t>(count) * sizeof(float)));
  }

 private:
  Matrix<float> storage_;
};

}  // namespace aqua::linalg

// Number types of maps as files spell them.
#pragma once

#include "aqua/formats/dtype.hpp"
#include "aqua/store/projection_file.hpp"

namespace aqua::exporter {

constexpr formats::DType dtype_of(store::MapType type) {
  switch (type) {
    case store::MapType::float16:
      return formats::DType::f16;
    case store::MapType::bfloat16:
      return formats::DType::bf16;
    default:
      return formats::DType::f32;
  }
}

}  // namespace aqua::exporter

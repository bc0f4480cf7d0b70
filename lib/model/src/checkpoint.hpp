// Where a model folder keeps its weights.
#pragma once

#include <filesystem>

namespace aqua::model {

/// model.safetensors, or the index of its shards; FormatError when there is neither.
std::filesystem::path weights_file(const std::filesystem::path& folder);

}  // namespace aqua::model

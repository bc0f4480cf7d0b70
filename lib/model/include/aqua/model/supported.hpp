// What load_model opens, for tables of supported formats.
#pragma once

#include <string>
#include <vector>

namespace aqua::model {

struct SupportedFamily {
  std::string model_type;         ///< in config.json
  std::string gguf_architecture;  ///< "general.architecture" of its GGUF files; empty: none
  std::string multimodal_type;    ///< "model_type" of multimodal folders around it; empty: none
};

/// In the order of the registry.
std::vector<SupportedFamily> supported_model_families();

/// Scaling types of rotary embedding, as in "rope_type".
std::vector<std::string> supported_rope_types();

}  // namespace aqua::model

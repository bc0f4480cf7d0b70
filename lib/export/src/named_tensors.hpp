// Projections as named arrays: what safetensors, GGUF and NPZ share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aqua/formats/tensors.hpp"
#include "aqua/store/projection_file.hpp"

namespace aqua::exporter {

/// What the arrays of a layer are called: before + index + between + role + after.
struct NamingScheme {
  std::string_view before;   ///< "model.layers."
  std::string_view between;  ///< ".self_attn."
  std::string_view after;    ///< ""
  std::string_view projection, query_projection, key_projection, singular_values, kept;  ///< roles
};
/// model.layers.N.self_attn.aqua_proj, …
extern const NamingScheme hugging_face_names;

/// Arrays to write, and the bytes that they refer to.
struct NamedTensors {
  std::vector<formats::NewTensor> tensors;
  std::vector<std::unique_ptr<std::vector<std::byte>>> storage;
};
NamedTensors to_tensors(const store::ProjectionFile& projection, const NamingScheme& scheme);

/// Reads the layers of a file whose attributes are given. Checks: format and version, that every
/// array has a name of the scheme, shapes against num_key_value_heads, head_dim, stored_dims (d
/// when missing) and num_hidden_layers, one type for all maps, finite numbers, kept dimensions from
/// 1 to m. FormatError names file, key, expected and found.
using Attributes = std::vector<std::pair<std::string, store::ProjectionFile::Value>>;
store::ProjectionFile from_tensors(const formats::TensorFile& file, Attributes attributes,
                                   const NamingScheme& scheme);

}  // namespace aqua::exporter

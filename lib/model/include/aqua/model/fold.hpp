// Projections folded into the weights of a model without rotary embedding.
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/core/heads.hpp"
#include "aqua/core/matrix.hpp"

namespace aqua::model {

/// P [d, d], orthogonal, of each KV head.
using FoldMaps = std::map<LayerIndex, std::vector<Matrix<double>>>;

/// Writes a Hugging Face folder with the weights of another one, in which the queries and keys of
/// each head come out rotated: with q = x·W_qᵀ + b_q, the rows of W_q and b_q that belong to a head
/// become PᵀW_q and Pᵀb_q, so that q̂ = qP; likewise k̂ = kP. As PPᵀ = I, every q̂·k̂ = q·k and
/// every output of the model stays as it is, up to rounding; the first k dimensions of a head are
/// its k leading directions. Folded arrays are float32, all others are copied byte for byte, as are
/// the folder's other files (config.json, tokenizer). The folder appears whole or not at all.
///
/// UsageError when something between projection and dot product stands in the way: rotary
/// embedding, QK-norm, clipping; and when `output` exists or `folder` is not a folder. FormatError
/// when the maps do not fit the model, or nothing can be written.
void write_folded(const std::filesystem::path& folder, const std::filesystem::path& output,
                  const FoldMaps& maps, const CancelToken& cancel);

}  // namespace aqua::model

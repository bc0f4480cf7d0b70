// The attributes that every file of ours carries at its root: format, model facts, provenance.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "aqua/capture/event.hpp"
#include "aqua/core/provenance.hpp"
#include "input_file.hpp"
#include "output_file.hpp"

namespace aqua::store {

constexpr std::string_view calibration_format = "aqua-calibration";
constexpr std::string_view activations_format = "aqua-activations";
constexpr std::string_view projection_format = "aqua-projection";
constexpr int64_t format_version = 1;
inline const std::string root_group = "/";

void write_format(OutputFile& file, std::string_view format);
/// Opens a file and checks that it is of that format, in a version that we read.
InputFile open_format(const std::filesystem::path& path, std::string_view format);
/// Whether it is an HDF5 file that says so. No file, or one of another kind, is no error; a damaged
/// HDF5 file is a FormatError.
bool has_format(const std::filesystem::path& path, std::string_view format);

void write_model(OutputFile& file, const capture::ModelFacts& model);
/// Checked: the head layout is valid, numbers are not negative.
capture::ModelFacts read_model(const InputFile& file);

void write_provenance(OutputFile& file, const Provenance& provenance);
Provenance read_provenance(const InputFile& file);

/// "/layers/007" and "/layers/007/post_rope".
std::string layer_path(LayerIndex layer);
std::string site_path(LayerIndex layer, capture::Site site);
/// The layers in the file, increasing; every member of "/layers" must be one, below `count`.
std::vector<LayerIndex> read_layers(const InputFile& file, int64_t count);

}  // namespace aqua::store

// The formats of the registry, one source file each.
#pragma once

#include "aqua/export/export.hpp"

namespace aqua::exporter {

ExportFormat safetensors_format();
ExportFormat gguf_format();
ExportFormat npz_format();
ExportFormat hdf5_format();

}  // namespace aqua::exporter

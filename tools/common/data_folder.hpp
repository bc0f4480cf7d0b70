// What comes with the tool: models and corpora.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace aqua::tools {

/// $AQUA_DATA_DIR, or data/ of the source tree when the tool runs from its build folder, or
/// share/aqua/data beside the installed bin/. It need not exist.
std::filesystem::path data_folder();

/// Bundled things by name: data/corpora/parallel.NAME.jsonl and data/models/NAME/.
std::map<std::string, std::filesystem::path> bundled_corpora();
std::map<std::string, std::filesystem::path> bundled_models();

}  // namespace aqua::tools

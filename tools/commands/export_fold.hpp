// aqua export --fold: a checkpoint with the projections inside its weights.
#pragma once

#include "commands/export.hpp"

namespace aqua::tools {

void run_fold(const ExportCommandOptions& options);

}  // namespace aqua::tools

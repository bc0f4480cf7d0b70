// Progress on stderr.
#pragma once

#include <memory>
#include <string>

#include "aqua/core/execution.hpp"

namespace aqua::tools {

/// Progress whose tasks are named "<stage> <task>", such as "fitting en".
class StagedProgress : public Progress {
 public:
  virtual void set_stage(std::string stage) = 0;
};

/// On a terminal one line that is redrawn, with bar, percentage and estimated time left; elsewhere
/// plain lines: one at the start and end of each task, and one every few seconds between; nothing
/// when `quiet`.
std::unique_ptr<StagedProgress> make_progress(bool quiet);

}  // namespace aqua::tools

// SIGINT, SIGTERM and SIGHUP. The first asks the work to stop: it unwinds, temporary files are
// removed by their destructors, and main ends the process by the same signal. Another one a moment
// later ends the process at once; then a file that is being written can stay behind under its
// temporary name
// (*.partial-PID), but never under its final one.
#pragma once

#include "aqua/core/execution.hpp"

namespace aqua::tools {

/// Requested by the handler. One per process, because a signal handler can reach nothing else.
const CancelToken& interrupt_token();

/// Installs the handlers, except for signals that the process was told to ignore (nohup). SIGPIPE
/// and SIGXFSZ are ignored from now on, so that a closed pipe or a file-size limit is an error of
/// the write, with a message, and not a silent death that leaves temporary files.
void install_signal_handlers();

/// Ends the process by the signal that was caught, with the default action.
[[noreturn]] void end_by_signal();

}  // namespace aqua::tools

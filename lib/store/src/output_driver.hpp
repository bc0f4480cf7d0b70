// An HDF5 file driver for output files on disks that may become full.
//
// After a failed write, version 1.10 of the library is left with metadata that it can neither write
// nor drop: closing the file fails, and the process crashes at exit when the library tries again.
// This driver therefore never reports a failed write to the library. It remembers the first one and
// drops everything after it, so that the library can always close in good order; the owner of the
// file asks `error` after each step and gives the file up.
#pragma once

#include "hdf5_library.hpp"

namespace aqua::store {

/// What happened to a file that is being written.
struct OutputStatus {
  int error = 0;  ///< errno of the first failed system call, 0 when none failed
};

/// A file access property list that selects the driver. `status` must outlive every file opened
/// with it.
Handle output_access(OutputStatus& status);

}  // namespace aqua::store

#include "output_driver.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace aqua::store {
namespace {

/// The driver's part of a property list.
struct Target {
  OutputStatus* status;
};

/// An open file. The library sees only its base.
struct OutputChannel : H5FD_t {
  int descriptor = -1;
  haddr_t end_of_allocation = 0;
  haddr_t end_of_file = 0;
  OutputStatus* status = nullptr;
};

OutputChannel& channel_of(H5FD_t* file) { return *static_cast<OutputChannel*>(file); }
const OutputChannel& channel_of(const H5FD_t* file) {
  return *static_cast<const OutputChannel*>(file);
}

constexpr haddr_t largest_address = (haddr_t{1} << 62U) - 1;

H5FD_t* open_channel(const char* name, unsigned flags, hid_t access, haddr_t) {
  const auto* target = static_cast<const Target*>(H5Pget_driver_info(access));
  if (target == nullptr) return nullptr;
  int mode = O_RDWR | O_CLOEXEC;
  if ((flags & H5F_ACC_TRUNC) != 0) mode |= O_TRUNC;
  const int descriptor = ::open(name, mode);
  if (descriptor < 0) {
    target->status->error = errno;
    return nullptr;
  }
  auto* channel = new OutputChannel{};
  channel->descriptor = descriptor;
  channel->end_of_file = static_cast<haddr_t>(::lseek(descriptor, 0, SEEK_END));
  channel->status = target->status;
  return channel;
}

herr_t close_channel(H5FD_t* file) {
  auto& channel = channel_of(file);
  // Network file systems may report here that earlier writes failed.
  if (::close(channel.descriptor) != 0 && channel.status->error == 0) {
    channel.status->error = errno;
  }
  delete &channel;
  return 0;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t end_of_allocation(const H5FD_t* file, H5FD_mem_t) {
  return channel_of(file).end_of_allocation;
}

herr_t set_end_of_allocation(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  channel_of(file).end_of_allocation = address;
  return 0;
}

haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) { return channel_of(file).end_of_file; }

herr_t read_bytes(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size,
                  void* buffer) {
  const auto& channel = channel_of(file);
  auto* out = static_cast<std::byte*>(buffer);
  while (size > 0) {
    const ssize_t got = ::pread(channel.descriptor, out, size, static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) {  // the library takes what was never written to be zero
      std::memset(out, 0, size);
      return 0;
    }
    out += got;
    address += static_cast<haddr_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return 0;
}

herr_t write_bytes(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size,
                   const void* buffer) {
  auto& channel = channel_of(file);
  const auto* in = static_cast<const std::byte*>(buffer);
  channel.end_of_file = std::max(channel.end_of_file, address + size);
  while (size > 0 && channel.status->error == 0) {
    const ssize_t written = ::pwrite(channel.descriptor, in, size, static_cast<off_t>(address));
    if (written < 0) {
      if (errno != EINTR) channel.status->error = errno;
      continue;
    }
    in += written;
    address += static_cast<haddr_t>(written);
    size -= static_cast<std::size_t>(written);
  }
  return 0;
}

herr_t truncate_file(H5FD_t* file, hid_t, hbool_t) {
  auto& channel = channel_of(file);
  if (channel.end_of_allocation == channel.end_of_file) return 0;
  if (channel.status->error == 0 &&
      ::ftruncate(channel.descriptor, static_cast<off_t>(channel.end_of_allocation)) != 0) {
    channel.status->error = errno;
  }
  channel.end_of_file = channel.end_of_allocation;
  return 0;
}

H5FD_class_t driver_class() {
  H5FD_class_t driver{};
  driver.name = "aqua_output";
  driver.maxaddr = largest_address;
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(Target);
  driver.open = &open_channel;
  driver.close = &close_channel;
  driver.query = &query;
  driver.get_eoa = &end_of_allocation;
  driver.set_eoa = &set_end_of_allocation;
  driver.get_eof = &end_of_file;
  driver.read = &read_bytes;
  driver.write = &write_bytes;
  driver.truncate = &truncate_file;
  const H5FD_mem_t free_lists[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(free_lists), std::end(free_lists), std::begin(driver.fl_map));
  return driver;
}

}  // namespace

Handle output_access(OutputStatus& status) {
  const H5FD_class_t driver = driver_class();
  const Handle registered(H5FDregister(&driver), &H5FDunregister);
  Handle access(H5Pcreate(H5P_FILE_ACCESS), &H5Pclose);
  const Target target{&status};
  // The property list keeps its own reference to the driver and its own copy of the target.
  H5Pset_driver(access.id(), registered.id(), &target);
  return access;
}

}  // namespace aqua::store

#include "input_file.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "aqua/core/checked.hpp"

namespace aqua::store {
namespace {

std::string_view class_name(H5T_class_t type_class) {
  switch (type_class) {
    case H5T_INTEGER:
      return "integers";
    case H5T_FLOAT:
      return "floating-point numbers";
    case H5T_STRING:
      return "text";
    default:
      return "another type";
  }
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : name_(path.string()) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    fail<FormatError>("{}: expected a file, found a folder", name_);
  }
  file_size_ = static_cast<int64_t>(std::filesystem::file_size(path, error));
  if (error) fail<FormatError>("{}: cannot be opened: {}", name_, error.message());

  const Hdf5Lock lock;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), &H5Pclose);
  H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG);
  // Files appear whole and never change, so locks protect nothing; and some file systems have none.
  H5Pset_file_locking(access.id(), false, true);
  file_ = Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), &H5Fclose);
  if (!file_) {
    fail<FormatError>("{}: expected an HDF5 file, found one that cannot be opened as such ({})",
                      name_, hdf5_error());
  }
}

bool InputFile::is_hdf5(const std::filesystem::path& path) {
  const Hdf5Lock lock;
  return H5Fis_hdf5(path.c_str()) > 0;
}

std::string InputFile::context(std::string_view what) const {
  return fmt::format("{}: \"{}\"", name_, what);
}

std::string InputFile::first_missing(const std::string& object) const {
  // Link by link: the library would follow links into other files, and cannot look for a path of
  // which the middle is missing.
  for (std::size_t end = object.find('/', 1); object != "/"; end = object.find('/', end + 1)) {
    const std::string prefix = object.substr(0, end);
    H5L_info_t link{};
    if (H5Lexists(file_.id(), prefix.c_str(), H5P_DEFAULT) <= 0 ||
        H5Lget_info(file_.id(), prefix.c_str(), &link, H5P_DEFAULT) < 0) {
      return prefix;
    }
    if (link.type != H5L_TYPE_HARD) {
      fail_at(prefix, "expected a group or dataset, found a link to another place");
    }
    if (end == std::string::npos) break;
  }
  return {};
}

bool InputFile::has(const std::string& object) const {
  const Hdf5Lock lock;
  return first_missing(object).empty();
}

Handle InputFile::open(const std::string& object) const {
  if (const std::string missing = first_missing(object); !missing.empty()) {
    fail<FormatError>("{}: \"{}\" is missing", name_, missing);
  }
  Handle opened(H5Oopen(file_.id(), object.c_str(), H5P_DEFAULT), &H5Oclose);
  if (!opened) fail_at(object, "cannot be opened ({})", hdf5_error());
  return opened;
}

Handle InputFile::open_dataset(const std::string& dataset) const {
  Handle opened = open(dataset);
  if (H5Iget_type(opened.id()) != H5I_DATASET) {
    fail_at(dataset, "expected a dataset, found another kind of object");
  }
  return opened;
}

std::vector<std::string> InputFile::members(const std::string& group) const {
  const Hdf5Lock lock;
  const Handle opened = open(group);
  if (H5Iget_type(opened.id()) != H5I_GROUP) {
    fail_at(group, "expected a group, found another kind of object");
  }
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* destination) -> herr_t {
    static_cast<std::vector<std::string>*>(destination)->emplace_back(name);
    return 0;
  };
  if (H5Literate(opened.id(), H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, collect, &names) < 0) {
    fail_at(group, "cannot be read ({})", hdf5_error());
  }
  std::ranges::sort(names);
  return names;
}

void InputFile::check_class(hid_t type, H5T_class_t expected, std::string_view what) const {
  if (const H5T_class_t found = H5Tget_class(type); found != expected) {
    fail_at(what, "expected {}, found {}", class_name(expected), class_name(found));
  }
}

std::vector<int64_t> InputFile::extents(hid_t space, std::string_view what) const {
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0) fail_at(what, "cannot be read ({})", hdf5_error());
  std::vector<hsize_t> found(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space, found.data(), nullptr);
  std::vector<int64_t> shape;
  for (const hsize_t extent : found) {
    shape.push_back(checked_narrow<int64_t>(extent, context(what)));
  }
  return shape;
}

int64_t InputFile::length(const std::string& dataset) const {
  const Hdf5Lock lock;
  const Handle opened = open_dataset(dataset);
  const Handle space(H5Dget_space(opened.id()), &H5Sclose);
  const std::vector<int64_t> shape = extents(space.id(), dataset);
  if (shape.size() != 1) {
    fail_at(dataset, "expected a list, found shape [{}]", fmt::join(shape, ", "));
  }
  return shape[0];
}

void InputFile::check_bytes(const Handle& dataset, int64_t count, std::string_view what) const {
  const Handle type(H5Dget_type(dataset.id()), &H5Tclose);
  const Handle creation(H5Dget_create_plist(dataset.id()), &H5Pclose);
  if (H5Pget_layout(creation.id()) == H5D_VIRTUAL || H5Pget_external_count(creation.id()) != 0) {
    fail_at(what, "expected data in this file, found a reference to another file");
  }
  if (H5Pget_nfilters(creation.id()) != 0) {
    fail_at(what, "expected plain data, found compressed data");
  }
  const int64_t bytes =
      checked_multiply(count, static_cast<int64_t>(H5Tget_size(type.id())), context(what));
  const auto stored = static_cast<int64_t>(
      std::min<hsize_t>(H5Dget_storage_size(dataset.id()), static_cast<hsize_t>(file_size_)));
  if (stored < bytes) fail_at(what, "expected {} bytes of data, found {}", bytes, stored);
}

int64_t InputFile::float_size(const std::string& dataset) const {
  const Hdf5Lock lock;
  const Handle opened = open_dataset(dataset);
  const Handle type(H5Dget_type(opened.id()), &H5Tclose);
  return static_cast<int64_t>(H5Tget_size(type.id()));
}

template <class T>
void InputFile::check(const std::string& dataset, std::span<const int64_t> shape) const {
  const Hdf5Lock lock;
  const Handle opened = open_dataset(dataset);
  const Handle type(H5Dget_type(opened.id()), &H5Tclose);
  check_class(type.id(), number_class<T>(), dataset);
  const Handle space(H5Dget_space(opened.id()), &H5Sclose);
  const std::vector<int64_t> found = extents(space.id(), dataset);
  if (!std::ranges::equal(found, shape)) {
    fail_at(dataset, "expected shape [{}], found [{}]", fmt::join(shape, ", "),
            fmt::join(found, ", "));
  }
  check_bytes(opened, checked_elements(shape, context(dataset)), dataset);
}
template void InputFile::check<float>(const std::string&, std::span<const int64_t>) const;

template <class T>
std::vector<T> InputFile::read(const std::string& dataset, std::span<const int64_t> shape) const {
  const Hdf5Lock lock;
  check<T>(dataset, shape);
  const Handle opened = open_dataset(dataset);
  std::vector<T> values(static_cast<std::size_t>(checked_elements(shape, context(dataset))));
  if (!values.empty() &&
      H5Dread(opened.id(), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    fail_at(dataset, "cannot be read ({})", hdf5_error());
  }
  return values;
}
template std::vector<double> InputFile::read(const std::string&, std::span<const int64_t>) const;
template std::vector<float> InputFile::read(const std::string&, std::span<const int64_t>) const;
template std::vector<int64_t> InputFile::read(const std::string&, std::span<const int64_t>) const;
template std::vector<int32_t> InputFile::read(const std::string&, std::span<const int64_t>) const;

void InputFile::read_rows(const std::string& dataset, int64_t first, int64_t count,
                          std::span<float> out) const {
  if (out.empty()) return;
  const Hdf5Lock lock;
  const Handle opened = open_dataset(dataset);
  const Handle place(H5Dget_space(opened.id()), &H5Sclose);
  const std::vector<int64_t> shape = extents(place.id(), dataset);
  std::vector<hsize_t> start(shape.size(), 0);
  std::vector<hsize_t> extent(shape.begin(), shape.end());
  start[0] = static_cast<hsize_t>(first);
  extent[0] = static_cast<hsize_t>(count);
  const hsize_t size = out.size();
  const Handle memory(H5Screate_simple(1, &size, nullptr), &H5Sclose);
  if (H5Sselect_hyperslab(place.id(), H5S_SELECT_SET, start.data(), nullptr, extent.data(),
                          nullptr) < 0 ||
      H5Dread(opened.id(), native_type<float>(), memory.id(), place.id(), H5P_DEFAULT, out.data()) <
          0) {
    fail_at(dataset, "cannot be read ({})", hdf5_error());
  }
}

std::vector<std::string> InputFile::read_strings(const std::string& dataset, int64_t count) const {
  const Hdf5Lock lock;
  const Handle opened = open_dataset(dataset);
  const Handle type(H5Dget_type(opened.id()), &H5Tclose);
  const int64_t found = length(dataset);
  if (found != count) fail_at(dataset, "expected shape [{}], found [{}]", count, found);
  return strings(type.id(), count, dataset, [&](hid_t memory_type, void* buffer) {
    return H5Dread(opened.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
  });
}

}  // namespace aqua::store

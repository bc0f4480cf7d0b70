#include "output_file.hpp"

#include <array>
#include <cstring>

#include "aqua/core/error.hpp"

namespace aqua::store {
namespace {

Handle simple_space(std::span<const int64_t> shape) {
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), &H5Sclose};
}

std::vector<const char*> c_strings(std::span<const std::string> values) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  return pointers;
}

Handle untimed(hid_t property_class) {
  Handle properties(H5Pcreate(property_class), &H5Pclose);
  H5Pset_obj_track_times(properties.id(), false);
  return properties;
}

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& path) : atomic_(path) {
  const Hdf5Lock lock;
  const Handle access = output_access(status_);
  link_creation_ = Handle(H5Pcreate(H5P_LINK_CREATE), &H5Pclose);
  H5Pset_create_intermediate_group(link_creation_.id(), 1);
  const Handle creation = untimed(H5P_FILE_CREATE);
  file_ =
      Handle(H5Fcreate(atomic_.temporary_path().c_str(), H5F_ACC_TRUNC, creation.id(), access.id()),
             &H5Fclose);
  check(static_cast<bool>(file_), "/");
}

void OutputFile::check(bool success, std::string_view what) {
  if (status_.error != 0) {
    fail<FormatError>("{}: cannot be written: {}", path().string(), std::strerror(status_.error));
  }
  if (!success) {
    fail<FormatError>("{}: \"{}\" cannot be written: {}", path().string(), what, hdf5_error());
  }
}

void OutputFile::group(const std::string& group) {
  const Hdf5Lock lock;
  const Handle creation = untimed(H5P_GROUP_CREATE);
  const Handle created(
      H5Gcreate2(file_.id(), group.c_str(), link_creation_.id(), creation.id(), H5P_DEFAULT),
      &H5Gclose);
  check(static_cast<bool>(created), group);
}

Handle OutputFile::object(const std::string& path) {
  Handle opened(H5Oopen(file_.id(), path.c_str(), H5P_DEFAULT), &H5Oclose);
  check(static_cast<bool>(opened), path);
  return opened;
}

void OutputFile::write_attribute(const std::string& object_path, const char* name, hid_t file_type,
                                 hid_t memory_type, const Handle& space, const void* values) {
  const Handle target = object(object_path);
  const Handle attribute(
      H5Acreate2(target.id(), name, file_type, space.id(), H5P_DEFAULT, H5P_DEFAULT), &H5Aclose);
  const bool empty = H5Sget_simple_extent_npoints(space.id()) == 0;  // nothing to write
  check(attribute && (empty || H5Awrite(attribute.id(), memory_type, values) >= 0), name);
}

void OutputFile::attribute(const std::string& object, const char* name, std::string_view value) {
  const Hdf5Lock lock;
  const std::string text(value);
  const char* pointer = text.c_str();
  const Handle type = string_type();
  const Handle space(H5Screate(H5S_SCALAR), &H5Sclose);
  write_attribute(object, name, type.id(), type.id(), space, &pointer);
}

void OutputFile::attribute(const std::string& object, const char* name, int64_t value) {
  const Hdf5Lock lock;
  const Handle space(H5Screate(H5S_SCALAR), &H5Sclose);
  write_attribute(object, name, file_type<int64_t>(), native_type<int64_t>(), space, &value);
}

void OutputFile::attribute(const std::string& object, const char* name, uint64_t value) {
  const Hdf5Lock lock;
  const Handle space(H5Screate(H5S_SCALAR), &H5Sclose);
  write_attribute(object, name, file_type<uint64_t>(), native_type<uint64_t>(), space, &value);
}

void OutputFile::attribute(const std::string& object, const char* name, double value) {
  const Hdf5Lock lock;
  const Handle space(H5Screate(H5S_SCALAR), &H5Sclose);
  write_attribute(object, name, file_type<double>(), native_type<double>(), space, &value);
}

void OutputFile::attribute(const std::string& object, const char* name,
                           std::span<const std::string> values) {
  const Hdf5Lock lock;
  const std::vector<const char*> pointers = c_strings(values);
  const Handle type = string_type();
  const Handle space = simple_space(std::array{static_cast<int64_t>(values.size())});
  write_attribute(object, name, type.id(), type.id(), space, pointers.data());
}

void OutputFile::attribute(const std::string& object, const char* name,
                           std::span<const int64_t> values) {
  const Hdf5Lock lock;
  const Handle space = simple_space(std::array{static_cast<int64_t>(values.size())});
  write_attribute(object, name, file_type<int64_t>(), native_type<int64_t>(), space, values.data());
}

Handle OutputFile::create_dataset(const std::string& dataset, std::span<const int64_t> shape,
                                  hid_t type) {
  const Handle space = simple_space(shape);
  const Handle creation = untimed(H5P_DATASET_CREATE);
  H5Pset_alloc_time(creation.id(), H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(creation.id(), H5D_FILL_TIME_NEVER);
  Handle created(H5Dcreate2(file_.id(), dataset.c_str(), type, space.id(), link_creation_.id(),
                            creation.id(), H5P_DEFAULT),
                 &H5Dclose);
  check(static_cast<bool>(created), dataset);
  return created;
}

template <class T>
void OutputFile::dataset(const std::string& dataset, std::span<const int64_t> shape,
                         std::span<const T> values) {
  const Hdf5Lock lock;
  const Handle target = create_dataset<T>(dataset, shape);
  check(H5Dwrite(target.id(), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0,
        dataset);
}
template void OutputFile::dataset(const std::string&, std::span<const int64_t>,
                                  std::span<const double>);
template void OutputFile::dataset(const std::string&, std::span<const int64_t>,
                                  std::span<const float>);
template void OutputFile::dataset(const std::string&, std::span<const int64_t>,
                                  std::span<const int64_t>);
template void OutputFile::dataset(const std::string&, std::span<const int64_t>,
                                  std::span<const int32_t>);

void OutputFile::half_dataset(const std::string& dataset, std::span<const int64_t> shape,
                              std::span<const float> values) {
  const Hdf5Lock lock;
  const Handle half = half_type();
  const Handle target = create_dataset(dataset, shape, half.id());
  check(H5Dwrite(target.id(), native_type<float>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >=
            0,
        dataset);
}

void OutputFile::dataset(const std::string& dataset, std::span<const std::string> values) {
  const Hdf5Lock lock;
  const std::vector<const char*> pointers = c_strings(values);
  const Handle type = string_type();
  const Handle space = simple_space(std::array{static_cast<int64_t>(values.size())});
  const Handle creation = untimed(H5P_DATASET_CREATE);
  const Handle target(H5Dcreate2(file_.id(), dataset.c_str(), type.id(), space.id(),
                                 link_creation_.id(), creation.id(), H5P_DEFAULT),
                      &H5Dclose);
  check(target &&
            H5Dwrite(target.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) >= 0,
        dataset);
}

void OutputFile::heads_dataset(const std::string& dataset, int64_t tokens, int64_t heads,
                               int64_t head_dim) {
  const Hdf5Lock lock;
  create_dataset<float>(dataset, std::array{tokens, heads, head_dim});
}

void OutputFile::write_heads(const std::string& dataset, int64_t first,
                             HeadsView<const float> values) {
  if (values.empty()) return;
  const Hdf5Lock lock;
  const Handle target = object(dataset);
  const auto unsigned_of = [](int64_t extent) { return static_cast<hsize_t>(extent); };
  const std::array<hsize_t, 3> start{unsigned_of(first), 0, 0};
  const std::array<hsize_t, 3> count{unsigned_of(values.tokens()), unsigned_of(values.heads()),
                                     unsigned_of(values.head_dim())};
  const Handle place(H5Dget_space(target.id()), &H5Sclose);
  // In memory a row of all heads may be followed by other data up to the next token's row.
  const std::array<hsize_t, 2> memory_extents{count[0], unsigned_of(values.token_stride())};
  const std::array<hsize_t, 2> memory_start{0, 0};
  const std::array<hsize_t, 2> memory_count{count[0], count[1] * count[2]};
  const Handle memory(H5Screate_simple(2, memory_extents.data(), nullptr), &H5Sclose);
  check(H5Sselect_hyperslab(place.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                            nullptr) >= 0 &&
            H5Sselect_hyperslab(memory.id(), H5S_SELECT_SET, memory_start.data(), nullptr,
                                memory_count.data(), nullptr) >= 0 &&
            H5Dwrite(target.id(), native_type<float>(), memory.id(), place.id(), H5P_DEFAULT,
                     values.data()) >= 0,
        dataset);
}

void OutputFile::commit() {
  {
    const Hdf5Lock lock;
    check(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL) >= 0, "/");
    check(file_.close(), "/");
  }
  atomic_.commit();
}

}  // namespace aqua::store

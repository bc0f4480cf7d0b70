// Attributes and strings.
#include <algorithm>

#include "aqua/core/checked.hpp"
#include "input_file.hpp"

namespace aqua::store {
namespace {

/// As messages name an attribute: the object's path, '@' and the name.
std::string attribute_path(const std::string& object, const char* name) {
  return fmt::format("{}@{}", object, name);
}

}  // namespace

Handle InputFile::open_attribute(const std::string& object, const char* name) const {
  const Handle owner = open(object);
  if (H5Aexists(owner.id(), name) <= 0) {
    fail<FormatError>("{}: \"{}\" is missing", name_, attribute_path(object, name));
  }
  Handle attribute(H5Aopen(owner.id(), name, H5P_DEFAULT), &H5Aclose);
  if (!attribute) fail_at(attribute_path(object, name), "cannot be opened ({})", hdf5_error());
  return attribute;
}

template <class T>
T InputFile::number_attribute(const std::string& object, const char* name) const {
  const Hdf5Lock lock;
  const std::string what = attribute_path(object, name);
  const Handle attribute = open_attribute(object, name);
  const Handle type(H5Aget_type(attribute.id()), &H5Tclose);
  check_class(type.id(), number_class<T>(), what);
  const Handle space(H5Aget_space(attribute.id()), &H5Sclose);
  if (H5Sget_simple_extent_npoints(space.id()) != 1) fail_at(what, "expected one number");
  T value{};
  if (H5Aread(attribute.id(), native_type<T>(), &value) < 0) {
    fail_at(what, "cannot be read ({})", hdf5_error());
  }
  return value;
}

int64_t InputFile::int_attribute(const std::string& object, const char* name) const {
  return number_attribute<int64_t>(object, name);
}

uint64_t InputFile::unsigned_attribute(const std::string& object, const char* name) const {
  return number_attribute<uint64_t>(object, name);
}

double InputFile::double_attribute(const std::string& object, const char* name) const {
  return number_attribute<double>(object, name);
}

std::vector<int64_t> InputFile::int_list_attribute(const std::string& object,
                                                   const char* name) const {
  const Hdf5Lock lock;
  const std::string what = attribute_path(object, name);
  const Handle attribute = open_attribute(object, name);
  const Handle type(H5Aget_type(attribute.id()), &H5Tclose);
  check_class(type.id(), H5T_INTEGER, what);
  const Handle space(H5Aget_space(attribute.id()), &H5Sclose);
  const std::vector<int64_t> shape = extents(space.id(), what);
  if (shape.size() != 1 || shape[0] > file_size_) fail_at(what, "expected a list");
  std::vector<int64_t> values(static_cast<std::size_t>(shape[0]));
  if (!values.empty() && H5Aread(attribute.id(), native_type<int64_t>(), values.data()) < 0) {
    fail_at(what, "cannot be read ({})", hdf5_error());
  }
  return values;
}

std::vector<std::string> InputFile::strings(hid_t type, int64_t count, std::string_view what,
                                            const std::function<herr_t(hid_t, void*)>& read) const {
  check_class(type, H5T_STRING, what);
  if (count > file_size_) fail_at(what, "expected at most {} strings, found {}", file_size_, count);
  const auto size = static_cast<std::size_t>(count);
  std::vector<std::string> values(size);
  if (size == 0) return values;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(size, nullptr);
    const Handle memory_type(H5Tcopy(type), &H5Tclose);
    if (read(memory_type.id(), pointers.data()) < 0) {
      fail_at(what, "cannot be read ({})", hdf5_error());
    }
    for (std::size_t i = 0; i < size; ++i) {
      if (pointers[i] != nullptr) values[i] = pointers[i];
      H5free_memory(pointers[i]);
    }
    return values;
  }
  // Fixed length, as other tools may write: cells of `width` bytes, padded with NUL or spaces.
  const std::size_t width = H5Tget_size(type);
  const int64_t bytes = checked_multiply(count, static_cast<int64_t>(width), context(what));
  if (bytes > file_size_) fail_at(what, "expected at most {} bytes, found {}", file_size_, bytes);
  std::string cells(static_cast<std::size_t>(bytes), '\0');
  if (read(type, cells.data()) < 0) fail_at(what, "cannot be read ({})", hdf5_error());
  const char padding = H5Tget_strpad(type) == H5T_STR_SPACEPAD ? ' ' : '\0';
  for (std::size_t i = 0; i < size; ++i) {
    const std::string cell = cells.substr(i * width, width);
    values[i] = cell.substr(0, cell.find_last_not_of(padding) + 1);
  }
  return values;
}

std::vector<std::string> InputFile::attributes(const std::string& object) const {
  const Hdf5Lock lock;
  const Handle owner = open(object);
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* destination) -> herr_t {
    static_cast<std::vector<std::string>*>(destination)->emplace_back(name);
    return 0;
  };
  if (H5Aiterate2(owner.id(), H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, collect, &names) < 0) {
    fail_at(object, "cannot be read ({})", hdf5_error());
  }
  std::ranges::sort(names);
  return names;
}

bool InputFile::has_single(const std::string& object, const char* name,
                           H5T_class_t type_class) const {
  const Hdf5Lock lock;
  const Handle owner = open(object);
  if (H5Aexists(owner.id(), name) <= 0) return false;
  const Handle attribute = open_attribute(object, name);
  const Handle type(H5Aget_type(attribute.id()), &H5Tclose);
  const Handle space(H5Aget_space(attribute.id()), &H5Sclose);
  return H5Tget_class(type.id()) == type_class && H5Sget_simple_extent_npoints(space.id()) == 1;
}

bool InputFile::has_string_attribute(const std::string& object, const char* name) const {
  return has_single(object, name, H5T_STRING);
}

bool InputFile::has_int_attribute(const std::string& object, const char* name) const {
  return has_single(object, name, H5T_INTEGER);
}

std::string InputFile::string_attribute(const std::string& object, const char* name) const {
  const Hdf5Lock lock;
  const std::string what = attribute_path(object, name);
  const Handle attribute = open_attribute(object, name);
  const Handle type(H5Aget_type(attribute.id()), &H5Tclose);
  const Handle space(H5Aget_space(attribute.id()), &H5Sclose);
  if (H5Sget_simple_extent_npoints(space.id()) != 1) fail_at(what, "expected one string");
  return strings(type.id(), 1, what,
                 [&](hid_t memory_type, void* buffer) {
                   return H5Aread(attribute.id(), memory_type, buffer);
                 })
      .front();
}

std::vector<std::string> InputFile::string_list_attribute(const std::string& object,
                                                          const char* name) const {
  const Hdf5Lock lock;
  const std::string what = attribute_path(object, name);
  const Handle attribute = open_attribute(object, name);
  const Handle type(H5Aget_type(attribute.id()), &H5Tclose);
  const Handle space(H5Aget_space(attribute.id()), &H5Sclose);
  const std::vector<int64_t> shape = extents(space.id(), what);
  if (shape.size() != 1) fail_at(what, "expected a list");
  return strings(type.id(), shape[0], what, [&](hid_t memory_type, void* buffer) {
    return H5Aread(attribute.id(), memory_type, buffer);
  });
}

}  // namespace aqua::store

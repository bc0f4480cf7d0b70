// Changes HDF5 files behind the back of our writers.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace aqua::test {

class Hdf5Edit {
 public:
  explicit Hdf5Edit(const std::filesystem::path& path)
      : file_(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)) {
    require(file_ >= 0);
  }
  ~Hdf5Edit() { H5Fclose(file_); }
  Hdf5Edit(const Hdf5Edit&) = delete;
  Hdf5Edit& operator=(const Hdf5Edit&) = delete;

  void remove(const std::string& object) const {
    require(H5Ldelete(file_, object.c_str(), H5P_DEFAULT) >= 0);
  }
  void remove_attribute(const std::string& object, const char* name) const {
    require(H5Adelete_by_name(file_, object.c_str(), name, H5P_DEFAULT) >= 0);
  }
  void rename(const std::string& from, const std::string& to) const {
    require(H5Lmove(file_, from.c_str(), file_, to.c_str(), H5P_DEFAULT, H5P_DEFAULT) >= 0);
  }
  void group(const std::string& path) const {
    H5Gclose(H5Gcreate2(file_, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  }

  /// Puts a dataset in the place of another.
  template <class T>
  void replace(const std::string& dataset, const std::vector<hsize_t>& shape,
               const std::vector<T>& values, hid_t creation = H5P_DEFAULT) const {
    remove(dataset);
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t created =
        H5Dcreate2(file_, dataset.c_str(), type<T>(), space, H5P_DEFAULT, creation, H5P_DEFAULT);
    require(created >= 0);
    if (!values.empty()) H5Dwrite(created, type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(created);
    H5Sclose(space);
  }

  /// Overwrites one element of a dataset, counted in row-major order.
  template <class T>
  void set(const std::string& dataset, std::size_t index, T value) const {
    const hid_t opened = H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT);
    const hid_t space = H5Dget_space(opened);
    std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    H5Dread(opened, type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    values.at(index) = value;
    H5Dwrite(opened, type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Sclose(space);
    H5Dclose(opened);
  }

  /// Puts a number in the place of an attribute.
  template <class T>
  requires std::is_arithmetic_v<T>
  void set_attribute(const std::string& object, const char* name, T value) const {
    remove_attribute(object, name);
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t attribute = H5Acreate_by_name(file_, object.c_str(), name, type<T>(), space,
                                              H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    require(attribute >= 0);
    H5Awrite(attribute, type<T>(), &value);
    H5Aclose(attribute);
    H5Sclose(space);
  }
  /// Puts a string of fixed length in the place of an attribute.
  void set_attribute(const std::string& object, const char* name, const std::string& value) const {
    remove_attribute(object, name);
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t fixed = H5Tcopy(H5T_C_S1);
    H5Tset_size(fixed, value.size());
    const hid_t attribute = H5Acreate_by_name(file_, object.c_str(), name, fixed, space,
                                              H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    require(attribute >= 0);
    H5Awrite(attribute, fixed, value.data());
    H5Aclose(attribute);
    H5Tclose(fixed);
    H5Sclose(space);
  }

  void soft_link(const std::string& target, const std::string& link) const {
    require(H5Lcreate_soft(target.c_str(), file_, link.c_str(), H5P_DEFAULT, H5P_DEFAULT) >= 0);
  }
  void external_link(const std::string& other_file, const std::string& link) const {
    require(H5Lcreate_external(other_file.c_str(), "/", file_, link.c_str(), H5P_DEFAULT,
                               H5P_DEFAULT) >= 0);
  }

 private:
  static void require(bool success) {
    if (!success) throw std::runtime_error("the test could not edit its file");
  }
  template <class T>
  static hid_t type() {
    if constexpr (std::is_same_v<T, double>) {
      return H5T_NATIVE_DOUBLE;
    } else if constexpr (std::is_same_v<T, float>) {
      return H5T_NATIVE_FLOAT;
    } else if constexpr (std::is_same_v<T, int64_t>) {
      return H5T_NATIVE_INT64;
    } else {
      static_assert(std::is_same_v<T, int32_t>);
      return H5T_NATIVE_INT32;
    }
  }

  hid_t file_;
};

}  // namespace aqua::test

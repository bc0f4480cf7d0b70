#include "hdf5_library.hpp"

namespace aqua::store {
namespace {

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;  // guards the library's own process-wide state
  return mutex;
}

struct Causes {
  std::string innermost;
  std::string outermost;
};

herr_t collect(unsigned position, const H5E_error2_t* error, void* destination) {
  auto& causes = *static_cast<Causes*>(destination);
  const std::string text = error->desc != nullptr ? error->desc : "";
  (position == 0 ? causes.innermost : causes.outermost) = text;
  return 0;
}

}  // namespace

Hdf5Lock::Hdf5Lock() : lock_(library_mutex()) {
  H5Eget_auto2(H5E_DEFAULT, &print_, &print_argument_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Hdf5Lock::~Hdf5Lock() { H5Eset_auto2(H5E_DEFAULT, print_, print_argument_); }

bool Handle::close() {
  if (id_ < 0) return false;
  const Hdf5Lock lock;
  return close_(std::exchange(id_, H5I_INVALID_HID)) >= 0;
}

std::string hdf5_error() {
  Causes causes;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, &collect, &causes);
  H5Eclear2(H5E_DEFAULT);
  if (causes.innermost.empty()) return "unknown HDF5 error";
  if (causes.outermost.empty()) return causes.innermost;
  return causes.outermost + ": " + causes.innermost;
}

Handle half_type() {
  constexpr std::size_t sign = 15;
  constexpr std::size_t exponent = 10;
  constexpr std::size_t exponent_bits = 5;
  constexpr std::size_t mantissa_bits = 10;
  constexpr std::size_t bias = 15;
  Handle type(H5Tcopy(H5T_IEEE_F32LE), &H5Tclose);
  H5Tset_fields(type.id(), sign, exponent, exponent_bits, 0, mantissa_bits);
  H5Tset_size(type.id(), 2);
  H5Tset_ebias(type.id(), bias);
  return type;
}

Handle string_type() {
  Handle type(H5Tcopy(H5T_C_S1), &H5Tclose);
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

}  // namespace aqua::store

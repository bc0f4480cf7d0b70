# Everything the tool uses from outside, all of it in Debian 12 (package names in README.md).

find_package(fmt 9 REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)  # sha256
find_package(CLI11 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(SENTENCEPIECE REQUIRED IMPORTED_TARGET sentencepiece)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
find_path(LAPACK_HEADER_DIR lapack.h REQUIRED)  # prototypes only; the code is OpenBLAS's
# The charting library that `aqua report` puts into its pages; needed to build only.
find_path(AQUA_VEGA_DIR vega-view.min.js PATHS /usr/share/javascript/vega NO_DEFAULT_PATH REQUIRED)
find_file(AQUA_VEGA_COPYRIGHT copyright PATHS /usr/share/doc/libjs-vega NO_DEFAULT_PATH REQUIRED)

# oneDNN, and the OpenMP library that Debian's build of it runs on (to be told to use one thread). Its
# own CMake files ask for OpenCL headers as well, which nothing here needs.
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.hpp REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
find_library(GOMP_LIBRARY NAMES libgomp.so.1 REQUIRED)
add_library(aqua_onednn INTERFACE)
target_include_directories(aqua_onednn SYSTEM INTERFACE ${DNNL_INCLUDE_DIR})
target_link_libraries(aqua_onednn INTERFACE ${DNNL_LIBRARY} ${GOMP_LIBRARY})

if(AQUA_BUILD_TESTS)
  find_package(GTest 1.12 REQUIRED)
  include(GoogleTest)
  if(AQUA_BUILD_BENCHMARKS)
    find_package(benchmark REQUIRED)
  endif()
endif()

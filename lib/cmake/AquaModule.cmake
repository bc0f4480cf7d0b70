# Settings every target shares, and the two functions that declare a module and a test.

add_library(aqua_settings INTERFACE)
target_compile_features(aqua_settings INTERFACE cxx_std_20)
target_compile_options(aqua_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                               -Wno-sign-conversion -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports std::string members of temporaries where nothing is wrong, differently at each
  # level of optimisation; clang-tidy and the sanitizers look for the real thing.
  target_compile_options(aqua_settings INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()
if(AQUA_WARNINGS_AS_ERRORS)
  target_compile_options(aqua_settings INTERFACE -Werror)
endif()
if(AQUA_SANITIZE)
  target_compile_options(aqua_settings INTERFACE -fsanitize=${AQUA_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all)
  target_link_options(aqua_settings INTERFACE -fsanitize=${AQUA_SANITIZE})
  target_compile_definitions(aqua_settings INTERFACE AQUA_SANITIZED=1)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Under sanitizers, code that is not numerical is compiled without optimisation: instrumenting
# optimised code takes the compiler several times as long, and would be most of a checked run.
function(aqua_instrument_lightly name)
  if(AQUA_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  endif()
endfunction()

# aqua_module(NAME [LIGHT] [UNITY] SOURCES file... [DEPENDS module...] [LINKS target...])
#
# Declares the static library aqua::NAME from lib/NAME. DEPENDS names the aqua modules whose headers
# it may include (and passes on); LINKS names outside libraries, which stay private to the module, so
# that nothing above it can include their headers by accident. LIGHT: not numerical, see
# aqua_instrument_lightly. UNITY: with
# CMAKE_UNITY_BUILD, as in the sanitizer presets, its sources are compiled several at a time, which
# takes a third of the time where all of them read large headers; names in anonymous namespaces must
# be unique within the module.
function(aqua_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "LIGHT;UNITY" "" "SOURCES;DEPENDS;LINKS")
  add_library(aqua_${name} STATIC ${arg_SOURCES})
  if(NOT arg_UNITY)
    set_target_properties(aqua_${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  add_library(aqua::${name} ALIAS aqua_${name})
  target_include_directories(aqua_${name}
                             PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
                                    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
                             PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_compile_features(aqua_${name} PUBLIC cxx_std_20)
  list(TRANSFORM arg_DEPENDS PREPEND aqua::)
  target_link_libraries(aqua_${name} PUBLIC ${arg_DEPENDS} fmt::fmt
                                     PRIVATE $<BUILD_INTERFACE:aqua_settings> ${arg_LINKS})
  if(arg_LIGHT)
    aqua_instrument_lightly(aqua_${name})
  endif()
endfunction()

# aqua_test(NAME SOURCES file... DEPENDS module... [LINKS target...])
#
# Declares one GoogleTest program whose cases are each registered with ctest. The programs share the
# precompiled GoogleTest headers and are hardly optimised themselves: compiling them is most of the
# cost of a test run, and the code under test has its own flags.
function(aqua_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LINKS")
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)  # tests repeat names from file to file
  list(TRANSFORM arg_DEPENDS PREPEND aqua::)
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ${arg_LINKS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
  aqua_test_settings(${name})
  target_precompile_headers(${name} REUSE_FROM aqua_test_headers)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES)
endfunction()

# What every test program is compiled with; the precompiled headers must agree to the letter.
function(aqua_test_settings name)
  target_link_libraries(${name} PRIVATE fmt::fmt GTest::gmock_main aqua_settings)
  target_compile_definitions(${name} PRIVATE AQUA_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_compile_options(${name} PRIVATE -O1)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # wrong at -O1, as above
    target_compile_options(${name} PRIVATE -Wno-array-bounds -Wno-stringop-overflow
                                           -Wno-stringop-overread)
  endif()
  aqua_instrument_lightly(${name})
endfunction()

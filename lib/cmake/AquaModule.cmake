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

# aqua_module(NAME SOURCES file... [DEPENDS module...] [LINKS target...])
#
# Declares the static library aqua::NAME from lib/NAME. DEPENDS names the aqua modules whose headers
# it may include (and passes on); LINKS names outside libraries, which stay private to the module, so
# that nothing above it can include their headers by accident.
function(aqua_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LINKS")
  # Bootstrap: sources that are still being written are left out.
  set(present ${PROJECT_SOURCE_DIR}/lib/cmake/empty.cpp)
  foreach(source ${arg_SOURCES})
    if(IS_ABSOLUTE ${source} OR EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source})
      list(APPEND present ${source})
    endif()
  endforeach()
  add_library(aqua_${name} STATIC ${present})
  add_library(aqua::${name} ALIAS aqua_${name})
  target_include_directories(aqua_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include
                                          PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  list(TRANSFORM arg_DEPENDS PREPEND aqua::)
  target_link_libraries(aqua_${name} PUBLIC ${arg_DEPENDS} fmt::fmt
                                     PRIVATE aqua_settings ${arg_LINKS})
endfunction()

# aqua_test(NAME SOURCES file... DEPENDS module... [LINKS target...])
#
# Declares one GoogleTest program whose cases are each registered with ctest.
function(aqua_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;LINKS")
  set(present ${PROJECT_SOURCE_DIR}/lib/cmake/empty.cpp)
  foreach(source ${arg_SOURCES})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source})
      list(APPEND present ${source})
    endif()
  endforeach()
  add_executable(${name} ${present})
  list(TRANSFORM arg_DEPENDS PREPEND aqua::)
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ${arg_LINKS} GTest::gmock_main aqua_settings)
  target_compile_definitions(${name} PRIVATE AQUA_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST)
endfunction()

# Writes OUTPUT, a C++ file that holds the page's template, style and script and the charting library
# as string literals, so that an installed aqua needs none of these files.
#   cmake -DOUTPUT=… -DASSETS=… -DVEGA=… -DVEGA_COPYRIGHT=… -P embed_assets.cmake
# ASSETS: lib/report/assets. VEGA: the folder of Debian's libjs-vega, which ships Vega as one file per
# module and no bundle; the modules that the page needs are put together here, in an order that does
# not matter, as library_head.js finds them by name. VEGA_COPYRIGHT: its licence notices.
cmake_minimum_required(VERSION 3.25)

set(parts vega-util vega-time vega-format vega-loader vega-dataflow vega-statistics vega-scale
          vega-canvas vega-scenegraph vega-expression vega-selection vega-functions
          vega-event-selector vega-parser vega-runtime vega-view vega-transforms
          vega-view-transforms vega-encode vega-interpreter)

file(READ ${VEGA_COPYRIGHT} notices)
string(REPLACE "*/" "* /" notices "${notices}")
string(CONCAT library
  "/* Vega 5, from the parts that follow; they contain parts of D3 (Copyright Mike Bostock, ISC licence\n"
  "as below; d3-geo after GeographicLib, Copyright Charles Karney, MIT licence). Notices:\n\n"
  "${notices}*/\n")
file(READ ${ASSETS}/library_head.js text)
string(APPEND library "${text}")
foreach(part ${parts})
  file(READ ${VEGA}/${part}.min.js text)
  string(REGEX REPLACE "\n//# sourceMappingURL=[^\n]*" "" text "${text}")
  set(name ${part})
  if(part STREQUAL "vega-selection")  # the file is called so, the module otherwise
    set(name vega-selections)
  endif()
  string(APPEND library "vegaParts['${name}'] = function (module, exports, require) {\n${text}\n};\n")
endforeach()
file(READ ${ASSETS}/library_tail.js text)
string(APPEND library "${text}")

file(READ ${ASSETS}/report.html page)
file(READ ${ASSETS}/report.css style)
file(READ ${ASSETS}/report.js script)

# Nothing in a script may end its element, and nothing may end a literal.
foreach(name library script)
  string(TOLOWER "${${name}}" lower)
  string(FIND "${lower}" "</script" found)
  string(FIND "${lower}" "<!--" comment)
  if(NOT found EQUAL -1 OR NOT comment EQUAL -1)
    message(FATAL_ERROR "The ${name} cannot stand in a page: it contains </script or <!--")
  endif()
endforeach()
string(FIND "${library}${page}${style}${script}" ")AQUA\"" found)
if(NOT found EQUAL -1)
  message(FATAL_ERROR "An asset contains the end of the literals that assets are written as")
endif()

file(WRITE ${OUTPUT}.new
  "// Made by embed_assets.cmake.\n#include \"document/assets.hpp\"\n\n"
  "namespace aqua::report::document {\n\n"
  "std::string_view page_template() { return R\"AQUA(${page})AQUA\"; }\n"
  "std::string_view page_style() { return R\"AQUA(${style})AQUA\"; }\n"
  "std::string_view page_script() { return R\"AQUA(${script})AQUA\"; }\n"
  "std::string_view chart_library() { return R\"AQUA(${library})AQUA\"; }\n\n"
  "}  // namespace aqua::report::document\n")
file(RENAME ${OUTPUT}.new ${OUTPUT})

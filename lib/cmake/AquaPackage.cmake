# Installs the library for find_package(aqua): every module's archive and public headers, and the
# package's description.
include(CMakePackageConfigHelpers)

set(aqua_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/aqua)

function(aqua_install_module name)
  set_target_properties(aqua_${name} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS aqua_${name} EXPORT aquaTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY lib/${name}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()

function(aqua_install_package)
  # The libraries behind linalg, by their paths: they have no package of their own to find.
  set_target_properties(aqua_onednn PROPERTIES EXPORT_NAME onednn)
  install(TARGETS aqua_onednn EXPORT aquaTargets)
  install(EXPORT aquaTargets NAMESPACE aqua:: DESTINATION ${aqua_package_dir})
  configure_package_config_file(lib/cmake/aquaConfig.cmake.in aquaConfig.cmake
                                INSTALL_DESTINATION ${aqua_package_dir})
  write_basic_package_version_file(aquaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/aquaConfig.cmake ${PROJECT_BINARY_DIR}/aquaConfigVersion.cmake
          DESTINATION ${aqua_package_dir})
endfunction()

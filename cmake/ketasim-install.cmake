# find_package(ketasim) gives ketasim::ketasim (the library) and ketasim::headers (templates only);
# with COMPONENTS odeint also ketasim::odeint, which needs Boost.
include(CMakePackageConfigHelpers)

set(ketasim_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ketasim")
install(
  TARGETS ketasim_headers ketasim_core
  EXPORT ketasim-targets
  ARCHIVE COMPONENT development
  LIBRARY COMPONENT development
  RUNTIME COMPONENT development FILE_SET HEADERS COMPONENT development)
install(EXPORT ketasim-targets NAMESPACE ketasim:: DESTINATION "${ketasim_config_dir}" COMPONENT development)
if(TARGET ketasim_odeint)
  install(TARGETS ketasim_odeint EXPORT ketasim-odeint-targets FILE_SET HEADERS COMPONENT development)
  install(EXPORT ketasim-odeint-targets NAMESPACE ketasim:: DESTINATION "${ketasim_config_dir}"
          COMPONENT development)
endif()
configure_package_config_file(
  "${CMAKE_CURRENT_LIST_DIR}/ketasim-config.cmake.in" "${CMAKE_CURRENT_BINARY_DIR}/ketasim-config.cmake"
  INSTALL_DESTINATION "${ketasim_config_dir}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/ketasim-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/ketasim-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/ketasim-config-version.cmake" DESTINATION "${ketasim_config_dir}"
        COMPONENT development)

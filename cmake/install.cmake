# SPDX-License-Identifier: MIT

# The headers and a package that find_package(movio_exhibitor) finds.
#
# What the target links is left out of the export set and named in the package's own file: an export set insists on
# holding every target it mentions, which a libcurl or nlohmann_json that a host project builds may not be in.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/movio_exhibitor")
configure_package_config_file(
  "${CMAKE_CURRENT_LIST_DIR}/movio_exhibitor-config.cmake.in" "${PROJECT_BINARY_DIR}/movio_exhibitor-config.cmake"
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
# Before 1.0 a new minor version may break what used the one before.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/movio_exhibitor-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)

set_target_properties(movio_exhibitor PROPERTIES EXPORT_NAME exhibitor)
install(
  TARGETS movio_exhibitor
  EXPORT movio_exhibitor-targets
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(
  EXPORT movio_exhibitor-targets
  NAMESPACE movio::
  DESTINATION "${package_dir}")
install(FILES "${CMAKE_CURRENT_LIST_DIR}/compiled.cmake" "${CMAKE_CURRENT_LIST_DIR}/file_store.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/redis_store.cmake" DESTINATION "${package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES "${PROJECT_BINARY_DIR}/movio_exhibitor-config.cmake"
              "${PROJECT_BINARY_DIR}/movio_exhibitor-config-version.cmake" DESTINATION "${package_dir}")

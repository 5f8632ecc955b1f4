# What an app developer gets: the shared library, satchel.h, the command line, find_package(Satchel) and pkg-config.
# The installed tree can be moved: nothing in it names where it was (tests/install moves it and builds against it).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS satchel EXPORT SatchelTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES platform/c/include/satchel.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES schema/satchel-domain.json DESTINATION ${CMAKE_INSTALL_DATADIR}/satchel)
install(EXPORT SatchelTargets NAMESPACE Satchel:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Satchel)

write_basic_package_version_file(SatchelConfigVersion.cmake COMPATIBILITY SameMinorVersion)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/SatchelConfig.cmake
  "include(\"\${CMAKE_CURRENT_LIST_DIR}/SatchelTargets.cmake\")\n")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/SatchelConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/SatchelConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Satchel)

# From <prefix>/<libdir>/pkgconfig back to <prefix>; libdir may have two parts (lib/x86_64-linux-gnu).
string(REGEX REPLACE "[^/]+" ".." SATCHEL_PC_UP "${CMAKE_INSTALL_LIBDIR}")
configure_file(cmake/satchel.pc.in satchel.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/satchel.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

foreach(program satchel_cli satchel_server_main)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

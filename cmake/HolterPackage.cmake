# What is installed on a machine that runs Holter, and the .deb of it (`make package`). The client library is a component of its own.
include(GNUInstallDirs)

# Packaging takes what is there, instead of building every test first.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

install(TARGETS holterd holter RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT programs)

set(deploy "${CMAKE_SOURCE_DIR}/deploy")
install(FILES "${deploy}/systemd/holterd.service" DESTINATION /lib/systemd/system COMPONENT service)
install(FILES "${deploy}/systemd/holter.sysusers" DESTINATION lib/sysusers.d RENAME holter.conf COMPONENT service)
install(FILES "${deploy}/debian/holter.yaml" DESTINATION /etc/holter COMPONENT service)
install(FILES "${deploy}/debian/copyright" DESTINATION share/doc/holter COMPONENT service)
set(changelog "${CMAKE_BINARY_DIR}/changelog.Debian")
configure_file("${deploy}/debian/changelog.in" "${changelog}" @ONLY)
execute_process(COMMAND gzip -9nf "${changelog}" COMMAND_ERROR_IS_FATAL ANY)
install(FILES "${changelog}.gz" DESTINATION share/doc/holter COMPONENT service)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME holter)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "heart monitor for WebSocket sessions")
set(CPACK_PACKAGE_DESCRIPTION
"Holds the outbound WebSocket sessions that other services declare over gRPC,
 beats on them, reconnects, and reports which are alive to gRPC watchers and to
 Prometheus.")
set(CPACK_PACKAGE_CONTACT "The Holter authors <holter@example.org>")
set(CPACK_PACKAGE_DIRECTORY "${CMAKE_BINARY_DIR}/packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL programs service)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PACKAGE_NAME holter)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${deploy}/debian/conffiles" "${deploy}/debian/postinst" "${deploy}/debian/prerm" "${deploy}/debian/postrm")
include(CPack)

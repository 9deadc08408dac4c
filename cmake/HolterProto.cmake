# C++ of the protos: holter_proto (messages) and holter_grpc (stubs).

set(HOLTER_PROTO_DIR "${CMAKE_SOURCE_DIR}/proto")
set(HOLTER_PROTO_OUT "${CMAKE_BINARY_DIR}/proto")
file(MAKE_DIRECTORY "${HOLTER_PROTO_OUT}")
file(GLOB_RECURSE HOLTER_PROTOS CONFIGURE_DEPENDS RELATIVE "${HOLTER_PROTO_DIR}" "${HOLTER_PROTO_DIR}/*.proto")

set(proto_sources)
set(grpc_sources)
foreach(proto IN LISTS HOLTER_PROTOS)
  string(REGEX REPLACE "\\.proto$" "" stem "${proto}")
  set(out "${HOLTER_PROTO_OUT}/${stem}")
  add_custom_command(
    OUTPUT "${out}.pb.cc" "${out}.pb.h"
    COMMAND protobuf::protoc "-I${HOLTER_PROTO_DIR}" "--cpp_out=${HOLTER_PROTO_OUT}" "${proto}"
    DEPENDS "${HOLTER_PROTO_DIR}/${proto}" WORKING_DIRECTORY "${HOLTER_PROTO_DIR}" VERBATIM)
  list(APPEND proto_sources "${out}.pb.cc")
  if(HOLTER_WITH_GRPC AND proto MATCHES "_service\\.proto$")
    add_custom_command(
      OUTPUT "${out}.grpc.pb.cc" "${out}.grpc.pb.h"
      COMMAND protobuf::protoc "-I${HOLTER_PROTO_DIR}" "--grpc_out=${HOLTER_PROTO_OUT}"
              "--plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>" "${proto}"
      DEPENDS "${HOLTER_PROTO_DIR}/${proto}" "${out}.pb.h" WORKING_DIRECTORY "${HOLTER_PROTO_DIR}" VERBATIM)
    list(APPEND grpc_sources "${out}.grpc.pb.cc")
  endif()
endforeach()

# For tools that read our sources without building them.
add_custom_target(generated DEPENDS ${proto_sources} ${grpc_sources})

add_library(holter_proto STATIC ${proto_sources})
target_include_directories(holter_proto SYSTEM PUBLIC $<BUILD_INTERFACE:${HOLTER_PROTO_OUT}> $<INSTALL_INTERFACE:include>)
target_link_libraries(holter_proto PUBLIC protobuf::libprotobuf)
if(HOLTER_WITH_GRPC)
  add_library(holter_grpc STATIC ${grpc_sources})
  target_link_libraries(holter_grpc PUBLIC holter_proto gRPC::grpc++)
endif()

# How everything is compiled, and the one function that makes a room.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
find_package(Threads REQUIRED)

find_program(HOLTER_CCACHE ccache)
if(HOLTER_CCACHE)
  # A fresh clone in another folder shares the cache; precompiled headers need the sloppiness.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime" "${HOLTER_CCACHE}")
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
find_program(HOLTER_LLD ld.lld)
if(HOLTER_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  if(HOLTER_UNITY)
    add_compile_options(-Wno-subobject-linkage)  # a file of a room is no main file here, and its local types are meant to be local
  endif()
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Of std::string's own code, where it is inlined (GCC bug 105651); mended in GCC 13.
    add_compile_options(-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow)
  endif()
endif()
if(HOLTER_WERROR)
  add_compile_options(-Werror)
endif()
if(HOLTER_SANITIZE)
  add_compile_options(-fsanitize=${HOLTER_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HOLTER_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND HOLTER_SANITIZE STREQUAL thread)
    add_compile_options(-Wno-tsan)  # Asio uses atomic_thread_fence, which GCC's TSan does not model
    # Debian's libraries were built without the macro, and protobuf's map fields have two members more with it: every map would be
    # corrupt. libstdc++, which is headers here, has to know.
    add_compile_options(-U__SANITIZE_THREAD__ -D_GLIBCXX_TSAN=1)
  endif()
endif()
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED HOLTER_VERSION="${PROJECT_VERSION}")

# holter_room(NAME DEPS other rooms… LIBS libraries… [PCH headers…])
#
# A static library of every source in the folder. DEPS are the arrows; tests/architecture checks the includes against the table there.
function(holter_room name)
  cmake_parse_arguments(ROOM "" "" "DEPS;LIBS;PCH" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  add_library(holter_${name} STATIC ${sources})
  target_include_directories(holter_${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/server> $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  foreach(dep IN LISTS ROOM_DEPS)
    target_link_libraries(holter_${name} PUBLIC holter_${dep})
  endforeach()
  target_link_libraries(holter_${name} PUBLIC ${ROOM_LIBS} Threads::Threads)
  if(ROOM_PCH)
    target_precompile_headers(holter_${name} PRIVATE ${ROOM_PCH})
  endif()
  if(HOLTER_UNITY)
    set_target_properties(holter_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
  endif()
endfunction()

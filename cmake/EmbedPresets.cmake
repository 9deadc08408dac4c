# Writes one source with all files of presets/ in it: cmake -DDIR=… -DOUT=… -P EmbedPresets.cmake
file(GLOB files "${DIR}/*.yaml")
set(source "// Made by cmake/EmbedPresets.cmake of presets/*.yaml.\n#include \"spec/preset_catalog.h\"\n\nnamespace holter::spec {\n")
string(APPEND source "namespace {\n\nconstexpr PresetFile kEmbeddedPresets[] = {\n")
foreach(file IN LISTS files)
  cmake_path(GET file STEM name)
  file(READ "${file}" text)
  # A literal ends with its delimiter; a file that held it would not compile.
  string(APPEND source "    {\"${name}\", R\"preset(${text})preset\"},\n")
endforeach()
string(APPEND source "};\n\n}  // namespace\n\n")
string(APPEND source "std::span<const PresetFile> EmbeddedPresets() { return kEmbeddedPresets; }\n\n}  // namespace holter::spec\n")
file(WRITE "${OUT}" "${source}")

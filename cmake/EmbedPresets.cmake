# Writes one source with all files of presets/ in it: cmake -DDIR=… -DOUT=… -P EmbedPresets.cmake
file(GLOB files "${DIR}/*.yaml")
set(source "// Made by cmake/EmbedPresets.cmake of presets/*.yaml.\n#include \"spec/preset_catalog.h\"\n\nnamespace holter::spec {\n")
# With their sizes (sv): a compiler that counts characters for a constant gives up on so many.
string(APPEND source "namespace {\n\nusing std::literals::string_view_literals::operator\"\"sv;\n\nconstexpr PresetFile kEmbeddedPresets[] = {\n")
foreach(file IN LISTS files)
  cmake_path(GET file STEM name)
  file(READ "${file}" text)
  # A literal ends with its delimiter; a file that held it would not compile.
  string(APPEND source "    {\"${name}\", R\"preset(${text})preset\"sv},\n")
endforeach()
string(APPEND source "};\n\n}  // namespace\n\n")
string(APPEND source "std::span<const PresetFile> EmbeddedPresets() { return kEmbeddedPresets; }\n\n}  // namespace holter::spec\n")
file(WRITE "${OUT}" "${source}")

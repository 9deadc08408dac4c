// The presets that come with the binary: YAML of holter.v1.Preset, each parsed when somebody asks for it first.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "holter/v1/preset_service.pb.h"

namespace holter::spec {

// A file of presets/ without its ending.
struct PresetFile {
  std::string_view name;
  std::string_view text;
};

// Made while building.
std::span<const PresetFile> EmbeddedPresets();

// Any thread. A preset that was given out lives as long as the catalog.
class PresetCatalog {
 public:
  // `files` outlive the catalog.
  explicit PresetCatalog(std::span<const PresetFile> files);
  ~PresetCatalog();
  PresetCatalog(const PresetCatalog&) = delete;
  PresetCatalog& operator=(const PresetCatalog&) = delete;

  // Of EmbeddedPresets; lives as long as the process.
  static const PresetCatalog& Embedded();

  // NOT_FOUND, PRESET_NOT_FOUND; its text has the names that are nearest.
  absl::StatusOr<const v1::Preset*> Find(std::string_view name) const;
  // In order.
  std::vector<std::string_view> Names() const;
  // All, by name. The error of the first that does not parse.
  absl::StatusOr<std::vector<const v1::Preset*>> All() const;

 private:
  struct Entry;

  std::map<std::string_view, std::unique_ptr<Entry>, std::less<>> entries_;
};

// The names that `word` may have been meant for, the nearest first, at most three.
std::vector<std::string_view> NearestWords(std::string_view word, std::span<const std::string_view> words);

}  // namespace holter::spec

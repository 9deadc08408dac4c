#include "spec/preset_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "spec/field_path.h"
#include "spec/yaml.h"

namespace holter::spec {
namespace {

constexpr size_t kMostNearest = 3;
constexpr size_t kLongestName = 63;

// Letters to add, take away or replace.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

absl::Status NotFound(std::string_view name, std::span<const std::string_view> known) {
  const std::vector<std::string_view> nearest = NearestWords(name, known);
  const std::string hint = nearest.empty() ? "ListPresets and `holter presets` have all"
                                           : fmt::format("the nearest: {}", fmt::join(nearest, ", "));
  return MakeError(absl::StatusCode::kNotFound, "PRESET_NOT_FOUND",
                   fmt::format("there is no preset {}; {}", Quoted(name), hint), {{"name", std::string(name)}});
}

}  // namespace

// One preset; `parsed` guards what follows it.
struct PresetCatalog::Entry {
  std::string_view text;
  std::once_flag parsed;
  absl::Status status;
  v1::Preset preset;
};

PresetCatalog::PresetCatalog(std::span<const PresetFile> files) {
  for (const PresetFile& file : files) {
    auto entry = std::make_unique<Entry>();
    entry->text = file.text;
    entries_.emplace(file.name, std::move(entry));
  }
}

PresetCatalog::~PresetCatalog() = default;

const PresetCatalog& PresetCatalog::Embedded() {
  static const auto* const kCatalog = new PresetCatalog(EmbeddedPresets());
  return *kCatalog;
}

absl::StatusOr<const v1::Preset*> PresetCatalog::Find(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return NotFound(name, Names());
  Entry& entry = *found->second;
  std::call_once(entry.parsed,
                 [&] { entry.status = ParseYaml(entry.text, fmt::format("presets/{}.yaml", name), entry.preset); });
  if (!entry.status.ok()) return entry.status;
  return &entry.preset;
}

std::vector<std::string_view> PresetCatalog::Names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

absl::StatusOr<std::vector<const v1::Preset*>> PresetCatalog::All() const {
  std::vector<const v1::Preset*> presets;
  for (const std::string_view name : Names()) {
    const absl::StatusOr<const v1::Preset*> preset = Find(name);
    if (!preset.ok()) return preset.status();
    presets.push_back(*preset);
  }
  return presets;
}

std::vector<std::string_view> NearestWords(std::string_view word, std::span<const std::string_view> words) {
  if (word.empty() || word.size() > kLongestName) return {};
  std::vector<std::pair<size_t, std::string_view>> near;
  for (const std::string_view candidate : words) {
    // Who knows the vendor but not our name for its dialect has written a part of it.
    const bool is_part = candidate.find(word) != std::string_view::npos;
    const size_t distance = is_part ? 0 : EditDistance(word, candidate);
    if (distance <= 1 + std::min(word.size(), candidate.size()) / 4) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  near.resize(std::min(near.size(), kMostNearest));
  std::vector<std::string_view> nearest;
  nearest.reserve(near.size());
  for (const auto& [distance, candidate] : near) nearest.push_back(candidate);
  return nearest;
}

}  // namespace holter::spec

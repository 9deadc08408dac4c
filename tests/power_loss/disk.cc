#include "tests/power_loss/disk.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace holter::power_loss {
namespace {

constexpr size_t kSector = 512;

void ApplyBytes(int64_t offset, const std::string& bytes, std::string& content) {
  const auto end = static_cast<size_t>(offset) + bytes.size();
  if (content.size() < end) content.resize(end, '\0');
  content.replace(static_cast<size_t>(offset), bytes.size(), bytes);
}

void Apply(const PendingWrite& write, std::string& content) {
  if (write.is_truncation) {
    content.resize(static_cast<size_t>(write.offset), '\0');
  } else {
    ApplyBytes(write.offset, write.bytes, content);
  }
}

// Each sector by itself reaches the disk or does not.
void ApplyTorn(const PendingWrite& write, Random& random, std::string& content) {
  for (size_t at = 0; at < write.bytes.size(); at += kSector) {
    if (random() % 2 == 0)
      ApplyBytes(write.offset + static_cast<int64_t>(at), write.bytes.substr(at, kSector), content);
  }
}

}  // namespace

void DiskFile::Write(int64_t offset, const void* bytes, size_t size) {
  pending.push_back({.offset = offset, .bytes = std::string(static_cast<const char*>(bytes), size)});
}

void DiskFile::Truncate(int64_t size) { pending.push_back({.offset = size, .bytes = "", .is_truncation = true}); }

void DiskFile::Sync() {
  for (const PendingWrite& write : pending) Apply(write, synced);
  pending.clear();
}

std::string DiskFile::AfterLoss(Random* random) const {
  std::string content = synced;
  if (random == nullptr) return content;
  for (const PendingWrite& write : pending) {
    switch ((*random)() % 4) {
      case 0:
        break;
      case 1:
        if (!write.is_truncation) ApplyTorn(write, *random, content);
        break;
      default:
        Apply(write, content);
    }
  }
  return content;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void Restore(const DiskImage& image, const std::string& root) {
  for (const std::string& directory : image.directories) std::filesystem::create_directories(root + "/" + directory);
  for (const auto& [path, content] : image.files) {
    std::ofstream(root + "/" + path, std::ios::binary) << content;
  }
}

void Disk::Follow(const std::string& root, std::function<void(int64_t)> on_change) {
  const std::lock_guard lock(mutex_);
  Unfollow();
  root_ = root;
  changes_ = 0;
  Begin();
  on_change_ = std::move(on_change);
}

void Disk::Unfollow() {
  const std::lock_guard lock(mutex_);
  root_.clear();
  on_change_ = nullptr;
  End();
}

void Disk::Count() {
  if (on_change_) on_change_(++changes_);
}

}  // namespace holter::power_loss

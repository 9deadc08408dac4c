#include "tests/power_loss/forgetful_disk.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace holter::power_loss {
namespace {

constexpr size_t kSector = 512;

std::string ParentOf(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

uint64_t InodeOf(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

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

std::string ContentAfterLoss(const DiskFile& file, Random* random) {
  std::string content = file.synced;
  if (random == nullptr) return content;
  for (const PendingWrite& write : file.pending) {
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

}  // namespace

ForgetfulDisk& ForgetfulDisk::Instance() {
  static auto* const disk = new ForgetfulDisk();  // never destroyed: calls come until the process ends
  return *disk;
}

void ForgetfulDisk::Follow(const std::string& root, std::function<void(int64_t)> on_change) {
  const std::lock_guard lock(mutex_);
  Unfollow();
  const auto add_directory = [this](const std::string& path) -> DiskEntries& {
    directory_inodes_[InodeOf(path)] = path;
    return directories_[path].versions.front();
  };
  add_directory(root);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string path = entry.path().string();
    DiskFilePtr file;
    if (entry.is_directory()) {
      add_directory(path);
    } else {
      file = std::make_shared<DiskFile>();
      file->synced = ReadAll(path);
      files_[InodeOf(path)] = file;
    }
    directories_[ParentOf(path)].versions.front()[NameOf(path)] = file;
  }
  root_ = root;
  changes_ = 0;
  on_change_ = std::move(on_change);
}

void ForgetfulDisk::Unfollow() {
  const std::lock_guard lock(mutex_);
  root_.clear();
  on_change_ = nullptr;
  files_.clear();
  directory_inodes_.clear();
  directories_.clear();
}

void ForgetfulDisk::Count() {
  if (on_change_) on_change_(++changes_);
}

DiskEntries* ForgetfulDisk::Change(const std::string& path) {
  const auto found = directories_.find(ParentOf(path));
  if (found == directories_.end()) return nullptr;
  std::vector<DiskEntries>& versions = found->second.versions;
  versions.push_back(versions.back());
  return &versions.back();
}

void ForgetfulDisk::OnOpened(const std::string& path, uint64_t inode, bool is_new) {
  if (!is_new) return;
  Count();
  DiskEntries* const entries = Change(path);
  if (entries != nullptr) (*entries)[NameOf(path)] = files_[inode] = std::make_shared<DiskFile>();
}

void ForgetfulDisk::OnMadeDirectory(const std::string& path, uint64_t inode) {
  Count();
  DiskEntries* const entries = Change(path);
  if (entries == nullptr) return;
  (*entries)[NameOf(path)] = nullptr;
  directory_inodes_[inode] = path;
  directories_[path];
}

void ForgetfulDisk::OnWrite(uint64_t inode, int64_t offset, const void* bytes, size_t size) {
  const auto found = files_.find(inode);
  if (found == files_.end()) return;
  Count();
  found->second->pending.push_back({.offset = offset, .bytes = std::string(static_cast<const char*>(bytes), size)});
}

void ForgetfulDisk::OnTruncate(uint64_t inode, int64_t size) {
  const auto found = files_.find(inode);
  if (found == files_.end()) return;
  Count();
  found->second->pending.push_back({.offset = size, .bytes = "", .is_truncation = true});
}

void ForgetfulDisk::OnSync(uint64_t inode) {
  if (const auto found = files_.find(inode); found != files_.end()) {
    Count();
    DiskFile& file = *found->second;
    for (const PendingWrite& write : file.pending) Apply(write, file.synced);
    file.pending.clear();
  } else if (const auto directory = directory_inodes_.find(inode); directory != directory_inodes_.end()) {
    Count();
    if (ignore_directory_syncs_) return;
    std::vector<DiskEntries>& versions = directories_[directory->second].versions;
    versions = {versions.back()};
  }
}

void ForgetfulDisk::OnRename(const std::string& from, const std::string& to) {
  Count();
  DiskEntries* const entries = Change(from);  // files stay in their directory
  if (entries == nullptr) return;
  (*entries)[NameOf(to)] = (*entries)[NameOf(from)];
  entries->erase(NameOf(from));
}

void ForgetfulDisk::OnUnlink(const std::string& path) {
  Count();
  if (DiskEntries* const entries = Change(path)) entries->erase(NameOf(path));
}

DiskImage ForgetfulDisk::Image(Random* random) const {
  DiskImage image;
  std::vector<std::string> open = {root_};
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    const std::vector<DiskEntries>& versions = directories_.at(path).versions;
    // Names change in order: a journal's way, and the least that a rename needs.
    const size_t reached = random == nullptr ? 0 : (*random)() % versions.size();
    for (const auto& [name, file] : versions[reached]) {
      const std::string child = path + "/" + name;
      const std::string relative = child.substr(root_.size() + 1);
      if (file == nullptr) {
        image.directories.push_back(relative);
        open.push_back(child);
      } else {
        image.files[relative] = ContentAfterLoss(*file, random);
      }
    }
  }
  return image;
}

void Restore(const DiskImage& image, const std::string& root) {
  for (const std::string& directory : image.directories) std::filesystem::create_directories(root + "/" + directory);
  for (const auto& [path, content] : image.files) {
    std::ofstream(root + "/" + path, std::ios::binary) << content;
  }
}

}  // namespace holter::power_loss

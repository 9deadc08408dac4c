#include "tests/power_loss/forgetful_disk.h"

#include <sys/stat.h>

#include <filesystem>

namespace holter::power_loss {
namespace {

std::string ParentOf(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

uint64_t InodeOf(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

ForgetfulDisk& ForgetfulDisk::Instance() {
  static auto* const disk = new ForgetfulDisk();  // never destroyed: calls come until the process ends
  return *disk;
}

void ForgetfulDisk::Begin() {
  const auto add_directory = [this](const std::string& path) -> DiskEntries& {
    directory_inodes_[InodeOf(path)] = path;
    return directories_[path].versions.front();
  };
  add_directory(root());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root())) {
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
}

void ForgetfulDisk::End() {
  files_.clear();
  directory_inodes_.clear();
  directories_.clear();
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
  found->second->Write(offset, bytes, size);
}

void ForgetfulDisk::OnTruncate(uint64_t inode, int64_t size) {
  const auto found = files_.find(inode);
  if (found == files_.end()) return;
  Count();
  found->second->Truncate(size);
}

void ForgetfulDisk::OnSync(uint64_t inode) {
  if (const auto found = files_.find(inode); found != files_.end()) {
    Count();
    found->second->Sync();
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
  std::vector<std::string> open = {root()};
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    const std::vector<DiskEntries>& versions = directories_.at(path).versions;
    // Names change in order: a journal's way, and the least that a rename needs.
    const size_t reached = random == nullptr ? 0 : (*random)() % versions.size();
    for (const auto& [name, file] : versions[reached]) {
      const std::string child = path + "/" + name;
      const std::string relative = child.substr(root().size() + 1);
      if (file == nullptr) {
        image.directories.push_back(relative);
        open.push_back(child);
      } else {
        image.files[relative] = file->AfterLoss(random);
      }
    }
  }
  return image;
}

}  // namespace holter::power_loss

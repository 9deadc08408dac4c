// Stands in for those functions of libc by which SQLite and the store change files: the program's own definitions come
// before the library's, for shared libraries too. Each does the real thing and tells ForgetfulDisk.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>
#include <string>

#include "tests/power_loss/forgetful_disk.h"

namespace {

using holter::power_loss::ForgetfulDisk;

class Turn {
 public:
  Turn() : disk(ForgetfulDisk::Instance()) { disk.mutex().lock(); }
  ~Turn() { disk.mutex().unlock(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  ForgetfulDisk& disk;
};

uint64_t InodeOf(int file) {
  struct stat info {};
  return ::fstat(file, &info) == 0 ? info.st_ino : 0;
}

int Open(const char* path, int flags, mode_t mode) {
  Turn turn;
  const bool is_ours = turn.disk.follows(path);
  const bool is_new = is_ours && (flags & O_CREAT) != 0 && ::access(path, F_OK) != 0;
  const int file = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  if (is_ours && file >= 0) {
    turn.disk.OnOpened(path, InodeOf(file), is_new);
    if ((flags & O_TRUNC) != 0 && !is_new) turn.disk.OnTruncate(InodeOf(file), 0);
  }
  return file;
}

ssize_t Write(int file, const void* bytes, size_t size, off_t offset) {
  Turn turn;
  turn.disk.OnWrite(InodeOf(file), offset, bytes, size);
  return ::syscall(SYS_pwrite64, file, bytes, size, offset);
}

int Truncate(int file, off_t size) {
  Turn turn;
  turn.disk.OnTruncate(InodeOf(file), size);
  return static_cast<int>(::syscall(SYS_ftruncate, file, size));
}

int Sync(int file) {
  Turn turn;
  turn.disk.OnSync(InodeOf(file));
  return 0;  // the real disk need not be waited for
}

int Unlink(const char* path) {
  Turn turn;
  const bool is_ours = turn.disk.follows(path) && ::access(path, F_OK) == 0;
  if (is_ours) turn.disk.OnUnlink(path);
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

mode_t ModeOf(int flags, va_list arguments) { return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Open(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Open(path, flags, mode);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) { return Write(file, bytes, size, offset); }
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) { return Write(file, bytes, size, offset); }
int ftruncate(int file, off_t size) noexcept { return Truncate(file, size); }
int ftruncate64(int file, off64_t size) noexcept { return Truncate(file, size); }
int fsync(int file) { return Sync(file); }
int fdatasync(int file) { return Sync(file); }
int unlink(const char* path) noexcept { return Unlink(path); }

int rename(const char* from, const char* to) noexcept {
  Turn turn;
  if (turn.disk.follows(from)) turn.disk.OnRename(from, to);
  return static_cast<int>(::syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to));
}

int mkdir(const char* path, mode_t mode) noexcept {
  Turn turn;
  const int result = static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
  struct stat info {};
  if (result == 0 && turn.disk.follows(path) && ::stat(path, &info) == 0) {
    turn.disk.OnMadeDirectory(path, info.st_ino);
  }
  return result;
}

}  // extern "C"

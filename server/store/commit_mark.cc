#include "store/commit_mark.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/crc.hpp>
#include <cerrno>
#include <string_view>
#include <utility>

#include "store/directory_lock.h"

namespace holter::store {
namespace {

// "holter-mark 0000000000000012 89abcdef\n": fixed in size, so that a write replaces the one before.
std::string TextOf(int64_t sequence) {
  const std::string body = fmt::format("holter-mark {:016x}", static_cast<uint64_t>(sequence));
  boost::crc_32_type crc;
  crc.process_bytes(body.data(), body.size());
  return fmt::format("{} {:08x}\n", body, static_cast<uint32_t>(crc.checksum()));
}

}  // namespace

absl::StatusOr<CommitMark> CommitMark::Open(const std::string& directory) {
  std::string path = PathIn(directory);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return FileError("open", path, errno);
  return CommitMark(file, std::move(path));
}

CommitMark::CommitMark(CommitMark&& other) noexcept
    : file_(std::exchange(other.file_, -1)), path_(std::move(other.path_)) {}

CommitMark::~CommitMark() {
  if (file_ >= 0) ::close(file_);
}

std::optional<int64_t> CommitMark::Read() const {
  std::array<char, 64> buffer{};
  const ssize_t size = ::pread(file_, buffer.data(), buffer.size() - 1, 0);
  if (size <= 0) return std::nullopt;
  const std::string_view text(buffer.data(), static_cast<size_t>(size));
  constexpr size_t kDigitsAt = std::string_view("holter-mark ").size();
  if (text.size() < kDigitsAt + 16) return std::nullopt;
  const auto sequence =
      static_cast<int64_t>(std::strtoull(std::string(text.substr(kDigitsAt, 16)).c_str(), nullptr, 16));
  if (text != TextOf(sequence)) return std::nullopt;
  return sequence;
}

absl::Status CommitMark::Write(int64_t sequence) const {
  const std::string text = TextOf(sequence);
  const ssize_t written = ::pwrite(file_, text.data(), text.size(), 0);
  if (written == static_cast<ssize_t>(text.size())) return absl::OkStatus();
  return FileError("write", path_, written < 0 ? errno : EIO);
}

}  // namespace holter::store

#include "store/commit_mark.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <boost/crc.hpp>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include "store/directory_lock.h"

namespace holter::store {
namespace {

constexpr std::string_view kOldWord = "holter-mark ";  // without an identity
constexpr std::string_view kWord = "holter-mark2 ";
constexpr size_t kDigits = 16;

// "holter-mark2 0000000000000012 53f0a1b2c3d4e5f6 89abcdef\n": fixed in size, so that a write replaces the one before.
std::string TextOf(const MarkedCommit& commit) {
  const std::string body = commit.identity == 0
                               ? fmt::format("{}{:016x}", kOldWord, static_cast<uint64_t>(commit.sequence))
                               : fmt::format("{}{:016x} {:016x}", kWord, static_cast<uint64_t>(commit.sequence),
                                             static_cast<uint64_t>(commit.identity));
  boost::crc_32_type crc;
  crc.process_bytes(body.data(), body.size());
  return fmt::format("{} {:08x}\n", body, static_cast<uint32_t>(crc.checksum()));
}

// Of the digits at `at`; anything when there are none, for the checksum tells.
int64_t NumberAt(std::string_view text, size_t at) {
  uint64_t number = 0;
  const std::string_view digits = text.substr(std::min(at, text.size()), kDigits);
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return std::bit_cast<int64_t>(number);
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

std::optional<MarkedCommit> CommitMark::Read() const {
  std::array<char, 128> buffer{};
  const ssize_t size = ::pread(file_, buffer.data(), buffer.size(), 0);
  if (size <= 0) return std::nullopt;
  const std::string_view text(buffer.data(), static_cast<size_t>(size));
  MarkedCommit commit;
  if (text.starts_with(kWord)) {
    commit = {.sequence = NumberAt(text, kWord.size()), .identity = NumberAt(text, kWord.size() + kDigits + 1)};
  } else {
    commit.sequence = NumberAt(text, kOldWord.size());
  }
  if (text != TextOf(commit)) return std::nullopt;
  return commit;
}

absl::Status CommitMark::Write(const MarkedCommit& commit) const {
  const std::string text = TextOf(commit);
  const ssize_t written = ::pwrite(file_, text.data(), text.size(), 0);
  if (written == static_cast<ssize_t>(text.size())) return absl::OkStatus();
  return FileError("write", path_, written < 0 ? errno : EIO);
}

}  // namespace holter::store

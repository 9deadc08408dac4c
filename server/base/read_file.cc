#include "base/read_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace holter {

// Not a stream of C++: what reading a directory or a bad disk does to one depends on how it is read, and may throw.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const auto failed = [&path] { return absl::ErrnoToStatus(errno, fmt::format("cannot read {}", path)); };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return failed();
  std::string text;
  std::array<char, 16384> piece;
  while (const size_t size = std::fread(piece.data(), 1, piece.size(), file.get())) text.append(piece.data(), size);
  if (std::ferror(file.get()) != 0) return failed();
  return text;
}

}  // namespace holter

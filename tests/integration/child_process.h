// A program that a test runs beside itself.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace holter::integration {

// How a program ended.
struct ExitReport {
  int code = -1;  // -1: by a signal
  int signal = 0;
};

// Its output goes to files, which are shown when the test fails. The program dies with the test, however that ends. Not
// thread-safe.
class ChildProcess {
 public:
  // `argv[0]` is the program, sought in PATH. `scratch` is a folder for its output. `environment`: "NAME=value", added
  // to ours.
  ChildProcess(const std::vector<std::string>& argv, const std::string& scratch, const std::string& input = "",
               const std::vector<std::string>& environment = {});
  // Kills what still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void Signal(int number) const;
  // The report once it has ended; nothing when it runs on after `limit`.
  std::optional<ExitReport> Wait(std::chrono::nanoseconds limit);
  bool running() { return !Wait(std::chrono::nanoseconds::zero()).has_value(); }

  std::string Out() const;
  std::string Err() const;
  pid_t pid() const { return pid_; }

 private:
  std::string out_path_;
  std::string err_path_;
  pid_t pid_ = -1;
  std::optional<ExitReport> report_;
};

// A folder that goes with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string Write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path);

}  // namespace holter::integration

#include "tests/integration/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace holter::integration {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Between fork and exec: only calls that are safe there.
void RedirectAndRun(const char* in, const char* out, const char* err, char* const* argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int input = open(in, O_RDONLY);
  const int output = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int error = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (input < 0 || output < 0 || error < 0) _exit(126);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(error, STDERR_FILENO);
  execvp(argv[0], argv);
  _exit(127);
}

// Waits on the process itself, not by looking again and again.
bool AwaitEnd(pid_t pid, std::chrono::nanoseconds limit) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) throw std::runtime_error("pidfd_open");
  pollfd poll_fd{fd, POLLIN, 0};
  const int milliseconds = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(limit).count());
  const int ready = poll(&poll_fd, 1, milliseconds);
  close(fd);
  return ready > 0;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const std::string& scratch, const std::string& input,
                           const std::vector<std::string>& environment) {
  static std::atomic<int> number = 0;
  const std::string stem = scratch + "/child-" + std::to_string(++number);
  out_path_ = stem + ".out";
  err_path_ = stem + ".err";
  const std::string in_path = stem + ".in";
  std::ofstream(in_path) << input;
  std::vector<std::string> arguments;
  if (!environment.empty()) {
    arguments = {"env"};
    arguments.insert(arguments.end(), environment.begin(), environment.end());
  }
  arguments.insert(arguments.end(), argv.begin(), argv.end());
  const std::vector<char*> pointers = Pointers(arguments);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) RedirectAndRun(in_path.c_str(), out_path_.c_str(), err_path_.c_str(), pointers.data());
}

ChildProcess::~ChildProcess() {
  if (report_) return;
  Signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void ChildProcess::Signal(int number) const {
  if (!report_) kill(pid_, number);
}

std::optional<ExitReport> ChildProcess::Wait(std::chrono::nanoseconds limit) {
  if (report_) return report_;
  if (!AwaitEnd(pid_, limit)) return std::nullopt;
  int status = 0;
  waitpid(pid_, &status, 0);
  report_ =
      WIFEXITED(status) ? ExitReport{.code = WEXITSTATUS(status)} : ExitReport{.code = -1, .signal = WTERMSIG(status)};
  return report_;
}

std::string ChildProcess::Out() const { return ReadFile(out_path_); }
std::string ChildProcess::Err() const { return ReadFile(err_path_); }

ScratchFolder::ScratchFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "holter-integration-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::Write(const std::string& name, const std::string& content) const {
  std::string path = path_ + "/" + name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace holter::integration

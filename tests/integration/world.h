// What an end-to-end test is made of: holterd, the command line, peers, certificates, and the changes that a client
// sees.
#pragma once

#include <signal.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "holter/client.h"
#include "tests/integration/child_process.h"

namespace holter::integration {

// How long a test waits for what has to come. Every wait ends as soon as it has.
inline constexpr std::chrono::seconds kPatience{20};

using SystemTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;
SystemTime ToTime(const google::protobuf::Timestamp& time);

// Looks again every few milliseconds until `condition` holds; false after kPatience.
bool Await(const std::function<bool()>& condition);

enum class PeerKind { kPython, kNode };

// A CA, and a certificate of its for 127.0.0.1 and localhost, made by openssl.
struct Certificates {
  explicit Certificates(const ScratchFolder& scratch);

  std::string ca;  // paths
  std::string cert;
  std::string key;
};

// A port of 127.0.0.1 that the kernel gives to nobody who asks for any: it is bound, but does not listen, and whoever
// names it may listen on it. So a peer that was killed finds its port again, whatever other tests do meanwhile.
class HeldPort {
 public:
  HeldPort();
  ~HeldPort();
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;

  int number() const { return number_; }

 private:
  int socket_;
  int number_ = 0;
};

// A peer on a port that stays the same over restarts.
class Peer {
 public:
  // Listens when the constructor is done. `certificates` null: plain.
  Peer(PeerKind kind, const ScratchFolder& scratch, const Certificates* certificates);

  void Kill();     // SIGKILL: its kernel ends the connections
  void Restart();  // after Kill, on the same port
  void Freeze() const { process_->Signal(SIGSTOP); }
  void Thaw() const { process_->Signal(SIGCONT); }
  std::string Url() const;

 private:
  void Start();

  const PeerKind kind_;
  const std::string scratch_;
  const Certificates* const certificates_;
  const HeldPort port_;
  std::unique_ptr<ChildProcess> process_;
};

// holterd, with its files in `scratch`: started again, it finds what it knew.
class Daemon {
 public:
  // `launcher`: a program and its arguments that run holterd in their place, such as prlimit.
  Daemon(const ScratchFolder& scratch, std::vector<std::string> flags, std::vector<std::string> launcher = {});

  // Serves when it returns.
  void Start();
  ChildProcess& process() { return *process_; }
  const std::string& grpc() const { return grpc_; }
  const std::string& http() const { return http_; }
  // The body of a GET.
  std::string Http(const std::string& path) const;

 private:
  const std::string scratch_;
  const std::vector<std::string> flags_;
  const std::vector<std::string> launcher_;
  std::string grpc_;
  std::string http_;
  std::unique_ptr<ChildProcess> process_;
};

// Every change since the construction, kept by a thread of its own.
class ChangeRecorder {
 public:
  explicit ChangeRecorder(client::Client& client);
  ~ChangeRecorder();
  ChangeRecorder(const ChangeRecorder&) = delete;
  ChangeRecorder& operator=(const ChangeRecorder&) = delete;

  // In the order in which they came.
  std::vector<v1::SessionChange> All() const;
  std::vector<v1::SessionChange> Of(const std::string& name) const;
  // The first change of `name` at or after `since` that `wanted` holds for; fails the test when none comes.
  v1::SessionChange Await(const std::string& name, SystemTime since,
                          const std::function<bool(const v1::SessionStatus&)>& wanted) const;
  // How often the watch was told that changes are lost.
  int resets() const;
  // What the watch ended with, other than our cancellation.
  absl::Status failure() const;

 private:
  void Record();

  const std::unique_ptr<client::Watch> watch_;
  mutable absl::Mutex mutex_;
  std::vector<v1::SessionChange> changes_ ABSL_GUARDED_BY(mutex_);
  int resets_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace holter::integration

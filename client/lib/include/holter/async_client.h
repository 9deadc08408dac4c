// The control plane with callbacks: for programs that must not block.
//
//   holter::client::AsyncClient client({.server = "127.0.0.1:7600"});
//   client.Pause("tenants/default/sessions/feed-1", {}, [](absl::StatusOr<holter::v1::Session> session) { … });
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holter/apply.h"
#include "holter/options.h"
#include "holter/response_stream.h"
#include "holter/v1/preset_service.pb.h"
#include "holter/v1/session.pb.h"
#include "holter/v1/session_service.pb.h"
#include "holter/watch.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace holter::client {

template <typename T>
using Callback = std::function<void(absl::StatusOr<T>)>;
using DoneCallback = std::function<void(absl::Status)>;

// Errors are absl::Status with the server's code; status.h tells the reason and the fields. Every method may be called
// from any thread, returns at once, and runs its callback exactly once, on a thread of gRPC's, or before it returns
// when nothing could be sent; the callback must not block for long, and must not destroy the client. The destructor
// cancels what is under way and waits until its callbacks have returned.
class AsyncClient {
 public:
  // Does not connect yet. Files that cannot be read are the error of every call.
  explicit AsyncClient(const ClientOptions& options);
  // Over a channel that exists already; of `options`, server and tls are not used, and a token goes only over a channel
  // that is secure.
  AsyncClient(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options);
  ~AsyncClient();
  AsyncClient(const AsyncClient&) = delete;
  AsyncClient& operator=(const AsyncClient&) = delete;

  // `session.name` says which.
  void Create(const v1::Session& session, const ChangeOptions& options, const Callback<v1::Session>& done);
  void Get(const std::string& name, const Callback<v1::Session>& done);
  // All pages. `parent` is `tenants/{tenant}`, or `tenants/-` for all.
  void List(const std::string& parent, const ListOptions& options, const Callback<std::vector<v1::Session>>& done);
  // Replaces the fields named by `paths` ("labels", "group", "spec", "spec.url", …); no paths: every field that is set.
  void Update(const v1::Session& session, const std::vector<std::string>& paths, const ChangeOptions& options,
              const Callback<v1::Session>& done);
  void Delete(const std::string& name, const ChangeOptions& options, const DoneCallback& done);

  // All or none, all of `parent`: at most 100, of BatchGet 1000.
  void BatchCreate(const std::string& parent, const std::vector<v1::Session>& sessions, const ChangeOptions& options,
                   const Callback<std::vector<v1::Session>>& done);
  void BatchGet(const std::string& parent, const std::vector<std::string>& names,
                const Callback<std::vector<v1::Session>>& done);
  void BatchDelete(const std::string& parent, const std::vector<std::string>& names, const ChangeOptions& options,
                   const DoneCallback& done);

  void Pause(const std::string& name, const ChangeOptions& options, const Callback<v1::Session>& done);
  void Resume(const std::string& name, const ChangeOptions& options, const Callback<v1::Session>& done);
  void Reconnect(const std::string& name, const ChangeOptions& options, const Callback<v1::Session>& done);
  // New connections for all that match, spread over a time; answers how many. Never repeated by itself.
  void ReconnectAll(const std::string& parent, const std::string& filter, std::chrono::nanoseconds over,
                    const Callback<int>& done);
  void GetFleetSummary(const std::string& parent, const std::string& filter, const Callback<v1::FleetSummary>& done);

  // Declares the whole set of sessions of `owner`, all or nothing, in as many messages as it takes. The answer is
  // whole: what became of each session, and the sum. Repeated only as long as the server cannot have had all of the
  // set: thereafter an UNAVAILABLE may have changed everything, its message says so, and whether to send the set again
  // is the caller's choice. Doing so is harmless, unless somebody else declares for the same owner.
  void Apply(const std::string& parent, const std::string& owner, std::vector<v1::Session> sessions,
             const ApplyOptions& options, const Callback<v1::ApplySessionsResponse>& done);
  // The same for sets that are not to be in memory as a whole; once `source` was asked there is no repetition.
  void ApplyFrom(const std::string& parent, const std::string& owner, const SessionSource& source,
                 const ApplyOptions& options, const Callback<v1::ApplySessionsResponse>& done);
  // The lease of `owner` then ends `ttl` after the server heard of it. Repeated: that moves the end a little further.
  void RenewLease(const std::string& parent, const std::string& owner, std::chrono::nanoseconds ttl,
                  const Callback<v1::Lease>& done);

  // What happened, all pages. `parent` is the name of a session, or `tenants/{tenant}/sessions/-`.
  void ListEvents(const std::string& parent, const EventOptions& options,
                  const Callback<std::vector<v1::SessionEvent>>& done);
  // One page, at most 1000; the first has no token, the last none of the next.
  void ListEventPage(const std::string& parent, const EventOptions& options, const std::string& page_token,
                     const Callback<v1::ListSessionEventsResponse>& done);

  // The presets that the server knows, by name, without their transcripts; and one, whole.
  void ListPresets(const Callback<std::vector<v1::Preset>>& done);
  void GetPreset(const std::string& name, const Callback<v1::Preset>& done);

  // The server opens a session like this for `duration` (1 s to 5 min; 0: 30 s), beats on it, tells what happens, and
  // forgets it. The last answer is the summary. It may outlive the client.
  std::unique_ptr<Probe> ProbeSession(const std::string& parent, const v1::SessionSpec& spec,
                                      std::chrono::nanoseconds duration = {});
  // The last frames of a session, at most `max_recent` (0: 20; -1: none), then those to come. It may outlive the
  // client.
  std::unique_ptr<Tap> TapSession(const std::string& name, int max_recent = 0);

  // The watch may outlive the client.
  std::unique_ptr<Watch> WatchSessions(const std::string& parent, const WatchOptions& options = {});

 private:
  struct Impl;

  const std::unique_ptr<Impl> impl_;
};

}  // namespace holter::client

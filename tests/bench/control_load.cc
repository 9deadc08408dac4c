// Load on the control plane, and what it is measured against. Every part prints one line of JSON.
//
//   echo                             serves CreateSession that answers with what it was asked, and nothing else
//   commits FOLDER SECONDS           SQLite alone: one row a commit, synced, one thread
//   creates ADDRESS SECONDS [PRESET] 32 clients, one connection each, a call at a time
//   batches ADDRESS COUNT            4 clients, 100 sessions a call
//   apply ADDRESS COUNT              the same set twice
//   list ADDRESS                     all sessions, 1000 a page
//   reconnect ADDRESS SECONDS        asks for new connections of all sessions, spread over the time
//   watch ADDRESS WATCHERS SECONDS   readers of all changes, one more that does not read
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "holter/v1/session_service.grpc.pb.h"

namespace {

using SteadyClock = std::chrono::steady_clock;
namespace v1 = holter::v1;

constexpr int kClients = 32;
constexpr int kBatchClients = 4;
constexpr int kBatch = 100;
constexpr int kInMessage = 1000;

double SecondsSince(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << "control_load: " << what << "\n";
  std::exit(1);
}

void Expect(const grpc::Status& status) {
  if (!status.ok()) Fail(status.error_message());
}

std::unique_ptr<v1::SessionService::Stub> NewStub(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  // A first connection that fails is no figure of the server's; gRPC tries again after a second.
  constexpr auto patience = std::chrono::seconds(10);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + patience)) Fail("no connection to " + address);
  return v1::SessionService::NewStub(channel);
}

// As a service would declare it, and paused.
v1::Session PausedSession(const std::string& id) {
  v1::Session session;
  session.set_name("tenants/default/sessions/" + id);
  session.set_group("bench");
  (*session.mutable_labels())["team"] = "feeds";
  session.set_paused(true);
  session.mutable_spec()->set_url("ws://127.0.0.1:9/" + id);
  session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("20s");
  return session;
}

void InThreads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) threads.emplace_back(body, i);
  for (std::thread& thread : threads) thread.join();
}

class EchoService final : public v1::SessionService::CallbackService {
  grpc::ServerUnaryReactor* CreateSession(grpc::CallbackServerContext* context, const v1::CreateSessionRequest* request,
                                          v1::Session* response) override {
    *response = request->session();
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

void Echo() {
  EchoService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) Fail("the echo does not listen");
  std::cout << fmt::format("{{\"address\":\"127.0.0.1:{}\"}}", port) << std::endl;
  server->Wait();
}

void Commits(const std::string& folder, int seconds) {
  SQLite::Database database(folder + "/floor.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE rows(name TEXT PRIMARY KEY, value BLOB)");
  SQLite::Statement insert(database, "INSERT INTO rows VALUES(?, ?)");
  const std::string bytes = PausedSession("x").SerializeAsString();
  const auto begin = SteadyClock::now();
  int64_t count = 0;
  for (; SecondsSince(begin) < seconds; ++count) {
    insert.bind(1, "row" + std::to_string(count));
    insert.bind(2, bytes.data(), static_cast<int>(bytes.size()));
    insert.exec();
    insert.reset();
  }
  std::cout << fmt::format("{{\"per_second\":{:.0f}}}\n", static_cast<double>(count) / SecondsSince(begin));
}

// `preset` empty: without one.
void Creates(const std::string& address, int seconds, const std::string& preset) {
  std::atomic<int64_t> count = 0;
  std::vector<std::unique_ptr<v1::SessionService::Stub>> stubs;
  for (int i = 0; i < kClients; ++i) stubs.push_back(NewStub(address));
  const auto begin = SteadyClock::now();
  InThreads(kClients, [&](int client) {
    for (int i = 0; SecondsSince(begin) < seconds; ++i) {
      v1::CreateSessionRequest request;
      request.set_parent("tenants/default");
      request.set_session_id(fmt::format("create-{}-{}", client, i));
      *request.mutable_session() = PausedSession(request.session_id());
      request.mutable_session()->mutable_spec()->set_preset(preset);
      grpc::ClientContext context;
      v1::Session created;
      Expect(stubs[static_cast<size_t>(client)]->CreateSession(&context, request, &created));
      ++count;
    }
  });
  std::cout << fmt::format("{{\"per_second\":{:.0f}}}\n", static_cast<double>(count.load()) / SecondsSince(begin));
}

void Batches(const std::string& address, int count) {
  const auto begin = SteadyClock::now();
  std::atomic<int> next = 0;
  InThreads(kBatchClients, [&](int /*client*/) {
    const auto stub = NewStub(address);
    for (int first = next.fetch_add(kBatch); first < count; first = next.fetch_add(kBatch)) {
      v1::BatchCreateSessionsRequest request;
      request.set_parent("tenants/default");
      for (int i = first; i < std::min(count, first + kBatch); ++i) {
        v1::CreateSessionRequest& one = *request.add_requests();
        one.set_session_id(fmt::format("batch-{}", i));
        *one.mutable_session() = PausedSession(one.session_id());
      }
      grpc::ClientContext context;
      v1::BatchCreateSessionsResponse response;
      Expect(stub->BatchCreateSessions(&context, request, &response));
    }
  });
  std::cout << fmt::format("{{\"seconds\":{:.2f}}}\n", SecondsSince(begin));
}

// Seconds from the first message to the summary.
double ApplyOnce(v1::SessionService::Stub& stub, const std::vector<v1::ApplySessionsRequest>& set, int expected_equal) {
  const auto begin = SteadyClock::now();
  grpc::ClientContext context;
  const auto stream = stub.ApplySessions(&context);
  for (const v1::ApplySessionsRequest& message : set) stream->Write(message);
  stream->WritesDone();
  v1::ApplySessionsResponse response;
  v1::ApplySummary summary;
  while (stream->Read(&response)) {
    if (response.has_summary()) summary = response.summary();
  }
  Expect(stream->Finish());
  if (summary.unchanged() != expected_equal) Fail(fmt::format("{} unchanged", summary.unchanged()));
  return SecondsSince(begin);
}

void Apply(const std::string& address, int count) {
  std::vector<v1::ApplySessionsRequest> set;
  for (int first = 0; first < count; first += kInMessage) {
    v1::ApplySessionsRequest& message = set.emplace_back();
    message.set_parent("tenants/default");
    message.set_owner("bench");
    for (int i = first; i < std::min(count, first + kInMessage); ++i) {
      *message.add_sessions() = PausedSession(fmt::format("set-{}", i));
    }
    message.set_last(first + kInMessage >= count);
  }
  const auto stub = NewStub(address);
  const double created = ApplyOnce(*stub, set, 0);
  const double unchanged = ApplyOnce(*stub, set, count);
  std::cout << fmt::format("{{\"created_seconds\":{:.2f},\"unchanged_seconds\":{:.2f}}}\n", created, unchanged);
}

void List(const std::string& address) {
  const auto stub = NewStub(address);
  const auto begin = SteadyClock::now();
  v1::ListSessionsRequest request;
  request.set_parent("tenants/default");
  request.set_page_size(kInMessage);
  int64_t sessions = 0;
  do {
    grpc::ClientContext context;
    v1::ListSessionsResponse response;
    Expect(stub->ListSessions(&context, request, &response));
    sessions += response.sessions_size();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  std::cout << fmt::format("{{\"sessions\":{},\"seconds\":{:.2f}}}\n", sessions, SecondsSince(begin));
}

void Reconnect(const std::string& address, int seconds) {
  v1::ReconnectSessionsRequest request;
  request.set_parent("tenants/default");
  request.mutable_over()->set_seconds(seconds);
  grpc::ClientContext context;
  v1::ReconnectSessionsResponse response;
  Expect(NewStub(address)->ReconnectSessions(&context, request, &response));
  std::cout << fmt::format("{{\"sessions\":{}}}\n", response.sessions());
}

// How old changes are when a watcher has them, in milliseconds. Thread-safe.
class Ages {
 public:
  void Add(const std::vector<double>& ages) {
    const std::lock_guard lock(mutex_);
    ages_.insert(ages_.end(), ages.begin(), ages.end());
  }
  std::string ToJson(int seconds, int watchers) {
    const std::lock_guard lock(mutex_);
    std::sort(ages_.begin(), ages_.end());
    const auto at = [&](double q) {
      return ages_.empty() ? 0 : ages_[static_cast<size_t>(q * static_cast<double>(ages_.size() - 1))];
    };
    return fmt::format("{{\"changes_per_second\":{:.0f},\"p50_ms\":{:.1f},\"p99_ms\":{:.1f},\"max_ms\":{:.1f}}}",
                       static_cast<double>(ages_.size()) / seconds / watchers, at(0.5), at(0.99), at(1));
  }

 private:
  std::mutex mutex_;
  std::vector<double> ages_;
};

// Reads until the end of the time; the first one reads nothing.
void WatchOnce(v1::SessionService::Stub& stub, bool reads, SteadyClock::time_point end, Ages& ages) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::duration_cast<std::chrono::system_clock::duration>(end - SteadyClock::now()));
  v1::WatchSessionsRequest request;
  request.set_parent("tenants/default");
  const auto stream = stub.WatchSessions(&context, request);
  v1::WatchSessionsResponse response;
  std::vector<double> mine;
  if (!reads) std::this_thread::sleep_until(end);
  while (reads && stream->Read(&response)) {
    const auto now =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    for (const v1::SessionChange& change : response.changes()) {
      if (change.kind() != v1::SessionChange::KIND_TRANSITION) continue;
      const int64_t time = google::protobuf::util::TimeUtil::TimestampToNanoseconds(change.time());
      mine.push_back(static_cast<double>(now - time) / 1e6);
    }
  }
  ages.Add(mine);
}

void Watch(const std::string& address, int watchers, int seconds) {
  Ages ages;
  std::vector<std::unique_ptr<v1::SessionService::Stub>> stubs;
  for (int i = 0; i <= watchers; ++i) stubs.push_back(NewStub(address));
  const auto end = SteadyClock::now() + std::chrono::seconds(seconds);
  InThreads(watchers + 1, [&](int i) { WatchOnce(*stubs[static_cast<size_t>(i)], i > 0, end, ages); });
  std::cout << ages.ToJson(seconds, watchers) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  const auto is = [&](std::string_view part, size_t count) { return args.size() == count && args[0] == part; };
  if (is("echo", 1)) {
    Echo();
  } else if (is("commits", 3)) {
    Commits(args[1], std::atoi(args[2].c_str()));
  } else if (is("creates", 3) || is("creates", 4)) {
    Creates(args[1], std::atoi(args[2].c_str()), args.size() == 4 ? args[3] : "");
  } else if (is("batches", 3)) {
    Batches(args[1], std::atoi(args[2].c_str()));
  } else if (is("apply", 3)) {
    Apply(args[1], std::atoi(args[2].c_str()));
  } else if (is("list", 2)) {
    List(args[1]);
  } else if (is("reconnect", 3)) {
    Reconnect(args[1], std::atoi(args[2].c_str()));
  } else if (is("watch", 4)) {
    Watch(args[1], std::atoi(args[2].c_str()), std::atoi(args[3].c_str()));
  } else {
    Fail("see the head of control_load.cc for what it takes");
  }
}

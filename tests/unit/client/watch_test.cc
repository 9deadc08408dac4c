#include "holter/watch.h"

#include <gtest/gtest.h>

#include <thread>

#include "holter/client.h"
#include "holter/status.h"
#include "tests/unit/client/fake_service.h"

namespace holter::client {
namespace {

using std::chrono::milliseconds;
using Kind = WatchEvent::Kind;

constexpr char kParent[] = "tenants/default";

v1::WatchSessionsResponse Response(v1::SessionChange::Kind kind, const std::string& name, const std::string& token) {
  v1::WatchSessionsResponse response;
  auto* const change = response.add_changes();
  change->set_kind(kind);
  change->mutable_session()->set_name(name);
  response.set_resume_token(token);
  return response;
}

grpc::Status Unavailable() { return {grpc::StatusCode::UNAVAILABLE, "going away"}; }

// Waits until the client has gone away.
grpc::Status StayOpen(grpc::ServerContext* context) {
  while (!context->IsCancelled()) std::this_thread::yield();
  return grpc::Status::CANCELLED;
}

class WatchTest : public testing::Test {
 protected:
  // A stream that expects `token`, sends `responses` and ends with `end`.
  void Stream(std::string token, std::vector<v1::WatchSessionsResponse> responses, const grpc::Status& end) {
    server.service.watch.Add(
        [=](const v1::WatchSessionsRequest& request, grpc::ServerContext*, FakeService::Writer* writer) {
          EXPECT_EQ(request.parent(), kParent);
          EXPECT_EQ(request.resume_token(), token);
          for (const auto& response : responses) writer->Write(response);
          return end;
        });
  }

  std::unique_ptr<Watch> Start(const std::string& token = "") {
    return client.WatchSessions(
        kParent, {.resume_token = token,
                  .retry = {.max_retries = 2, .first_delay = milliseconds(1), .max_delay = milliseconds(2)}});
  }

  void ExpectChange(Watch& watch, const std::string& name) {
    const auto event = watch.Next();
    ASSERT_TRUE(event.ok()) << event.status();
    ASSERT_EQ(event->kind, Kind::kChanges) << event->cause;
    ASSERT_EQ(event->response.changes_size(), 1);
    EXPECT_EQ(event->response.changes(0).session().name(), name);
  }

  void ExpectBreak(Watch& watch, Kind kind, absl::StatusCode code) {
    const auto event = watch.Next();
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(event->kind, kind);
    EXPECT_EQ(event->cause.code(), code);
  }

  FakeServer server;
  Client client{ClientOptions{.server = server.address}};
};

TEST_F(WatchTest, ResumesBehindTheLastTokenAfterTheServerWentAway) {
  Stream("",
         {Response(v1::SessionChange::KIND_SNAPSHOT, "a", ""), Response(v1::SessionChange::KIND_TRANSITION, "b", "t1")},
         Unavailable());
  Stream("t1", {Response(v1::SessionChange::KIND_TRANSITION, "c", "t2")}, Unavailable());
  Stream("t2", {Response(v1::SessionChange::KIND_TRANSITION, "d", "t3")}, Unavailable());
  const auto watch = Start();
  ExpectChange(*watch, "a");
  ExpectChange(*watch, "b");
  ExpectBreak(*watch, Kind::kInterrupted, absl::StatusCode::kUnavailable);
  ExpectChange(*watch, "c");
  ExpectBreak(*watch, Kind::kInterrupted, absl::StatusCode::kUnavailable);
  ExpectChange(*watch, "d");
  EXPECT_EQ(watch->resume_token(), "t3");
}

TEST_F(WatchTest, ResumesAfterItLaggedAndAfterTheServerEndedTheStream) {
  Stream("", {Response(v1::SessionChange::KIND_TRANSITION, "a", "t1")},
         DetailedStatus(grpc::StatusCode::RESOURCE_EXHAUSTED, "too slow", "WATCH_LAGGED"));
  Stream("t1", {Response(v1::SessionChange::KIND_TRANSITION, "b", "t2")}, grpc::Status::OK);
  Stream("t2", {Response(v1::SessionChange::KIND_TRANSITION, "c", "t3")}, Unavailable());
  const auto watch = Start();
  ExpectChange(*watch, "a");
  ExpectBreak(*watch, Kind::kInterrupted, absl::StatusCode::kResourceExhausted);
  ExpectChange(*watch, "b");
  ExpectBreak(*watch, Kind::kInterrupted, absl::StatusCode::kUnavailable);
  ExpectChange(*watch, "c");
}

TEST_F(WatchTest, AnExpiredTokenMeansASnapshotAndTheCallerIsTold) {
  Stream("old", {}, DetailedStatus(grpc::StatusCode::OUT_OF_RANGE, "too old", "WATCH_EXPIRED"));
  Stream("", {Response(v1::SessionChange::KIND_SNAPSHOT, "a", "")}, Unavailable());
  const auto watch = Start("old");
  const auto event = watch->Next();
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->kind, Kind::kReset);
  EXPECT_EQ(ReasonOf(event->cause), "WATCH_EXPIRED");
  ExpectChange(*watch, "a");
}

TEST_F(WatchTest, ASnapshotThatBrokeOffBeginsAnewAndTheCallerIsTold) {
  Stream("", {Response(v1::SessionChange::KIND_SNAPSHOT, "a", "")}, Unavailable());
  Stream("", {Response(v1::SessionChange::KIND_SNAPSHOT, "a", "")}, Unavailable());
  const auto watch = Start();
  ExpectChange(*watch, "a");
  ExpectBreak(*watch, Kind::kReset, absl::StatusCode::kUnavailable);
  ExpectChange(*watch, "a");
}

TEST_F(WatchTest, AsksForWhatItsOptionsSay) {
  server.service.watch.Add([](const v1::WatchSessionsRequest& request, auto*, auto*) {
    EXPECT_EQ(request.filter(), "health = DOWN");
    EXPECT_EQ(request.read_mask().paths_size(), 2);
    EXPECT_EQ(request.bookmark_interval().seconds(), 5);
    EXPECT_TRUE(request.conflate());
    return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "enough");
  });
  const auto watch = client.WatchSessions(kParent, {.filter = "health = DOWN",
                                                    .read_mask = {"status.health", "labels"},
                                                    .bookmark_interval = std::chrono::seconds(5),
                                                    .conflate = true});
  EXPECT_TRUE(absl::IsPermissionDenied(watch->Next().status()));
}

TEST_F(WatchTest, AResetForgetsWhatStandsBeforeIt) {
  v1::WatchSessionsResponse response = Response(v1::SessionChange::KIND_TRANSITION, "old", "");
  response.add_changes()->set_kind(v1::SessionChange::KIND_RESET);
  *response.add_changes() = Response(v1::SessionChange::KIND_SNAPSHOT, "new", "").changes(0);
  Stream("", {response, Response(v1::SessionChange::KIND_TRANSITION, "next", "t1")}, Unavailable());
  const auto watch = Start();
  ExpectBreak(*watch, Kind::kReset, absl::StatusCode::kResourceExhausted);
  ExpectChange(*watch, "new");
  ExpectChange(*watch, "next");
}

TEST_F(WatchTest, OtherErrorsAreFinal) {
  Stream("", {}, DetailedStatus(grpc::StatusCode::INVALID_ARGUMENT, "bad", "INVALID_FIELD"));
  EXPECT_TRUE(absl::IsInvalidArgument(Start()->Next().status()));
  Stream("", {}, DetailedStatus(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many watches", "TOO_MANY"));
  EXPECT_TRUE(absl::IsResourceExhausted(Start()->Next().status()));
  EXPECT_EQ(server.service.watch.calls(), 2);
}

TEST_F(WatchTest, GivesUpOnAServerThatNeverAnswered) {
  for (int i = 0; i < 3; ++i) Stream("", {}, Unavailable());
  const auto watch = Start();
  ExpectBreak(*watch, Kind::kInterrupted, absl::StatusCode::kUnavailable);
  ExpectBreak(*watch, Kind::kInterrupted, absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::IsUnavailable(watch->Next().status()));
  EXPECT_EQ(server.service.watch.calls(), 3);
}

TEST_F(WatchTest, OnceItRanItComesBackForEver) {
  Stream("", {Response(v1::SessionChange::KIND_TRANSITION, "a", "t1")}, Unavailable());
  constexpr int kOutages = 10;  // more than the retries of a first try
  for (int i = 0; i < kOutages; ++i) Stream("t1", {}, Unavailable());
  Stream("t1", {Response(v1::SessionChange::KIND_TRANSITION, "b", "t2")}, Unavailable());
  const auto watch = Start();
  ExpectChange(*watch, "a");
  for (int i = 0; i < kOutages + 1; ++i) ExpectBreak(*watch, Kind::kInterrupted, absl::StatusCode::kUnavailable);
  ExpectChange(*watch, "b");
}

TEST_F(WatchTest, CancelWakesANextThatBlocks) {
  absl::Mutex mutex;
  bool streaming = false;
  server.service.watch.Add([&](const auto&, grpc::ServerContext* context, auto*) {
    {
      absl::MutexLock lock(&mutex);
      streaming = true;
    }
    return StayOpen(context);
  });
  const auto watch = Start();
  std::thread canceller([&] {
    absl::MutexLock lock(&mutex);
    mutex.Await(absl::Condition(&streaming));
    watch->Cancel();
  });
  EXPECT_TRUE(absl::IsCancelled(watch->Next().status()));
  canceller.join();
}

TEST_F(WatchTest, CancelEndsTheDelayBeforeTheNextStream) {
  Stream("", {Response(v1::SessionChange::KIND_TRANSITION, "a", "t1")}, Unavailable());
  const auto watch = client.WatchSessions(
      kParent, {.retry = {.first_delay = std::chrono::hours(1), .max_delay = std::chrono::hours(1)}});
  ExpectChange(*watch, "a");
  ExpectBreak(*watch, Kind::kInterrupted, absl::StatusCode::kUnavailable);
  std::thread canceller([&] { watch->Cancel(); });
  EXPECT_TRUE(absl::IsCancelled(watch->Next().status()));
  canceller.join();
  EXPECT_TRUE(absl::IsCancelled(watch->Next().status()));
}

TEST_F(WatchTest, MayBeDestroyedInTheMiddleOfAStream) {
  server.service.watch.Add([&](const auto&, grpc::ServerContext* context, FakeService::Writer* writer) {
    for (int i = 0; i < 100; ++i) writer->Write(Response(v1::SessionChange::KIND_TRANSITION, "a", "t1"));
    return StayOpen(context);
  });
  const auto watch = Start();
  ExpectChange(*watch, "a");
}

}  // namespace
}  // namespace holter::client

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tests/unit/rpc/rpc_fixture.h"

namespace holter::rpc {
namespace {

using ::testing::HasSubstr;

v1::SessionChange ChangeOf(int number, size_t padding = 0) {
  v1::SessionChange change;
  change.set_kind(v1::SessionChange::KIND_TRANSITION);
  change.mutable_session()->set_name(fmt::format("tenants/default/sessions/s{}", number));
  change.mutable_session()->mutable_status()->set_detail(std::string(padding, 'x'));
  return change;
}

class WatchTest : public RpcFixture {
 protected:
  // A watch of one client, with a connection of its own.
  struct Client {
    std::unique_ptr<v1::SessionService::Stub> stub;
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientReader<v1::WatchSessionsResponse>> reader;

    // Reads `count` changes or until the end of the stream; all their names in order, and the last token.
    std::vector<std::string> Read(size_t count) {
      std::vector<std::string> names;
      v1::WatchSessionsResponse response;
      while (names.size() < count && reader->Read(&response)) {
        EXPECT_GT(response.changes_size(), 0);
        EXPECT_LE(response.changes_size(), 500);
        most_changes = std::max(most_changes, response.changes_size());
        largest = std::max(largest, response.ByteSizeLong());
        for (const auto& change : response.changes()) {
          names.push_back(change.session().name());
        }
        token = response.resume_token();
      }
      return names;
    }
    grpc::Status Finish() { return reader->Finish(); }

    std::string token;
    int most_changes = 0;
    size_t largest = 0;
  };

  Client Watch(const std::string& token = "") const {
    Client client;
    client.stub = v1::SessionService::NewStub(NewChannel());
    client.context = NewContext();
    v1::WatchSessionsRequest request;
    request.set_parent("tenants/-");
    request.set_resume_token(token);
    client.reader = client.stub->WatchSessions(client.context.get(), request);
    return client;
  }

  static std::vector<std::string> Names(int first, int last) {
    std::vector<std::string> names;
    for (int i = first; i < last; ++i) {
      names.push_back(ChangeOf(i).session().name());
    }
    return names;
  }
};

TEST_F(WatchTest, WhatIsThereComesInOrderManyToAResponse) {
  for (int i = 0; i < 3000; ++i) {
    registry_.changes.Push(ChangeOf(i));
  }
  Serve();
  Client client = Watch();
  EXPECT_EQ(client.Read(3000), Names(0, 3000));
  EXPECT_EQ(client.token, "3000");
  EXPECT_EQ(client.most_changes, 500);
  client.context->TryCancel();
  EXPECT_EQ(client.Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(operations_.Await("WatchSessions CANCELLED"));
}

TEST_F(WatchTest, ChangesWakeAnIdleWatch) {
  Serve();
  Client client = Watch();
  client.reader->WaitForInitialMetadata();
  for (int i = 0; i < 50; ++i) {
    registry_.changes.Push(ChangeOf(i));
    EXPECT_EQ(client.Read(1), Names(i, i + 1));
  }
  client.context->TryCancel();
  client.Finish();
}

TEST_F(WatchTest, AnIdleWatchGetsItsBookmarksAndGoesOn) {
  Serve();
  registry_.changes.Push(ChangeOf(0));
  Client client = Watch();
  EXPECT_EQ(client.Read(1), Names(0, 1));
  for (int i = 1; i < 4; ++i) {
    registry_.changes.MakeBookmarkDue();
    v1::WatchSessionsResponse response;
    ASSERT_TRUE(client.reader->Read(&response));
    ASSERT_EQ(response.changes_size(), 1);
    EXPECT_EQ(response.changes(0).kind(), v1::SessionChange::KIND_BOOKMARK);
    EXPECT_EQ(response.resume_token(), std::to_string(i));
    registry_.changes.Push(ChangeOf(i));
    EXPECT_EQ(client.Read(1), Names(i, i + 1));
  }
}

TEST_F(WatchTest, HeadersComeBeforeTheFirstChange) {
  Serve();
  Client client = Watch();
  client.reader->WaitForInitialMetadata();  // or the deadline of the context
  EXPECT_EQ(registry_.changes.readers(), 1);
  client.context->TryCancel();
  EXPECT_EQ(client.Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(WatchTest, ResumesBehindTheToken) {
  for (int i = 0; i < 10; ++i) {
    registry_.changes.Push(ChangeOf(i));
  }
  Serve();
  Client client = Watch("7");
  EXPECT_EQ(client.Read(3), Names(7, 10));
  client.context->TryCancel();
  client.Finish();
}

TEST_F(WatchTest, NothingIsLostWhilePushersAndWatchersRace) {
  Serve();
  constexpr int kCount = 4000;
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(Watch());
  }
  std::thread pusher([&] {
    for (int i = 0; i < kCount; ++i) {
      registry_.changes.Push(ChangeOf(i));
    }
  });
  for (Client& client : clients) {
    EXPECT_EQ(client.Read(kCount), Names(0, kCount));
  }
  pusher.join();
  for (Client& client : clients) {
    client.context->TryCancel();
    client.Finish();
  }
}

TEST_F(WatchTest, LargeChangesMakeSmallResponses) {
  for (int i = 0; i < 200; ++i) {
    registry_.changes.Push(ChangeOf(i, 50'000));
  }
  Serve();
  Client client = Watch();
  EXPECT_EQ(client.Read(200).size(), 200u);
  EXPECT_LT(client.largest, 1'000'000u);
  client.context->TryCancel();
  client.Finish();
}

TEST_F(WatchTest, ARefusedWatchSaysWhy) {
  registry_.watch = [](const v1::WatchSessionsRequest& request) {
    EXPECT_EQ(request.resume_token(), "old");
    return MakeError(absl::StatusCode::kOutOfRange, "WATCH_EXPIRED", "ask for a snapshot");
  };
  Serve();
  Client client = Watch("old");
  EXPECT_TRUE(client.Read(1).empty());
  const grpc::Status status = client.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(ReasonOf(status), "WATCH_EXPIRED");
  EXPECT_TRUE(operations_.Await("WatchSessions OUT_OF_RANGE"));
}

TEST_F(WatchTest, AnExceptionOfTheRegistryEndsTheWatchOnly) {
  registry_.watch = [](const auto&) -> absl::StatusOr<std::unique_ptr<registry::WatchReader>> {
    throw std::runtime_error("s3cr3t");
  };
  Serve();
  Client client = Watch();
  EXPECT_TRUE(client.Read(1).empty());
  EXPECT_EQ(ReasonOf(client.Finish()), "INTERNAL");
  EXPECT_TRUE(operations_.Await("exception in rpc"));
}

TEST_F(WatchTest, AnErrorOfTheReaderComesBehindTheChanges) {
  registry_.changes.Push(ChangeOf(0));
  Serve();
  Client client = Watch();
  EXPECT_EQ(client.Read(1), Names(0, 1));
  registry_.changes.Push(ChangeOf(1));
  registry_.changes.Fail(MakeError(absl::StatusCode::kResourceExhausted, "WATCH_LAGGED", "too slow"));
  EXPECT_EQ(client.Read(10), Names(1, 2));
  const grpc::Status status = client.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "WATCH_LAGGED");
}

// Returns when the buffers between server and client are full.
void AwaitStall(const testing::FakeChanges& changes) {
  for (size_t before = 0; before == 0 || changes.taken() != before;) {
    before = changes.taken();
    std::this_thread::sleep_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(200));
  }
}

// More than all buffers between server and client hold.
constexpr int kFlood = 600;
constexpr size_t kFloodPadding = 50'000;

TEST_F(WatchTest, AClientThatDoesNotReadIsCutOffAndToldWhenItReadsAgain) {
  for (int i = 0; i < kFlood; ++i) {
    registry_.changes.Push(ChangeOf(i, kFloodPadding));
  }
  // Long enough that the reset does not come before the client reads again.
  Serve({.write_timeout = std::chrono::seconds(2)});
  Client client = Watch();
  EXPECT_FALSE(client.Read(1).empty());
  // Other watches are served meanwhile.
  Client other = Watch(std::to_string(kFlood - 1));
  EXPECT_EQ(other.Read(1), Names(kFlood - 1, kFlood));
  std::this_thread::sleep_until(std::chrono::steady_clock::now() + std::chrono::seconds(3));
  const std::vector<std::string> rest = client.Read(kFlood);
  EXPECT_LT(rest.size(), static_cast<size_t>(kFlood - 1)) << "the flood fitted into the buffers";
  const grpc::Status status = client.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_EQ(ReasonOf(status), "WATCH_LAGGED");
  EXPECT_THAT(DetailOf<google::rpc::ErrorInfo>(status).metadata().at("resume"), HasSubstr("resume_token"));
  EXPECT_TRUE(operations_.Await("WatchSessions RESOURCE_EXHAUSTED"));
  other.context->TryCancel();
  other.Finish();
}

TEST_F(WatchTest, AClientThatNeverReadsIsReset) {
  for (int i = 0; i < kFlood; ++i) {
    registry_.changes.Push(ChangeOf(i, kFloodPadding));
  }
  Serve({.write_timeout = std::chrono::milliseconds(200)});
  Client client = Watch();
  EXPECT_FALSE(client.Read(1).empty());
  // Ends although the client reads nothing.
  EXPECT_TRUE(operations_.Await("WatchSessions RESOURCE_EXHAUSTED"));
  while (!client.Read(kFlood).empty()) {
  }
  EXPECT_FALSE(client.Finish().ok());
}

TEST_F(WatchTest, AnIdleWatchIsNotCutOff) {
  Serve({.write_timeout = std::chrono::milliseconds(20)});
  Client client = Watch();
  client.reader->WaitForInitialMetadata();
  std::this_thread::sleep_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(200));
  registry_.changes.Push(ChangeOf(0));
  EXPECT_EQ(client.Read(1), Names(0, 1));
  client.context->TryCancel();
  client.Finish();
}

TEST_F(WatchTest, CancelsInEveryPhaseLeaveNothingBehind) {
  Serve();
  std::atomic<bool> done{false};
  std::thread pusher([&] {
    for (int i = 0; !done; ++i) {
      registry_.changes.Push(ChangeOf(i, 100));
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 100; ++i) {
    Client client = Watch();
    client.Read(static_cast<size_t>(i % 3));
    client.context->TryCancel();
    EXPECT_EQ(client.Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  done = true;
  pusher.join();
  // The fixture fails when a reader is left.
}

TEST_F(WatchTest, ShutdownTellsIdleAndBusyWatches) {
  Serve();
  Client idle = Watch();
  idle.reader->WaitForInitialMetadata();
  server_->Shutdown(std::chrono::seconds(5));
  EXPECT_TRUE(idle.Read(1).empty());
  const grpc::Status status = idle.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
  EXPECT_EQ(registry_.changes.readers(), 0);
}

TEST_F(WatchTest, ShutdownDoesNotWaitForAClientThatDoesNotRead) {
  for (int i = 0; i < kFlood; ++i) {
    registry_.changes.Push(ChangeOf(i, kFloodPadding));
  }
  Serve();
  Client client = Watch();
  EXPECT_FALSE(client.Read(1).empty());
  AwaitStall(registry_.changes);
  EXPECT_LT(registry_.changes.taken(), static_cast<size_t>(kFlood));
  const auto begin = std::chrono::steady_clock::now();
  server_->Shutdown(std::chrono::milliseconds(300));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience / 2);
  EXPECT_EQ(registry_.changes.readers(), 0);
  while (!client.Read(kFlood).empty()) {
  }
  EXPECT_FALSE(client.Finish().ok());
}

}  // namespace
}  // namespace holter::rpc

// Whole sets: how they are cut into messages, and when they are sent again.
#include <gmock/gmock.h>

#include <atomic>
#include <optional>

#include "absl/synchronization/notification.h"
#include "holter/client.h"
#include "holter/status.h"
#include "tests/unit/client/fake_service.h"

namespace holter::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kParent[] = "tenants/default";

std::vector<v1::Session> SessionsNamed(int count, size_t bytes_each = 0) {
  std::vector<v1::Session> sessions(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    sessions[static_cast<size_t>(i)].set_name("s" + std::to_string(i));
    sessions[static_cast<size_t>(i)].set_group(std::string(bytes_each, 'x'));
  }
  return sessions;
}

// More than gRPC takes from a client whose server does not read, so that the end of the set is still to be sent.
std::vector<v1::Session> MoreThanIsBuffered() { return SessionsNamed(64, size_t{256} << 10); }

std::vector<v1::ApplySessionsRequest> ReadAll(FakeService::ApplyStream* stream) {
  std::vector<v1::ApplySessionsRequest> messages;
  v1::ApplySessionsRequest message;
  while (stream->Read(&message)) {
    messages.push_back(message);
    if (message.last()) break;
  }
  return messages;
}

// Reads the whole set and answers that all of it was created, 1000 to a response.
grpc::Status CreateAll(FakeService::ApplyStream* stream) {
  std::vector<std::string> names;
  for (const auto& message : ReadAll(stream)) {
    for (const auto& session : message.sessions()) names.push_back(session.name());
  }
  v1::ApplySessionsResponse response;
  for (const std::string& name : names) {
    auto& result = *response.add_results();
    result.set_name(name);
    result.set_action(v1::ApplyResult::ACTION_CREATED);
    if (response.results_size() == 1000) {
      stream->Write(response);
      response.Clear();
    }
  }
  response.mutable_summary()->set_created(static_cast<int>(names.size()));
  stream->Write(response);
  return grpc::Status::OK;
}

grpc::Status Unavailable() { return {grpc::StatusCode::UNAVAILABLE, "restarting"}; }

class ApplyTest : public ::testing::Test {
 protected:
  absl::Notification let_go;  // outlives the server, whose threads wait for it
  FakeServer server;
  const ClientOptions options{.server = server.address, .retry = {.max_retries = 2, .first_delay = milliseconds(1)}};
  Client client{options};
};

TEST_F(ApplyTest, AHeaderThenPiecesThenTheEnd) {
  std::vector<v1::ApplySessionsRequest> messages;
  server.service.apply.Add([&](FakeService::ApplyStream* stream) {
    messages = ReadAll(stream);
    return grpc::Status::OK;
  });
  const ApplyOptions all{.dry_run = true, .prune = true, .lease_ttl = milliseconds(30'500)};
  ASSERT_TRUE(client.Apply(kParent, "deployer", SessionsNamed(2500), all).ok());
  ASSERT_EQ(messages.size(), 5U);
  EXPECT_EQ(messages[0].parent(), kParent);
  EXPECT_EQ(messages[0].owner(), "deployer");
  EXPECT_TRUE(messages[0].dry_run());
  EXPECT_TRUE(messages[0].prune());
  EXPECT_EQ(messages[0].lease_ttl().seconds(), 30);
  EXPECT_EQ(messages[0].lease_ttl().nanos(), 500'000'000);
  EXPECT_EQ(messages[0].sessions_size(), 0);
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(messages[i].sessions_size(), i < 3 ? 1000 : 500);
    EXPECT_EQ(messages[i].sessions(0).name(), "s" + std::to_string((i - 1) * 1000));
    EXPECT_EQ(messages[i].owner(), "") << "said once";
    EXPECT_FALSE(messages[i].last());
  }
  EXPECT_TRUE(messages[4].last());
  EXPECT_EQ(messages[4].sessions_size(), 0);
}

TEST_F(ApplyTest, NoMessageIsLargerThanTheServerTakes) {
  std::vector<v1::ApplySessionsRequest> messages;
  server.service.apply.Add([&](FakeService::ApplyStream* stream) {
    messages = ReadAll(stream);
    return grpc::Status::OK;
  });
  ASSERT_TRUE(client.Apply(kParent, "deployer", SessionsNamed(10, size_t{300} << 10)).ok());
  int sessions = 0;
  for (const auto& message : messages) {
    EXPECT_LT(message.ByteSizeLong(), size_t{1} << 20);
    sessions += message.sessions_size();
  }
  EXPECT_EQ(sessions, 10);
}

TEST_F(ApplyTest, AnEmptySetIsASetToo) {
  server.service.apply.Add(CreateAll);
  const auto applied = client.Apply(kParent, "deployer", {}, {.prune = true});
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->results_size(), 0);
}

TEST_F(ApplyTest, TheAnswerIsWhole) {
  server.service.apply.Add(CreateAll, 2);
  for (const bool from_source : {false, true}) {
    const auto sessions = SessionsNamed(2500);
    const SessionSource source = [&, next = size_t{0}]() mutable {
      return next < sessions.size() ? std::optional(sessions[next++]) : std::nullopt;
    };
    const auto applied =
        from_source ? client.ApplyFrom(kParent, "deployer", source) : client.Apply(kParent, "deployer", sessions);
    ASSERT_TRUE(applied.ok()) << applied.status();
    ASSERT_EQ(applied->results_size(), 2500);
    EXPECT_EQ(applied->results(0).name(), "s0");
    EXPECT_EQ(applied->results(2499).name(), "s2499");
    EXPECT_EQ(applied->summary().created(), 2500);
  }
}

TEST_F(ApplyTest, IsSentAgainFromTheBeginningWhileItsEndWasNotSent) {
  server.service.apply.Add([](FakeService::ApplyStream*) { return Unavailable(); }, 2);
  server.service.apply.Add(CreateAll);
  const auto applied = client.Apply(kParent, "deployer", MoreThanIsBuffered());
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->results_size(), 64);
  EXPECT_EQ(applied->results(0).name(), "s0");
  EXPECT_EQ(server.service.apply.calls(), 3);
}

TEST_F(ApplyTest, IsNeverSentAgainOnceTheServerMayHaveAllOfIt) {
  server.service.apply.Add(
      [](FakeService::ApplyStream* stream) {
        ReadAll(stream);
        return Unavailable();
      },
      3);
  const absl::Status status = client.Apply(kParent, "deployer", SessionsNamed(3)).status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("restarting"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("may have been applied"));
  EXPECT_EQ(server.service.apply.calls(), 1);
}

TEST_F(ApplyTest, ARefusalWithAReasonIsNoDoubt) {
  server.service.apply.Add([](FakeService::ApplyStream* stream) {
    ReadAll(stream);
    return DetailedStatus(grpc::StatusCode::UNAVAILABLE, "the disk is gone", "STORE_FAILED");
  });
  const absl::Status status = client.Apply(kParent, "deployer", SessionsNamed(3)).status();
  EXPECT_EQ(ReasonOf(status), "STORE_FAILED");
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("may have been applied")));
}

TEST_F(ApplyTest, ASourceIsAskedOnce) {
  server.service.apply.Add(
      [](FakeService::ApplyStream* stream) {
        v1::ApplySessionsRequest message;
        EXPECT_TRUE(stream->Read(&message) && stream->Read(&message)) << "the header, and what the source gave first";
        return Unavailable();
      },
      3);
  const auto sessions = MoreThanIsBuffered();
  std::atomic<size_t> asked = 0;
  const SessionSource source = [&]() {
    const size_t next = asked++;
    return next < sessions.size() ? std::optional(sessions[next]) : std::nullopt;
  };
  const absl::Status status = client.ApplyFrom(kParent, "deployer", source).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(server.service.apply.calls(), 1);
  EXPECT_GT(asked, 0U);
  EXPECT_LT(asked, sessions.size()) << "the end was not reached";
}

TEST_F(ApplyTest, WithoutAServerNobodyAsksTheSource) {
  std::string address;
  { address = FakeServer().address; }  // nobody listens there any more
  Client lonely(ClientOptions{.server = address, .retry = {.max_retries = 1, .first_delay = milliseconds(1)}});
  std::atomic<int> asked = 0;
  const absl::Status status = lonely
                                  .ApplyFrom(kParent, "deployer",
                                             [&]() -> std::optional<v1::Session> {
                                               ++asked;
                                               return std::nullopt;
                                             })
                                  .status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("may have been applied")));
  EXPECT_EQ(asked, 0);
}

TEST_F(ApplyTest, BadFieldsComeBack) {
  server.service.apply.Add([](FakeService::ApplyStream* stream) {
    ReadAll(stream);
    return DetailedStatus(grpc::StatusCode::INVALID_ARGUMENT, "bad", "INVALID_FIELD",
                          {{"sessions[1].spec.url", "is required"}});
  });
  const absl::Status status = client.Apply(kParent, "deployer", SessionsNamed(2)).status();
  EXPECT_EQ(BadFieldsOf(status).at(0).field, "sessions[1].spec.url");
  EXPECT_EQ(server.service.apply.calls(), 1);
}

TEST_F(ApplyTest, EndsWithItsDeadlineAndWithItsClient) {
  server.service.apply.Add(
      [this](FakeService::ApplyStream*) {
        let_go.WaitForNotification();
        return grpc::Status::OK;
      },
      2);
  Client hasty(ClientOptions{.server = server.address, .deadline = milliseconds(50)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(hasty.Apply(kParent, "deployer", MoreThanIsBuffered()).status()));
  absl::Status end;
  absl::Notification ended;
  {
    AsyncClient async(options);
    async.Apply(kParent, "deployer", MoreThanIsBuffered(), {}, [&](const auto& answer) {
      end = answer.status();
      ended.Notify();
    });
  }
  EXPECT_TRUE(ended.HasBeenNotified()) << "the destructor waits for it";
  EXPECT_TRUE(absl::IsCancelled(end)) << end;
  let_go.Notify();
}

TEST_F(ApplyTest, ALeaseIsRenewedAlsoWhileTheServerRestarts) {
  server.service.renew.Add([](const auto&, auto*) { return Unavailable(); });
  server.service.renew.Add([](const v1::RenewLeaseRequest& request, v1::Lease* lease) {
    EXPECT_EQ(request.parent(), kParent);
    EXPECT_EQ(request.ttl().seconds(), 30);
    lease->set_owner(request.owner());
    lease->set_sessions(7);
    return grpc::Status::OK;
  });
  const auto lease = client.RenewLease(kParent, "deployer", seconds(30));
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(lease->owner(), "deployer");
  EXPECT_EQ(lease->sessions(), 7);
}

}  // namespace
}  // namespace holter::client

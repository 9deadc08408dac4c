// A deployer that declares its whole set of sessions: try, apply under a lease, renew, look what happened, prune.
// usage: owned_set SERVER URL [TOKEN_FILE]
#include <holter/client.h>
#include <holter/status.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace v1 = holter::v1;
using holter::client::Client;
using std::chrono::minutes;

namespace {

constexpr char kParent[] = "tenants/default";
constexpr char kOwner[] = "example-deployer";

[[noreturn]] void Fail(const absl::Status& error) {
  std::cerr << error << "\n";
  for (const auto& bad : holter::client::BadFieldsOf(error)) {
    std::cerr << "  " << bad.field << ": " << bad.description << "\n";  // sessions[17].spec.url
  }
  std::exit(1);
}

template <typename T>
T Checked(absl::StatusOr<T> answer) {
  if (!answer.ok()) Fail(answer.status());
  return *std::move(answer);
}

std::vector<v1::Session> DesiredSet(int size, const std::string& url) {
  std::vector<v1::Session> sessions;
  for (int i = 0; i < size; ++i) {
    v1::Session& session = sessions.emplace_back();
    session.set_name(std::string(kParent) + "/sessions/example-set-" + std::to_string(i));
    session.mutable_spec()->set_url(url);
  }
  return sessions;
}

void Tell(const v1::ApplySessionsResponse& applied) {
  for (const v1::ApplyResult& result : applied.results()) {
    std::cout << "  " << v1::ApplyResult::Action_Name(result.action()) << " " << result.name() << "\n";
  }
}

void Declare(Client& client, const std::vector<v1::Session>& sessions) {
  // What would change?
  auto applied = Checked(client.Apply(kParent, kOwner, sessions, {.dry_run = true, .prune = true}));
  Tell(applied);
  // All of it in one commit; without us the sessions end with the lease.
  applied = Checked(client.Apply(kParent, kOwner, sessions, {.prune = true, .lease_ttl = minutes(1)}));
  std::cout << applied.summary().created() << " created, " << applied.summary().updated() << " updated, "
            << applied.summary().deleted() << " deleted, " << applied.summary().unchanged() << " unchanged\n";
}

void TellLosses(Client& client) {
  const auto tell_loss = [](const v1::SessionEvent& event) {
    if (event.to_health() == v1::HEALTH_DOWN) std::cout << event.name() << ": " << event.detail() << "\n";
    return true;  // go on with the next older one
  };
  const auto an_hour_ago = std::chrono::system_clock::now() - std::chrono::hours(1);
  const absl::Status status =
      client.ForEachEvent(std::string(kParent) + "/sessions/-", {.start = an_hour_ago}, tell_loss);
  if (!status.ok()) Fail(status);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: owned_set SERVER URL [TOKEN_FILE]\n";
    return 2;
  }
  Client client({.server = argv[1], .token_file = argc > 3 ? argv[3] : ""});
  Declare(client, DesiredSet(3, argv[2]));
  const v1::Lease lease = Checked(client.RenewLease(kParent, kOwner, minutes(2)));
  std::cout << "the lease of " << lease.sessions() << " sessions is renewed\n";
  TellLosses(client);
  Declare(client, DesiredSet(2, argv[2]));
  Declare(client, {});
}

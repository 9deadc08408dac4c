// The life of a session with the client library: try, create, watch until HEALTHY, update, pause, resume, read errors,
// delete. usage: session_life SERVER URL [TOKEN_FILE]
#include <holter/client.h>
#include <holter/status.h>

#include <cstdlib>
#include <ctime>
#include <functional>
#include <future>
#include <iostream>
#include <string>

namespace v1 = holter::v1;
using holter::client::Client;

namespace {

constexpr char kParent[] = "tenants/default";

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << what << "\n";
  std::exit(1);
}

// Everything that a refusal says.
void Tell(const absl::Status& error) {
  std::cout << absl::StatusCodeToString(error.code()) << ": " << error.message() << "\n";
  std::cout << "  reason " << holter::client::ReasonOf(error) << " of holter.v1\n";
  for (const auto& [key, value] : holter::client::MetadataOf(error)) std::cout << "  " << key << " = " << value << "\n";
  for (const auto& bad : holter::client::BadFieldsOf(error)) {
    std::cout << "  field " << bad.field << ": " << bad.description << "\n";
  }
}

v1::Session Checked(absl::StatusOr<v1::Session> answer) {
  if (answer.ok()) return *std::move(answer);
  Tell(answer.status());
  Fail("the call failed");
}

void ExpectRefusal(const absl::Status& status, absl::StatusCode code) {
  if (status.code() != code) Fail(absl::StatusCodeToString(code) + " was expected");
  Tell(status);
}

// The watch comes back by itself when the server restarts; only an error ends it.
void AwaitStatus(Client& client, const std::string& id, const std::function<bool(const v1::SessionStatus&)>& wanted) {
  const auto watch = client.WatchSessions(kParent, {.filter = "session = \"" + id + "\""});
  while (true) {
    const auto event = watch->Next();
    if (!event.ok()) Fail("watch: " + event.status().ToString());
    for (const v1::SessionChange& change : event->response.changes()) {
      if (!change.has_session()) continue;
      const v1::SessionStatus& status = change.session().status();
      std::cout << "  " << v1::State_Name(status.state()) << " " << v1::Health_Name(status.health()) << "\n";
      if (wanted(status)) return;
    }
  }
}

bool IsHealthy(const v1::SessionStatus& status) { return status.health() == v1::HEALTH_HEALTHY; }
bool IsPaused(const v1::SessionStatus& status) { return status.state() == v1::STATE_PAUSED; }

v1::Session Declaration(const std::string& id, const std::string& url) {
  v1::Session session;
  session.set_name(std::string(kParent) + "/sessions/" + id);
  session.set_group("examples");
  session.mutable_spec()->set_url(url);
  session.mutable_spec()->mutable_protocol_heartbeat()->set_interval("200ms");
  session.mutable_spec()->mutable_protocol_heartbeat()->set_timeout("2s");
  return session;
}

void ReadErrors(Client& client, const v1::Session& session, const std::string& old_etag) {
  v1::Session bad = Declaration("Bad Id", "http://not-a-websocket/");
  bad.mutable_spec()->mutable_protocol_heartbeat()->set_interval("20");
  ExpectRefusal(client.Create(bad).status(), absl::StatusCode::kInvalidArgument);
  ExpectRefusal(client.Get(session.name() + "-not").status(), absl::StatusCode::kNotFound);
  ExpectRefusal(client.Delete(session.name(), {.etag = old_etag}), absl::StatusCode::kAborted);
  // Where the tenant has a quota another session may be one too many.
  const v1::Session more = Declaration("example-cpp-more", session.spec().url());
  const absl::Status refused = client.Create(more, {.validate_only = true}).status();
  if (!refused.ok()) ExpectRefusal(refused, absl::StatusCode::kResourceExhausted);
}

// The same calls with callbacks, for programs that must not block.
void AskWithoutWaiting(const holter::client::ClientOptions& options, const std::string& name) {
  holter::client::AsyncClient async(options);
  std::promise<absl::StatusOr<v1::Session>> answer;
  async.Get(name, [&answer](absl::StatusOr<v1::Session> session) { answer.set_value(std::move(session)); });
  std::cout << "the callback says " << v1::Health_Name(Checked(answer.get_future().get()).status().health()) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) Fail("usage: session_life SERVER URL [TOKEN_FILE]");
  const holter::client::ClientOptions options{.server = argv[1], .token_file = argc > 3 ? argv[3] : ""};
  Client client(options);
  const std::string id = "example-cpp-" + std::to_string(std::time(nullptr));
  const v1::Session wanted = Declaration(id, argv[2]);

  Checked(client.Create(wanted, {.validate_only = true}));
  std::cout << "may be created\n";
  v1::Session session = Checked(client.Create(wanted));  // repeated by itself, under one request_id
  std::cout << "created " << session.name() << "\n";
  AwaitStatus(client, id, IsHealthy);

  const std::string old_etag = session.etag();
  (*session.mutable_labels())["team"] = "a";
  session = Checked(client.Update(session, {"labels"}));  // with the etag: only if nobody changed it since
  std::cout << "updated; the connection stayed\n";

  Checked(client.Pause(session.name()));
  AwaitStatus(client, id, IsPaused);
  std::cout << "paused\n";
  ExpectRefusal(client.Reconnect(session.name()).status(), absl::StatusCode::kFailedPrecondition);
  Checked(client.Resume(session.name()));
  AwaitStatus(client, id, IsHealthy);
  std::cout << "resumed\n";
  AskWithoutWaiting(options, session.name());

  ReadErrors(client, session, old_etag);
  if (const absl::Status status = client.Delete(session.name()); !status.ok()) Fail("delete: " + status.ToString());
  std::cout << "deleted\n";
}

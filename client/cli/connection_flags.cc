#include "client/cli/connection_flags.h"

#include <fmt/format.h>

#include "absl/status/statusor.h"
#include "client/cli/contexts.h"
#include "client/cli/invocation.h"

namespace holter::cli {
namespace {

absl::StatusOr<Context> ChosenContext(const ConnectionFlags& flags) {
  if (!flags.context && flags.server) return Context{};
  const std::string path = ContextsPath();
  absl::StatusOr<Contexts> contexts = ReadContexts(path);
  if (!contexts.ok()) return contexts.status();
  const std::string name = flags.context.value_or(contexts->current);
  if (name.empty()) return Context{};
  const auto found = contexts->contexts.find(name);
  if (found == contexts->contexts.end()) {
    return absl::InvalidArgumentError(fmt::format("--context: there is no context {} in {}", name, path));
  }
  return found->second;
}

}  // namespace

void AddConnectionFlags(CLI::App& app, ConnectionFlags& flags) {
  app.add_option("--context", flags.context, "Context of ~/.config/holter/config.yaml (HOLTER_CONTEXTS)")
      ->envname("HOLTER_CONTEXT");
  app.add_option("--server", flags.server, "Address of holterd")
      ->envname("HOLTER_SERVER")
      ->default_str("127.0.0.1:7600");
  app.add_option("--tenant", flags.tenant, "Tenant of short names, of list and of watch; - for all")
      ->default_str("default");
  app.add_flag("--tls", flags.tls, "Talk TLS; so do --ca, --cert and --server-name");
  app.add_option("--ca", flags.ca, "PEM file of the authorities to trust; default: the system's")
      ->type_name("FILE")
      ->envname("HOLTER_CA");
  app.add_option("--cert", flags.cert, "PEM file of our certificate; needs --key")
      ->type_name("FILE")
      ->envname("HOLTER_CERT");
  app.add_option("--key", flags.key, "PEM file of its key")->type_name("FILE")->envname("HOLTER_KEY");
  app.add_option("--server-name", flags.server_name, "Name that the server's certificate has to have")
      ->envname("HOLTER_SERVER_NAME");
  app.add_option("--token-file", flags.token_file, "File with a bearer token; sent over TLS, or to loopback only")
      ->type_name("FILE")
      ->envname("HOLTER_TOKEN_FILE");
}

absl::Status ResolveConnection(const ConnectionFlags& flags, Invocation& invocation) {
  const absl::StatusOr<Context> context = ChosenContext(flags);
  if (!context.ok()) return context.status();
  const auto pick = [](const std::optional<std::string>& flag, const std::string& from_context) {
    return flag.value_or(from_context);
  };
  if (const std::string server = pick(flags.server, context->server); !server.empty()) invocation.server = server;
  if (const std::string tenant = pick(flags.tenant, context->tenant); !tenant.empty()) invocation.tenant = tenant;
  client::ClientOptions& options = invocation.options;
  options.token_file = pick(flags.token_file, context->token_file);
  const bool by_flags = flags.tls || flags.ca || flags.cert || flags.key || flags.server_name;
  if (by_flags || context->tls) {
    options.tls = client::TlsOptions{.ca_file = pick(flags.ca, context->ca),
                                     .cert_file = pick(flags.cert, context->cert),
                                     .key_file = pick(flags.key, context->key),
                                     .server_name = pick(flags.server_name, context->server_name)};
  }
  return absl::OkStatus();
}

}  // namespace holter::cli

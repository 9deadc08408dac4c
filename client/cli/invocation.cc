#include "client/cli/invocation.h"

namespace holter::cli {

client::ClientOptions Invocation::client_options() const {
  client::ClientOptions result = options;
  result.server = server;
  result.deadline = deadline;
  return result;
}

std::string Invocation::FullName(const std::string& name) const {
  return name.find('/') == std::string::npos ? parent() + "/sessions/" + name : name;
}

std::string Invocation::DisplayName(const std::string& name) const {
  const std::string prefix = parent() + "/sessions/";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

}  // namespace holter::cli

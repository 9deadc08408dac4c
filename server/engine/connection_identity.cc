#include "engine/connection_identity.h"

#include <algorithm>

namespace holter::engine {

namespace {

bool SameHeaders(const std::vector<core::HeaderSpec>& a, const std::vector<core::HeaderSpec>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const core::HeaderSpec& x, const core::HeaderSpec& y) {
    return x.name == y.name && x.value == y.value;
  });
}

bool SameParameters(const core::SessionSpec& a, const core::SessionSpec& b) {
  if (a.parameters == b.parameters) return true;
  return a.parameters != nullptr && b.parameters != nullptr && *a.parameters == *b.parameters;
}

// What was said and taken when the connection opened, and how its bytes are read.
bool SameOpening(const core::DialectSpec& a, const core::DialectSpec& b) {
  return a.scope == b.scope && a.secrets == b.secrets && a.open == b.open && a.decoder == b.decoder;
}

}  // namespace

bool SameConnection(const core::SessionSpec& a, const core::SessionSpec& b) {
  if (a.url != b.url || !SameParameters(a, b)) return false;
  if (a.shared == b.shared) return true;
  const core::ConnectSpec& x = a.shared->connect;
  const core::ConnectSpec& y = b.shared->connect;
  return SameHeaders(x.headers, y.headers) && x.subprotocols == y.subprotocols && x.tls == y.tls &&
         x.max_message_bytes == y.max_message_bytes && SameOpening(a.shared->dialect, b.shared->dialect);
}

}  // namespace holter::engine

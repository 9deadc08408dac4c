// URLs from outside. Nothing crashes, and what is accepted keeps its promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/url.h"

namespace {

void Require(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto url = holter::core::ParseUrl(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!url.ok()) return 0;
  Require(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
  // What goes into the request and the resolver holds no byte that could end a line or smuggle another host.
  for (const std::string* part : {&url->host, &url->target}) {
    for (char c : *part) Require(c > ' ' && c < 0x7F);
  }
  Require(url->host.find_first_of("/@?#%\\") == std::string::npos);
  Require(holter::core::ParseUrl((url->tls ? "wss://" : "ws://") + url->HostHeader() + url->target).ok());
  return 0;
}

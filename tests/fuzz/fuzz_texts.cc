// Texts from outside: URLs and templates. Nothing crashes, and what is accepted keeps its
// promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/json_tape.h"
#include "core/message_template.h"
#include "core/url.h"

namespace {

void Require(bool held) {
  if (!held) std::abort();
}

void FuzzUrl(std::string_view text) {
  const auto url = holter::core::ParseUrl(text);
  if (!url.ok()) return;
  Require(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
  // What goes into the request and the resolver holds no byte that could end a line or smuggle another host.
  for (const std::string* part : {&url->host, &url->target}) {
    for (char c : *part) Require(c > ' ' && c < 0x7F);
  }
  Require(url->host.find_first_of("/@?#%\\") == std::string::npos);
  Require(holter::core::ParseUrl((url->tls ? "wss://" : "ws://") + url->HostHeader() + url->target).ok());
}

void FuzzTemplate(std::string_view text) {
  holter::Random random(1);
  const auto variables = holter::core::DrawVariables(7, {}, true, random);
  const holter::core::TemplateInput input{.variables = &variables};
  for (const auto& compiled :
       {holter::core::MessageTemplate::FromText(text), holter::core::MessageTemplate::FromJson(text),
        holter::core::MessageTemplate::FromBytes(text)}) {
    if (!compiled.ok()) continue;
    std::string out;
    compiled->Expand(input, out);
    Require(out.size() <= compiled->MaxSize());
  }
  const auto json = holter::core::MessageTemplate::FromJson(text);
  if (!json.ok()) return;
  std::string out;
  json->Expand(input, out);
  Require(holter::core::JsonTape().Read(out));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    FuzzUrl(text);
  } else {
    FuzzTemplate(text);
  }
  return 0;
}

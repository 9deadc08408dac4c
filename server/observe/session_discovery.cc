#include "observe/session_discovery.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/json_text.h"
#include "base/session_name.h"
#include "core/url.h"
#include "observe/http_query.h"

namespace holter::observe {
namespace {

constexpr const char* kJsonType = "application/json; charset=utf-8";
constexpr size_t kDiscoveryPiece = size_t{64} << 10;

void AppendLabel(std::string_view name, std::string_view value, std::string& out) {
  out += ',';
  AppendJsonString(name, out);
  out += ':';
  AppendJsonString(value, out);
}

void AppendTarget(const registry::SessionView& view, std::string& out) {
  out += "{\"targets\":[";
  AppendJsonString(SessionName{.tenant = std::string(view.tenant), .session = std::string(view.session)}.ToString(),
                   out);
  out += R"(],"labels":{"__meta_holter_tenant":)";
  AppendJsonString(view.tenant, out);
  AppendLabel("__meta_holter_session", view.session, out);
  AppendLabel("__meta_holter_group", view.group, out);
  const auto url = core::ParseUrl(view.url);
  AppendLabel("__meta_holter_host", url.ok() ? url->HostHeader() : std::string(), out);
  AppendLabel("__meta_holter_scheme", url.ok() && url->tls ? "wss" : "ws", out);
  if (view.labels != nullptr) {
    for (const auto& [key, value] : *view.labels) {
      AppendLabel("__meta_holter_label_" + key, value, out);
    }
  }
  out += "}}";
}

// The walk is done when the first piece is asked for; it holds no lock for longer than a copy.
class DiscoveryList {
 public:
  DiscoveryList(const registry::SessionRegistry& registry, const HttpQuery& query)
      : registry_(registry), tenant_(query.Get("tenant")), group_(query.Get("group")) {}

  bool Next(std::string& out) {
    if (!std::exchange(walked_, true)) Walk();
    if (at_ == text_.size()) return false;
    const size_t size = std::min(kDiscoveryPiece, text_.size() - at_);
    out.append(text_, at_, size);
    at_ += size;
    return true;
  }

 private:
  void Walk() {
    text_ = "[";
    registry_.ForEach([this](const registry::SessionView& view) {
      if ((!tenant_.empty() && view.tenant != tenant_) || (!group_.empty() && view.group != group_)) return;
      text_ += text_.size() > 1 ? ",\n" : "";
      AppendTarget(view, text_);
    });
    text_ += "]\n";
  }

  const registry::SessionRegistry& registry_;
  const std::string tenant_;
  const std::string group_;
  std::string text_;
  size_t at_ = 0;
  bool walked_ = false;
};

}  // namespace

HttpResponse AnswerDiscovery(const registry::SessionRegistry& registry, const HttpRequest& request) {
  auto list = std::make_shared<DiscoveryList>(registry, HttpQuery(request.query));
  return {.content_type = kJsonType, .pieces = [list](std::string& out) { return list->Next(out); }};
}

}  // namespace holter::observe

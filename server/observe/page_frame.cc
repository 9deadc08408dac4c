#include "observe/page_frame.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "absl/time/time.h"
#include "base/wall_time_text.h"
#include "observe/page_assets.h"
#include "spec/words.h"

namespace holter::observe {
namespace {

constexpr const char* kHtmlType = "text/html; charset=utf-8";
constexpr const char* kContentPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'";

// A browser may keep an asset for as long as its name stays.
std::string AssetVersion() {
  static const std::string kVersion =
      fmt::format("{:x}", std::hash<std::string>()(fmt::format("{}{}{}", kPageStyle, kPageScript, kPageIcon)));
  return kVersion;
}

void WriteHead(HtmlWriter& html, const PageFrame& frame) {
  html.Markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>")
      .Text(frame.title)
      .Markup(" · Holter</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
      .Markup("<meta name=\"color-scheme\" content=\"light dark\">\n");
  html.Wrap("<link rel=\"icon\" type=\"image/svg+xml\" href=\"/page/icon.svg?", AssetVersion(), "\">\n")
      .Wrap("<link rel=\"stylesheet\" href=\"/page/style.css?", AssetVersion(), "\">\n");
  if (frame.live) {
    html.Wrap("<script src=\"/page/script.js?", AssetVersion(), "\" defer></script>\n")
        .Markup("<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>\n");
  }
  html.Markup("</head>\n");
}

void WriteHeader(HtmlWriter& html, const PageFrame& frame) {
  html.Markup("<body>\n<header class=\"top\"><a class=\"brand\" href=\"/\">")
      .Markup("<svg viewBox=\"0 0 32 16\" width=\"32\" height=\"16\" aria-hidden=\"true\">")
      .Markup("<path d=\"M0 9h8l2-3 3 3h2l3-8 4 14 3-6h7\"/></svg> Holter</a>\n")
      .Markup("<p class=\"asof\" id=\"asof\" data-live>As of ");
  const std::string at = FormatWallTime(frame.now);
  html.Wrap("<time datetime=\"", at, "\">")
      .Text(spec::TimeIn(absl::UTCTimeZone(), frame.now).substr(0, std::string_view("2026-01-31 13:05:59").size()))
      .Markup("</time> UTC</p>\n");
  if (frame.live) html.Markup("<button type=\"button\" id=\"live\" hidden aria-pressed=\"true\">Live</button>\n");
  html.Markup("</header>\n<p id=\"stale\" class=\"notice bad\" role=\"status\" hidden></p>\n");
  html.Markup("<div id=\"notice\" data-live>");
  if (!frame.notice.empty()) html.Wrap("<p class=\"notice warn\">", frame.notice, "</p>");
  html.Markup("</div>\n<main>\n");
}

}  // namespace

HttpResponse MakePage(const PageFrame& frame, HtmlWriter body, int status) {
  HtmlWriter html;
  WriteHead(html, frame);
  WriteHeader(html, frame);
  std::string text = html.Take() + body.Take();
  text += "</main>\n<footer><p>Holter " HOLTER_VERSION
          " · <a href=\"/metrics\">metrics</a> · <a href=\"/sd\">discovery</a> · times are UTC</p></footer>\n"
          "</body>\n</html>\n";
  return {.status = status,
          .content_type = kHtmlType,
          .fields = {{"Content-Security-Policy", kContentPolicy},
                     {"Referrer-Policy", "no-referrer"},
                     {"Cross-Origin-Resource-Policy", "same-origin"},
                     {"X-Frame-Options", "DENY"}},
          .body = std::move(text)};
}

HttpResponse MakeProblemPage(WallTime now, int status, std::string_view what) {
  HtmlWriter body;
  body.Wrap("<p class=\"notice bad\">", what, "</p>\n<p><a href=\"/\">All sessions</a></p>\n");
  return MakePage({.title = std::string(what), .notice = {}, .now = now, .live = false}, std::move(body), status);
}

HttpResponse AnswerAsset(const HttpRequest& request) {
  constexpr int not_found = 404;
  const auto asset = [](const char* type, std::string_view content) {
    return HttpResponse{.content_type = type,
                        .fields = {{"Cache-Control", "max-age=86400"}, {"Cross-Origin-Resource-Policy", "same-origin"}},
                        .body = std::string(content)};
  };
  if (request.path == "/page/style.css") return asset("text/css; charset=utf-8", kPageStyle);
  if (request.path == "/page/script.js") return asset("text/javascript; charset=utf-8", kPageScript);
  if (request.path == "/page/icon.svg") return asset("image/svg+xml", kPageIcon);
  return {.status = not_found, .body = "not found\n"};
}

void WriteTime(HtmlWriter& html, WallTime time, WallTime now) {
  html.Wrap("<time datetime=\"", FormatWallTime(time), "\"")
      .Wrap(" title=\"", spec::TimeIn(absl::UTCTimeZone(), time), "\">");
  if (time > now) {
    const std::string ahead = spec::Age(now, time);  // "4s ago", turned round
    html.Text("in " + ahead.substr(0, ahead.rfind(' ')));
  } else {
    html.Text(spec::Age(time, now));
  }
  html.Markup("</time>");
}

}  // namespace holter::observe

// What all status pages have around them: head, header, footer, and the fields that keep a browser from running or
// embedding anything.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "observe/html_writer.h"
#include "observe/http_server.h"

namespace holter::observe {

struct PageFrame {
  std::string title;
  std::string notice;  // what concerns all of Holter, such as a store that is full; empty: nothing
  WallTime now;
  bool live = true;  // the script asks for it again every few seconds
};

// `body` in the frame. Parts that the script replaces are elements with an id and the attribute data-live.
HttpResponse MakePage(const PageFrame& frame, HtmlWriter body, int status = 200);

// A page that says why there is none.
HttpResponse MakeProblemPage(WallTime now, int status, std::string_view what);

// Style, script and icon, below "/page/".
HttpResponse AnswerAsset(const HttpRequest& request);

// "3m ago" or "in 4s", with the calendar's time for those who point at it.
void WriteTime(HtmlWriter& html, WallTime time, WallTime now);

}  // namespace holter::observe

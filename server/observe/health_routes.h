// What /livez and /readyz answer.
#pragma once

#include <string>

#include "observe/http_server.h"
#include "observe/metrics.h"

namespace holter::observe {

// 200 "ok" while every event loop that has ever turned has done so within the last 30 s; else 503 and which one hangs.
// Sessions and peers do not matter: a restart would not mend them.
HttpResponse AnswerLive(const Metrics& metrics);

// 200 "ok" when `unready_reason` is empty, else 503 "not ready: reason". A store that takes no changes (`store_problem`
// is its reason) is only warned of: sessions go on, and to send the callers away would not mend it.
HttpResponse AnswerReady(const std::string& unready_reason, const std::string& store_problem);

}  // namespace holter::observe

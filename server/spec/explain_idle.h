// Whether a session outlives the middleboxes on its way: load balancers and proxies that close what is idle.
#pragma once

#include <string>

#include "holter/v1/session.pb.h"
#include "spec/explain_times.h"

namespace holter::spec {

// One sentence; a warning begins with "Warning: ". The limits are the defaults of AWS application load balancers (idle
// timeout, 60s, either direction counts) and of nginx (proxy_read_timeout, 60s, only what the peer sends counts).
std::string IdleWords(const v1::SessionSpec& effective, const SpecTimes& times);

}  // namespace holter::spec

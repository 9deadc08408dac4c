// Names for requests, so that one that is sent twice is taken once.
#pragma once

#include <string>

namespace holter::client {

// A random UUID of version 4, lower case. Thread-safe.
std::string NewRequestId();

}  // namespace holter::client

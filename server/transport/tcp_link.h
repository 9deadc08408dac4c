// What the kernel knows of a TCP connection.
#pragma once

#include "core/session_event.h"

namespace holter::transport {

// `writing`: a write was begun whose completion has not been seen yet; it counts as blocked only if the kernel has no
// room.
core::LinkState ReadLink(int socket, bool writing);

// The kernel has no room for another byte.
bool IsWriteBlocked(int socket);

// Bytes wait in the socket's receive queue.
bool HasUnreadBytes(int socket);

}  // namespace holter::transport

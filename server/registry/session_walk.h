// Every session of a tenant, a piece at a time.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/session_record.h"
#include "registry/session_table.h"

namespace holter::registry {

// Calls `take` for each session of `tenant` ("-": of all) behind `after` in the order of names, until it says false.
// The table's mutex is held for a piece only, and not while `take` runs; sessions that come or go meanwhile may be
// missed.
template <typename Take>
void WalkSessions(const SessionTable& table, std::string_view tenant, NameRef after, Take take) {
  constexpr size_t piece_size = 256;
  std::vector<LiveSession> piece;
  RecordPtr last;  // keeps the name alive behind which the walk goes on
  do {
    piece.clear();
    table.Walk(tenant, last != nullptr ? NameOf(*last) : after, piece_size, piece);
    if (!piece.empty()) last = piece.back().record;
    for (LiveSession& session : piece) {
      if (!take(std::move(session))) return;
    }
  } while (piece.size() == piece_size);
}

}  // namespace holter::registry

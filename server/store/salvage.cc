#include "store/salvage.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "store/schema.h"

namespace holter::store {
namespace {

constexpr std::string_view kNameCharacters = "-/0123456789abcdefghijklmnopqrstuvwxyz";  // in order

// Reads sessions from `from` on into `rows`; false when a page cannot be read.
bool ReadFrom(SQLite::Database& database, const std::string& from, ReadRows& rows, std::string& last) {
  try {
    SQLite::Statement read(database, "SELECT name, declaration, checksum FROM sessions WHERE name >= ? ORDER BY name");
    read.bind(1, from);
    while (read.executeStep()) {
      last = read.getColumn(0).getString();
      StoredSession session{.name = last, .declaration = read.getColumn(1).getString()};
      const int64_t checksum = read.getColumn(2).getInt64();
      if (ChecksumOf(session) != checksum) {
        rows.faults.push_back(fmt::format("{} is lost: it does not agree with its checksum", last));
        continue;
      }
      rows.digest.Add(checksum);
      rows.sessions.push_back(std::move(session));
    }
    return true;
  } catch (const SQLite::Exception&) {
    return false;
  }
}

// Reads on behind `last`, at the nearest name whose page can be read; false when there is none. A page holds names that
// share a long beginning, so it is left behind by asking for names that share less and less of it.
bool SkipPage(SQLite::Database& database, ReadRows& rows, std::string& last, bool& is_whole) {
  const std::string before = last;
  for (size_t shared = before.size(); shared-- > 0;) {
    for (const char next : kNameCharacters) {
      if (next <= before[shared]) continue;
      is_whole = ReadFrom(database, before.substr(0, shared) + next, rows, last);
      if (is_whole || last != before) return true;
    }
  }
  return false;
}

void SalvageSessions(SQLite::Database& database, ReadRows& rows) {
  std::string last;
  bool is_whole = ReadFrom(database, "", rows, last);
  while (!is_whole) {
    const std::string before = last;
    const bool goes_on = SkipPage(database, rows, last, is_whole);
    rows.faults.push_back(fmt::format("sessions behind \"{}\" are lost with their page", before));
    if (!goes_on) return;
  }
}

}  // namespace

ReadRows SalvageRows(SQLite::Database& database) {
  ReadRows rows;
  SalvageSessions(database, rows);
  try {
    ReadRows others = ReadOtherRows(database, SchemaVersionOf(database));
    rows.requests = std::move(others.requests);
    rows.leases = std::move(others.leases);
    rows.digest.Add(others.digest.value());
    rows.faults.insert(rows.faults.end(), others.faults.begin(), others.faults.end());
  } catch (const SQLite::Exception&) {
    rows.faults.emplace_back("answered requests and leases are lost with their pages");
  }
  return rows;
}

}  // namespace holter::store

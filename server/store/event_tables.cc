#include "store/event_tables.h"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace holter::store {
namespace {

constexpr const char* kEventSchema = R"sql(
  CREATE TABLE IF NOT EXISTS events(
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    session TEXT NOT NULL,
    time INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    content BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS events_by_session ON events(tenant, session, id);
  CREATE INDEX IF NOT EXISTS events_by_tenant ON events(tenant, id);
)sql";

int64_t Nanoseconds(WallTime time) { return time.time_since_epoch().count(); }

std::string QueryText(const EventQuery& query) {
  std::string text = "SELECT id, session, time, reason, content FROM events WHERE tenant = :tenant AND id < :before";
  if (!query.session.empty()) text += " AND session = :session";
  if (query.since.has_value()) text += " AND time >= :since";
  if (query.until.has_value()) text += " AND time < :until";
  if (!query.reasons.empty()) text += fmt::format(" AND reason IN ({})", fmt::join(query.reasons, ","));
  return text + " ORDER BY id DESC LIMIT :limit";
}

}  // namespace

void PrepareEventTables(SQLite::Database& database) {
  // Not a write at every start: the disk may be full.
  if (database.execAndGet("PRAGMA user_version").getInt() == kEventSchemaVersion) return;
  SQLite::Transaction transaction(database);
  database.exec(kEventSchema);
  database.exec(fmt::format("PRAGMA user_version={}", kEventSchemaVersion));
  transaction.commit();
}

EventWriter::EventWriter(SQLite::Database& database, const EventOptions& bounds)
    : database_(database),
      bounds_(bounds),
      insert_(database, "INSERT INTO events(tenant, session, time, reason, content) VALUES(?, ?, ?, ?, ?)"),
      trim_session_(database,
                    "DELETE FROM events WHERE tenant = ?1 AND session = ?2 AND id <= (SELECT id FROM events "
                    "WHERE tenant = ?1 AND session = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)"),
      trim_tenant_(database,
                   "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE tenant = ?1 ORDER BY id LIMIT ?2)") {
  SQLite::Statement count(database, "SELECT tenant, COUNT(*) FROM events GROUP BY tenant");
  while (count.executeStep())
    counts_[count.getColumn(0).getString()] = static_cast<size_t>(count.getColumn(1).getInt64());
}

void EventWriter::Write(const std::vector<StoredEvent>& events) {
  std::map<std::string, size_t> counts = counts_;
  SQLite::Transaction transaction(database_);
  std::set<std::pair<std::string, std::string>> sessions;
  for (const StoredEvent& event : events) {
    Insert(event);
    ++counts[event.tenant];
    sessions.emplace(event.tenant, event.session);
  }
  for (const auto& [tenant, session] : sessions) {
    counts[tenant] -= static_cast<size_t>(TrimSession(tenant, session));
  }
  for (auto& [tenant, count] : counts) {
    if (count <= bounds_.per_tenant + bounds_.per_tenant / 10) continue;
    count -= static_cast<size_t>(TrimTenant(tenant, count - bounds_.per_tenant));
  }
  transaction.commit();
  counts_ = std::move(counts);
}

void EventWriter::Insert(const StoredEvent& event) {
  insert_.tryReset();
  insert_.bindNoCopy(1, event.tenant);
  insert_.bindNoCopy(2, event.session);
  insert_.bind(3, Nanoseconds(event.time));
  insert_.bind(4, event.reason);
  insert_.bindNoCopy(5, event.content.data(), static_cast<int>(event.content.size()));
  insert_.exec();
}

int EventWriter::TrimSession(const std::string& tenant, const std::string& session) {
  trim_session_.tryReset();
  trim_session_.bindNoCopy(1, tenant);
  trim_session_.bindNoCopy(2, session);
  trim_session_.bind(3, static_cast<int64_t>(bounds_.per_session));
  return trim_session_.exec();
}

int EventWriter::TrimTenant(const std::string& tenant, size_t surplus) {
  trim_tenant_.tryReset();
  trim_tenant_.bindNoCopy(1, tenant);
  trim_tenant_.bind(2, static_cast<int64_t>(surplus));
  return trim_tenant_.exec();
}

std::vector<FoundEvent> FindEvents(SQLite::Database& database, const EventQuery& query) {
  SQLite::Statement read(database, QueryText(query));
  read.bind(":tenant", query.tenant);
  read.bind(":before", query.before);
  if (!query.session.empty()) read.bind(":session", query.session);
  if (query.since.has_value()) read.bind(":since", Nanoseconds(*query.since));
  if (query.until.has_value()) read.bind(":until", Nanoseconds(*query.until));
  read.bind(":limit", static_cast<int64_t>(query.limit));
  std::vector<FoundEvent> found;
  while (read.executeStep()) {
    found.push_back({.id = read.getColumn(0).getInt64(),
                     .event = {.tenant = query.tenant,
                               .session = read.getColumn(1).getString(),
                               .time = WallTime(Duration(read.getColumn(2).getInt64())),
                               .reason = read.getColumn(3).getInt(),
                               .content = read.getColumn(4).getString()}});
  }
  return found;
}

}  // namespace holter::store

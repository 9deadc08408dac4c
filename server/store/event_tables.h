// The rows of events in a SQLite database.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <string>
#include <vector>

#include "store/event_store.h"

namespace holter::store {

// In the file's user_version.
inline constexpr int kEventSchemaVersion = 1;

// Makes the tables if they are not there. Throws SQLite::Exception, as all of this file does.
void PrepareEventTables(SQLite::Database& database);

// Used by one thread.
class EventWriter {
 public:
  EventWriter(SQLite::Database& database, const EventOptions& bounds);

  // One transaction; on an exception nothing of it is written.
  void Write(const std::vector<StoredEvent>& events);

 private:
  void Insert(const StoredEvent& event);
  // Forgets the oldest of a session; returns how many.
  int TrimSession(const std::string& tenant, const std::string& session);
  int TrimTenant(const std::string& tenant, size_t surplus);

  SQLite::Database& database_;
  const EventOptions bounds_;
  std::map<std::string, size_t> counts_;  // by tenant
  SQLite::Statement insert_;
  SQLite::Statement trim_session_;
  SQLite::Statement trim_tenant_;
};

std::vector<FoundEvent> FindEvents(SQLite::Database& database, const EventQuery& query);

}  // namespace holter::store

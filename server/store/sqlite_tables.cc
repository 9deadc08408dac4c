#include "store/sqlite_tables.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace holter::store {
namespace {

int64_t ToColumn(WallTime time) { return time.time_since_epoch().count(); }
WallTime ToTime(const SQLite::Column& column) { return WallTime(Duration(column.getInt64())); }

void BindBytes(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bindNoCopy(index, bytes.data(), static_cast<int>(bytes.size()));
}

// Ready for new values. Not reset(), which repeats the error of a step that failed in an earlier transaction.
SQLite::Statement& Fresh(SQLite::Statement& statement) {
  statement.tryReset();
  return statement;
}

// Runs a DELETE … RETURNING checksum.
void Remove(SQLite::Statement& removal, Digest& digest) {
  while (removal.executeStep()) {
    digest.Remove(removal.getColumn(0).getInt64());
  }
}

std::string Disagrees(std::string_view what) { return fmt::format("{} does not agree with its checksum", what); }

void ReadSessions(SQLite::Database& database, ReadRows& rows) {
  SQLite::Statement read(database, "SELECT name, declaration, checksum FROM sessions ORDER BY name");
  while (read.executeStep()) {
    StoredSession session{.name = read.getColumn(0).getString(), .declaration = read.getColumn(1).getString()};
    const int64_t checksum = read.getColumn(2).getInt64();
    if (ChecksumOf(session) != checksum) {
      rows.faults.push_back(Disagrees(fmt::format("the declaration of {}", session.name)));
      continue;
    }
    rows.digest.Add(checksum);
    rows.sessions.push_back(std::move(session));
  }
}

void ReadRequests(SQLite::Database& database, ReadRows& rows) {
  SQLite::Statement read(database,
                         "SELECT tenant, id, method, fingerprint, answer, time, checksum FROM requests ORDER BY time");
  while (read.executeStep()) {
    StoredRequest request{.tenant = read.getColumn(0).getString(),
                          .id = read.getColumn(1).getString(),
                          .method = read.getColumn(2).getString(),
                          .fingerprint = read.getColumn(3).getString(),
                          .answer = read.getColumn(4).getString(),
                          .time = ToTime(read.getColumn(5))};
    if (ChecksumOf(request) != read.getColumn(6).getInt64()) {
      rows.faults.push_back(Disagrees(fmt::format("the request {} of tenant {}", request.id, request.tenant)));
      continue;
    }
    rows.requests.push_back(std::move(request));
  }
}

void ReadLeases(SQLite::Database& database, ReadRows& rows) {
  SQLite::Statement read(database, "SELECT tenant, owner, expire_time, checksum FROM leases ORDER BY tenant, owner");
  while (read.executeStep()) {
    StoredLease lease{.tenant = read.getColumn(0).getString(),
                      .owner = read.getColumn(1).getString(),
                      .expire_time = ToTime(read.getColumn(2))};
    const int64_t checksum = read.getColumn(3).getInt64();
    if (ChecksumOf(lease) != checksum) {
      rows.faults.push_back(Disagrees(fmt::format("the lease of {} of tenant {}", lease.owner, lease.tenant)));
      continue;
    }
    rows.digest.Add(checksum);
    rows.leases.push_back(std::move(lease));
  }
}

}  // namespace

std::optional<Progress> ReadProgress(SQLite::Database& database, int schema_version) {
  const char* const identity = schema_version >= 3 ? "identity" : "0";
  SQLite::Statement read(database, fmt::format("SELECT sequence, digest, {} FROM progress", identity));
  if (!read.executeStep()) return std::nullopt;
  return Progress{.sequence = read.getColumn(0).getInt64(),
                  .identity = read.getColumn(2).getInt64(),
                  .digest = Digest(read.getColumn(1).getInt64())};
}

ReadRows ReadAllRows(SQLite::Database& database, int schema_version) {
  ReadRows rows = ReadOtherRows(database, schema_version);
  ReadSessions(database, rows);
  return rows;
}

ReadRows ReadOtherRows(SQLite::Database& database, int schema_version) {
  ReadRows rows;
  if (schema_version >= 2) ReadRequests(database, rows);
  if (schema_version >= 3) ReadLeases(database, rows);
  return rows;
}

SqliteTables::SqliteTables(SQLite::Database& database)
    : put_session_(database, "INSERT INTO sessions(name, declaration, checksum) VALUES(?, ?, ?)"),
      delete_session_(database, "DELETE FROM sessions WHERE name = ? RETURNING checksum"),
      put_request_(database,
                   "INSERT OR REPLACE INTO requests(tenant, id, method, fingerprint, answer, time, checksum) "
                   "VALUES(?, ?, ?, ?, ?, ?, ?)"),
      delete_request_(database, "DELETE FROM requests WHERE tenant = ? AND id = ?"),
      put_lease_(database, "INSERT INTO leases(tenant, owner, expire_time, checksum) VALUES(?, ?, ?, ?)"),
      delete_lease_(database, "DELETE FROM leases WHERE tenant = ? AND owner = ? RETURNING checksum"),
      set_progress_(database, "UPDATE progress SET sequence = ?, digest = ?") {}

void SqliteTables::Apply(const PutChange& change, Digest& digest) {
  const StoredSession& session = change.session;
  Fresh(delete_session_).bindNoCopy(1, session.name);
  Remove(delete_session_, digest);
  const int64_t checksum = ChecksumOf(session);
  digest.Add(checksum);
  Fresh(put_session_).bindNoCopy(1, session.name);
  BindBytes(put_session_, 2, session.declaration);
  put_session_.bind(3, checksum);
  put_session_.exec();
}

void SqliteTables::Apply(const DeleteChange& change, Digest& digest) {
  Fresh(delete_session_).bindNoCopy(1, change.name);
  Remove(delete_session_, digest);
}

void SqliteTables::Apply(const PutRequestChange& change, Digest& /*digest*/) {
  const StoredRequest& request = change.request;
  Fresh(put_request_).bindNoCopy(1, request.tenant);
  put_request_.bindNoCopy(2, request.id);
  put_request_.bindNoCopy(3, request.method);
  BindBytes(put_request_, 4, request.fingerprint);
  BindBytes(put_request_, 5, request.answer);
  put_request_.bind(6, ToColumn(request.time));
  put_request_.bind(7, ChecksumOf(request));
  put_request_.exec();
}

void SqliteTables::Apply(const DeleteRequestChange& change, Digest& /*digest*/) {
  Fresh(delete_request_).bindNoCopy(1, change.tenant);
  delete_request_.bindNoCopy(2, change.id);
  delete_request_.exec();
}

void SqliteTables::Apply(const PutLeaseChange& change, Digest& digest) {
  const StoredLease& lease = change.lease;
  Apply(DeleteLeaseChange{.tenant = lease.tenant, .owner = lease.owner}, digest);
  const int64_t checksum = ChecksumOf(lease);
  digest.Add(checksum);
  Fresh(put_lease_).bindNoCopy(1, lease.tenant);
  put_lease_.bindNoCopy(2, lease.owner);
  put_lease_.bind(3, ToColumn(lease.expire_time));
  put_lease_.bind(4, checksum);
  put_lease_.exec();
}

void SqliteTables::Apply(const DeleteLeaseChange& change, Digest& digest) {
  Fresh(delete_lease_).bindNoCopy(1, change.tenant);
  delete_lease_.bindNoCopy(2, change.owner);
  Remove(delete_lease_, digest);
}

void SqliteTables::SetProgress(const Progress& progress) {
  Fresh(set_progress_).bind(1, progress.sequence);
  set_progress_.bind(2, progress.digest.value());
  set_progress_.exec();
}

}  // namespace holter::store

// The rows of a store: read whole, each checked; and changed one by one, the digest with them.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <vector>

#include "store/checksum.h"
#include "store/store.h"

namespace holter::store {

// What the database says about itself.
struct Progress {
  int64_t sequence = 0;  // commits so far
  int64_t identity = 0;  // drawn when the database was made; 0 before schema 3
  Digest digest{0};
};

// None: the row is gone. Throws SQLite::Exception.
std::optional<Progress> ReadProgress(SQLite::Database& database, int schema_version);

// All rows of a database that agree with their checksum, and what is wrong with the others.
struct ReadRows {
  std::vector<StoredSession> sessions;  // in the order of names
  std::vector<StoredRequest> requests;  // the oldest first
  std::vector<StoredLease> leases;      // in the order of tenants and owners
  Digest digest{0};                     // of `sessions` and `leases`
  std::vector<std::string> faults;      // a sentence a row
};

// Throws SQLite::Exception where a page is not one.
ReadRows ReadAllRows(SQLite::Database& database, int schema_version);

// The same without sessions.
ReadRows ReadOtherRows(SQLite::Database& database, int schema_version);

// Changes rows of a database of the newest schema, within the caller's transaction. Every method throws
// SQLite::Exception; then neither the transaction nor `digest` is of use any more. Used by one thread.
class SqliteTables {
 public:
  explicit SqliteTables(SQLite::Database& database);

  void Apply(const PutChange& change, Digest& digest);
  void Apply(const DeleteChange& change, Digest& digest);
  // Requests are not in the digest: one that is lost may be run again, which is no damage to what is declared.
  void Apply(const PutRequestChange& change, Digest& digest);
  void Apply(const DeleteRequestChange& change, Digest& digest);
  void Apply(const PutLeaseChange& change, Digest& digest);
  void Apply(const DeleteLeaseChange& change, Digest& digest);
  void SetProgress(const Progress& progress);

 private:
  SQLite::Statement put_session_;
  SQLite::Statement delete_session_;
  SQLite::Statement put_request_;
  SQLite::Statement delete_request_;
  SQLite::Statement put_lease_;
  SQLite::Statement delete_lease_;
  SQLite::Statement set_progress_;
};

}  // namespace holter::store

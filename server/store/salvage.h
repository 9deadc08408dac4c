// What can still be read of a database whose pages are not all whole.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/sqlite_tables.h"

namespace holter::store {

// Every row that can be reached and agrees with its checksum; `faults` says what is lost. Never throws.
ReadRows SalvageRows(SQLite::Database& database);

}  // namespace holter::store

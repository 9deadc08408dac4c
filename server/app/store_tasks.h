// What holterd does to a store in place of serving, and while it serves.
#pragma once

#include <string>

#include "app/configuration.h"
#include "store/durable_store.h"

namespace holter::app {

// Does config.task, which is not kServe, and says on standard output what came of it. Exit status: 0 the store is
// sound, or is now; 1 it is not, or something was lost.
int RunStoreTask(const Configuration& config);

// Writes a backup of a store that is in use to `directory`/holter-TIME.db, checks it, and says so in the log. Blocks;
// commits wait only while the pages are copied. `store` null: there is none on a disk.
void BackUp(store::DurableStore* store, const std::string& directory);

}  // namespace holter::app

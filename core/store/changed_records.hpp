// Which records may read differently since when: what every write of what a read shows leaves behind, in the same SQLite
// transaction, whichever process makes it. Who shows records asks what came after the last thing it heard of.
#pragma once

#include <vector>

#include "core/store/work.hpp"

namespace satchel::store {

// At least so many of the newest are known; whoever heard of none of them reads everything again.
inline constexpr int64_t changes_kept = 4096;

struct ChangedRecord {
  log::ScopeKey scope;
  model::RecordKey key;
  std::strong_ordering operator<=>(const ChangedRecord&) const = default;
};

struct Changes {
  int64_t until = 0;      // ask for those after it the next time
  bool anything = false;  // whatever there is may have changed; `records` is empty
  std::vector<ChangedRecord> records;  // each once
};

Result<> note_changed(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record);
// Many at once, or some that nobody can name any more.
Result<> note_anything_changed(sqlite::Database& db);

Result<int64_t> last_change(sqlite::Database& db);
// Of more than `most` it says that anything may have changed.
Result<Changes> changes_after(sqlite::Database& db, int64_t number, size_t most);

}  // namespace satchel::store

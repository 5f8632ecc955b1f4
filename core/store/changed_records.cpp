#include "core/store/changed_records.hpp"

#include <algorithm>

namespace satchel::store {
namespace {

constexpr int64_t prune_every = 1024;

// The newest row always stays: the next number follows from it.
Result<> prune(sqlite::Database& db, int64_t newest) {
  return db.prepare("DELETE FROM changed_records WHERE number <= ?").bind(0, newest - changes_kept).run();
}

Result<> insert(sqlite::Database& db, int64_t scope, std::string_view collection, BytesView record) {
  sqlite::Statement& q = db.prepare("INSERT INTO changed_records (scope, collection, record) VALUES (?, ?, ?)");
  q.bind(0, scope).bind_text(1, collection).bind_blob(2, record);
  SATCHEL_TRY(q.run());
  const int64_t number = db.last_insert_rowid();
  return number % prune_every == 0 ? prune(db, number) : Result<>();
}

Result<int64_t> number_of(sqlite::Database& db, const char* sql) {
  sqlite::StatementScope q(db.prepare(sql));
  SATCHEL_ASSIGN(const bool any, q->step());
  return any ? q->int64(0) : 0;
}

}  // namespace

Result<> note_changed(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record) {
  return insert(db, scope.scope, record.collection, record.record.view());
}

Result<> note_anything_changed(sqlite::Database& db) { return insert(db, 0, {}, {}); }

Result<int64_t> last_change(sqlite::Database& db) {
  return number_of(db, "SELECT number FROM changed_records ORDER BY number DESC LIMIT 1");
}

Result<Changes> changes_after(sqlite::Database& db, int64_t number, size_t most) {
  Changes changes;
  SATCHEL_ASSIGN(changes.until, last_change(db));
  if (changes.until == number) return changes;
  SATCHEL_ASSIGN(const int64_t oldest, number_of(db, "SELECT number FROM changed_records ORDER BY number LIMIT 1"));
  changes.anything = oldest > number + 1 || changes.until < number ||
                     static_cast<uint64_t>(changes.until - number) > most;
  if (changes.anything) return changes;
  sqlite::StatementScope q(
      db.prepare("SELECT scope, collection, record FROM changed_records WHERE number > ? ORDER BY number"));
  q->bind(0, number);
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) break;
    if (q->int64(0) == 0) {
      changes.anything = true;
      changes.records.clear();
      return changes;
    }
    SATCHEL_ASSIGN(const RecordId id, id_column<RecordId>(*q, 2, "changed_records.record"));
    changes.records.push_back({{1, q->int64(0)}, {std::string(q->text(1)), id}});
  }
  std::sort(changes.records.begin(), changes.records.end());
  changes.records.erase(std::unique(changes.records.begin(), changes.records.end()), changes.records.end());
  return changes;
}

}  // namespace satchel::store

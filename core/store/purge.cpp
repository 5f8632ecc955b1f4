// Leaving a scope: deliver, purge, confirm (DESIGN §5). Own counters, what was refused and what read tokens need (counters
// of replicas) stay.
#include "core/store/applying.hpp"
#include "core/store/arrivals.hpp"
#include "core/store/changed_records.hpp"
#include "core/store/search_index.hpp"
#include "core/store/seal.hpp"

namespace satchel::store {
namespace {

Result<> delete_of_scope(sqlite::Database& db, const char* sql, log::ScopeKey scope) {
  return db.prepare(sql).bind(0, scope.scope).run();
}

Result<> purge(Applying& a, const HeldScope& scope) {
  Work& work = a.work;
  SATCHEL_TRY(seal_scope(work, scope));
  SATCHEL_ASSIGN(const model::Version held, version_now(work.db, scope.key));
  SATCHEL_TRY(a.moved(scope.id, held, {}));  // for a form that stands open: the scope may be given again
  SATCHEL_TRY(delete_of_scope(work.db, "DELETE FROM outbox_records WHERE scope = ?", scope.key));
  SATCHEL_TRY(delete_of_scope(work.db, "DELETE FROM outbox WHERE scope = ?", scope.key));
  SATCHEL_TRY(delete_of_scope(work.db, "DELETE FROM overlay WHERE scope = ?", scope.key));
  SATCHEL_TRY(delete_of_scope(work.db, "DELETE FROM conflicts WHERE scope = ?", scope.key));
  SATCHEL_TRY(delete_of_scope(work.db, "DELETE FROM field_index WHERE scope = ?", scope.key));
  SATCHEL_TRY(delete_of_scope(work.db, "DELETE FROM record_index WHERE scope = ?", scope.key));
  SATCHEL_TRY(delete_of_scope(work.db, "DELETE FROM held_scopes WHERE scope = ?", scope.key));
  SATCHEL_TRY(note_anything_changed(work.db));  // before the others go: no number may come twice
  SATCHEL_TRY(delete_of_scope(work.db, "DELETE FROM changed_records WHERE scope = ?", scope.key));
  SATCHEL_TRY(forget_words(work.db, scope.key));
  SATCHEL_TRY(work.log.forget_scope(scope.key));
  sqlite::Statement& confirm = work.db.prepare("INSERT OR IGNORE INTO purged_scopes (id) VALUES (?)");
  SATCHEL_TRY(confirm.bind_blob(0, scope.id.view()).run());
  a.applied.purged.push_back(scope.id);
  a.applied.more = true;
  return {};
}

}  // namespace

Result<> purge_withdrawn(Applying& a) {
  SATCHEL_ASSIGN(const auto scopes, withdrawn_scopes(a.work.db));
  for (const auto& scope : scopes) {
    SATCHEL_ASSIGN(const uint64_t unsent, unsent_count(a.work.db, scope.key));
    if (unsent == 0) SATCHEL_TRY(purge(a, scope));
  }
  return {};
}

}  // namespace satchel::store

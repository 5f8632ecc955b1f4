#include "core/store/status.hpp"

#include "core/store/conflicts.hpp"
#include "core/store/held_scopes.hpp"
#include "core/store/outbox.hpp"
#include "core/store/seal.hpp"
#include "core/store/set_aside.hpp"

namespace satchel::store {
namespace {

Result<int64_t> oldest_unsent(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT coalesce(min(wall_ms), 0) FROM outbox WHERE state IN (0, 2)"));
  SATCHEL_TRY(q->step());
  return q->int64(0);
}

}  // namespace

Result<Status> read_status(sqlite::Database& db, const LastHeard& heard) {
  Status status;
  SATCHEL_ASSIGN(status.unsent, unsent_count(db));
  SATCHEL_ASSIGN(status.oldest_unsent_ms, oldest_unsent(db));
  SATCHEL_ASSIGN(status.set_aside, count_set_aside(db));
  SATCHEL_ASSIGN(const InboxCount inbox, total_conflicts(db));
  status.to_decide = static_cast<uint64_t>(inbox.decide);
  status.to_know = static_cast<uint64_t>(inbox.know);
  SATCHEL_ASSIGN(const ScopeCount scopes, count_scopes(db));
  status.scopes = scopes.all;
  status.scopes_incomplete = scopes.incomplete;
  status.scopes_unfit = scopes.unfit;
  SATCHEL_ASSIGN(StoreRow row, load_store_row(db));
  heard.add_to(row);
  status.last_sync_ms = row.heard.last_sync_ms;
  status.clock_skew_ms = row.heard.clock_skew_ms;
  status.organisation_key = !row.sealing_key.empty();
  SATCHEL_ASSIGN(const SealedCount sealed, sealed_count(db));
  status.sealed = sealed.all;
  status.sealed_to_send = sealed.to_send;
  return status;
}

Result<std::vector<ScopeInfo>> read_scopes(sqlite::Database& db) {
  std::vector<ScopeInfo> infos;
  SATCHEL_ASSIGN(const auto scopes, held_scopes(db));
  for (const auto& scope : scopes) {
    ScopeInfo info;
    info.id = scope.id;
    info.kind = scope.kind;
    info.role = scope.role;
    info.label = scope.label;
    info.parent = scope.parent;
    SATCHEL_ASSIGN(const log::ScopeState state, log::Log(db).scope(scope.key));
    info.position = state.head;
    info.head = scope.head;
    info.complete = scope.all_here();
    info.withdrawn = scope.withdrawn;
    info.unfit = scope.does_not_fit();
    info.keeps_history = state.keeps_older;
    info.history_from = state.older_from + 1;
    info.log_digest = state.log_digest;
    info.state_digest = state.state_digest;
    infos.push_back(std::move(info));
  }
  return infos;
}

}  // namespace satchel::store

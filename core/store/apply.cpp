#include "core/store/apply.hpp"

#include <algorithm>

#include "core/model/limits.hpp"
#include "core/store/applying.hpp"
#include "core/store/arrivals.hpp"
#include "core/store/fork.hpp"
#include "core/store/history.hpp"
#include "core/store/last_heard.hpp"
#include "core/store/overlay.hpp"
#include "core/store/own_ids.hpp"
#include "core/store/seal.hpp"
#include "core/store/set_aside.hpp"

namespace satchel::store {
namespace {

Result<> refresh_touched(Applying& a) {
  std::sort(a.touched.begin(), a.touched.end());
  a.touched.erase(std::unique(a.touched.begin(), a.touched.end()), a.touched.end());
  Refresher refresher(a.work);
  for (const auto& [scope, record] : a.touched) {
    SATCHEL_TRY(refresher.refresh(scope, record));
    a.applied.changed.push_back(record);
  }
  return {};
}

void hear(Work& work, int64_t server_ms) {
  if (server_ms <= 0) return;
  const int64_t wall = std::clamp(work.clock.wall_ms(), -model::limits::time_ms_most, model::limits::time_ms_most);
  work.row.heard = {std::max(work.row.heard.heard_ms, server_ms), server_ms, wall - server_ms};
}

Result<> confirm_purged(Applying& a) {
  for (const ScopeId& scope : a.request.purged) {
    SATCHEL_TRY(a.work.db.prepare("DELETE FROM purged_scopes WHERE id = ?").bind_blob(0, scope.view()).run());
  }
  return {};
}

// Of a scope whose cursor it heard and of which it sends nothing the centre holds no more than this store. What it had taken
// there and was to come with a page was lost in a restore.
Result<> settle_without_page(Applying& a) {
  if (a.response.more) return {};
  for (const proto::Cursor& cursor : a.request.cursors) {
    const auto of_scope = [&](const proto::Page& page) { return page.scope == cursor.scope; };
    if (std::any_of(a.response.pages.begin(), a.response.pages.end(), of_scope)) continue;
    SATCHEL_ASSIGN(const auto scope, find_held_scope(a.work.db, cursor.scope));
    if (!scope || scope->withdrawn || scope->restart || scope->snapshot) continue;
    SATCHEL_ASSIGN(const log::ScopeState state, a.work.log.scope(scope->key));
    SATCHEL_TRY(settle_accepted(a, *scope, state.head));
  }
  return {};
}

// The centre was put back to before something that it had taken and that nobody kept: what builds on it would wait for
// ever under this replica id.
Result<> give_up_missing(Applying& a) {
  for (auto missing = a.missing_own.begin(); missing != a.missing_own.end();) {
    const auto& [line, counter] = *missing;
    SATCHEL_ASSIGN(const HeldScope scope, held_scope(a.work.db, line.scope));
    SATCHEL_ASSIGN(const log::ScopeState state, a.work.log.scope(scope.key));
    SATCHEL_ASSIGN(const auto own, a.work.log.replica(scope.key, line.replica));
    const bool at_head = !scope.restart && !scope.snapshot && scope.complete && state.head == scope.head;
    // A page of this answer may have made an offer of it.
    SATCHEL_ASSIGN(const auto row, find_outbox(a.work.db, scope.key, line.replica, counter));
    SATCHEL_ASSIGN(const bool sealed, sealed_offers_of(a.work.db, scope.id));  // it may be among them
    const bool gone = at_head && !row && !sealed && (own ? own->counter : 0) < counter;
    if (gone) a.forked_at(line, counter);  // offers behind it cannot find their place either
    missing = gone ? std::next(missing) : a.missing_own.erase(missing);
  }
  return {};
}

// What waits here and was written upon words whose slot holds others now must not count as having seen those: one's own is
// issued again without them, what others wrote so is left to them, who do the same.
Result<> part_with_others(Applying& a) {
  if (a.taken_by_other.empty() && a.first_fork.empty()) return {};
  SATCHEL_ASSIGN(const auto scopes, held_scopes(a.work.db));
  for (const HeldScope& scope : scopes) {
    for (int64_t after = INT64_MIN;;) {
      SATCHEL_ASSIGN(const auto rows, outbox_rows(a.work.db, scope.key, after, 256));
      if (rows.empty()) break;
      after = rows.back().place;
      for (const OutboxRow& row : rows) {
        if (!a.builds_on_other(scope.key, row.base)) continue;
        SATCHEL_ASSIGN(const bool own, is_own(a.work, scope.id, row.id.replica));
        if (own) {
          a.forked_at({scope.key, row.id.replica}, row.id.counter);
        } else {
          a.other_holds({scope.key, row.id.replica}, row.id.counter);
          SATCHEL_TRY(set_aside_row(a.work, row, "It builds on something that the central store lost.", a.touched));
        }
      }
    }
  }
  return {};
}

// A page that does not fit takes nothing else of the answer with it.
Result<> apply_page_apart(Applying& a, const proto::Page& page) {
  const Findings before = a;
  std::optional<Error> misfit;
  {
    SATCHEL_ASSIGN(auto apart, sqlite::Transaction::begin(a.work.db, sqlite::Transaction::Kind::write));
    const auto applied = apply_page(a, page);
    if (applied.ok()) return apart.commit();
    if (applied.error().code != Code::protocol) return applied;
    misfit = applied.error();
  }
  static_cast<Findings&>(a) = before;
  return page_did_not_fit(a, page.scope, *misfit);
}

}  // namespace

Result<> Applying::moved(const ScopeId& scope, const model::Version& before, const model::Version& after) {
  model::Version either = before;
  either.join(after);
  for (const auto& [replica, counter] : either.entries()) {
    if (before[replica] == after[replica]) continue;
    if (!seq_begun) SATCHEL_TRY(next_seq(work));
    seq_begun = true;
    SATCHEL_TRY(note_arrival(work, scope, replica, before[replica]));
  }
  return {};
}

bool says_only_the_time(const proto::SyncResponse& response, const proto::SyncRequest& request) {
  return response.verdicts.empty() && response.pages.empty() && response.grants.empty() &&
         response.sealing_key.empty() && response.sealed.empty() && response.sealed_verdicts.empty() &&
         response.older.empty() && response.content_wanted.empty() && !response.more && !response.send_all_cursors &&
         request.purged.empty();
}

Result<std::optional<Applied>> only_hear(Work& work, const proto::SyncResponse& response) {
  if (response.grants_version != work.row.grants_version) return std::optional<Applied>();
  SATCHEL_ASSIGN(const StoreRow written, load_store_row(work.db));
  const int64_t unwritten_ms = response.server_ms - written.heard.last_sync_ms;
  if (unwritten_ms < 0 || unwritten_ms > LastHeard::unwritten_ms_most) return std::optional<Applied>();
  SATCHEL_ASSIGN(const auto leaving, withdrawn_scopes(work.db));
  if (!leaving.empty()) return std::optional<Applied>();
  SATCHEL_ASSIGN(const bool page_to_come, any_accepted(work.db));  // then to send none says something: settle_without_page()
  if (page_to_come) return std::optional<Applied>();
  hear(work, response.server_ms);
  Applied applied;
  SATCHEL_ASSIGN(const uint64_t unsent, unsent_count(work.db));
  applied.pushed_all = unsent == 0;
  return std::optional(std::move(applied));
}

Result<Applied> apply_response(Work& work, const proto::SyncResponse& response, const proto::SyncRequest& request) {
  Applying a(work, response, request);
  hear(work, response.server_ms);
  SATCHEL_TRY(confirm_purged(a));
  SATCHEL_TRY(apply_verdicts(a));
  SATCHEL_TRY(apply_grants(a));
  for (const auto& page : response.pages) SATCHEL_TRY(apply_page_apart(a, page));
  SATCHEL_TRY(settle_without_page(a));
  SATCHEL_TRY(apply_sealed(a));
  SATCHEL_TRY(apply_history(a));
  SATCHEL_ASSIGN(const bool wanted, want_set_aside(work.db, response.content_wanted));
  a.applied.more = a.applied.more || wanted;
  SATCHEL_TRY(give_up_missing(a));
  SATCHEL_TRY(part_with_others(a));
  SATCHEL_TRY(cure_forks(a));
  SATCHEL_TRY(refresh_touched(a));
  SATCHEL_TRY(purge_withdrawn(a));
  SATCHEL_TRY(save_store_row(work.db, work.row));
  SATCHEL_ASSIGN(const uint64_t unsent, unsent_count(work.db));
  a.applied.pushed_all = unsent == 0;
  const bool settled = a.applied.accepted + a.applied.quarantined > 0;
  // Where a page does not fit, asking at once again is only worth it when something else came.
  const bool fetched = a.applied.entries + a.applied.snapshot_records > 0;
  const bool more_to_fetch = response.more && (!a.gave_up || fetched);
  a.applied.more = a.applied.more || more_to_fetch || a.applied.forked || (unsent > 0 && settled);
  return std::move(a.applied);
}

}  // namespace satchel::store

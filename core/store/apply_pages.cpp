// A page of one scope: go back after a restore, take a part of a snapshot, append entries, compare digests.
#include <algorithm>

#include "core/log/appender.hpp"
#include "core/store/applying.hpp"
#include "core/store/arrivals.hpp"
#include "core/store/field_index.hpp"
#include "core/store/own_ids.hpp"
#include "core/store/rewind.hpp"
#include "core/store/set_aside.hpp"

namespace satchel::store {
namespace {

Error wrong_page(std::string message) { return make_error(Code::protocol, std::move(message), "pages"); }

// What is kept above the snapshot may be all that is left of it anywhere: it is offered before it is fetched anew. The
// centre answers what it holds as a repeat.
Result<> begin_again(Applying& a, HeldScope& scope) {
  SATCHEL_ASSIGN(const log::ScopeState state, a.work.log.scope(scope.key));
  const bool under_way = scope.snapshot || scope.restart;  // then nothing of the log is left to offer
  if (!under_way) SATCHEL_TRY(rewind_scope(a, scope, state.snapshot_position));
  SATCHEL_ASSIGN(const OwnCounter own, own_counter(a.work.db, scope.id, a.work.row.replica));
  scope.restart = true;
  scope.snapshot.reset();
  scope.own_floor = own.counter;
  a.applied.more = true;
  return {};
}

// ---- history

Result<> take_epochs(Applying& a, HeldScope& scope, const proto::Page& page) {
  scope.send_history = page.send_history;
  if (page.send_history) {  // the centre's epoch is none of this history until both know where they part
    a.applied.more = true;
    return {};
  }
  if (!page.history.empty()) return a.work.log.set_history(scope.key, page.history);
  if (page.epoch.is_nil()) return {};
  return a.work.log.begin_epoch(scope.key, page.epoch);
}

// ---- snapshot

bool has_snapshot(const proto::Page& page) { return page.snapshot_last || !page.snapshot.empty(); }

// The centre sends a snapshot to whom holds nothing. Where something is held here, another answer overtook this one, or
// it is of a request that did not name the scope, which was withdrawn then and is given again. It says nothing about what
// is held, which may be all that is left of it: the next request names it.
Result<bool> is_for_another(Applying& a, const HeldScope& scope, const proto::Page& page) {
  if (!has_snapshot(page) || scope.restart || scope.snapshot) return false;
  SATCHEL_ASSIGN(const log::ScopeState state, a.work.log.scope(scope.key));
  return state.head > 0;
}

Result<> begin_snapshot(Applying& a, HeldScope& scope, const proto::Page& page, uint64_t head) {
  SATCHEL_ASSIGN(const auto records, indexed_records(a.work.db, scope.key));
  a.touch(scope.key, records);
  if (head > 0) {
    SATCHEL_ASSIGN(const OwnCounter own, own_counter(a.work.db, scope.id, a.work.row.replica));
    scope.own_floor = own.counter;
  }
  scope.restart = false;
  scope.complete = false;
  scope.snapshot = proto::SnapshotProgress{page.snapshot_position, {}};
  scope.snapshot_version = page.snapshot_version;
  return a.work.log.begin_snapshot(scope.key, page.snapshot_position);
}

// An own counter that this file never used: it was put back to an earlier day, or another life of it goes on elsewhere. It
// is used now, whoever did it: what is written on under that id stands behind it.
Result<> note_used(Applying& a, const HeldScope& scope, const ReplicaId& replica, const OwnCounter& there) {
  SATCHEL_ASSIGN(const bool own, is_own(a.work, scope.id, replica));
  if (!own) return {};
  SATCHEL_ASSIGN(const OwnCounter used, own_counter(a.work.db, scope.id, replica));
  if (there.counter <= used.counter) return {};
  a.wrote_twice = a.wrote_twice || replica == a.work.row.replica;
  return set_own_counter(a.work.db, scope.id, replica, there);
}

Result<> apply_snapshot(Applying& a, HeldScope& scope, const proto::Page& page) {
  if (!has_snapshot(page)) return {};
  SATCHEL_ASSIGN(const log::ScopeState state, a.work.log.scope(scope.key));
  if (scope.restart || !scope.snapshot || scope.snapshot->position != page.snapshot_position) {
    SATCHEL_TRY(begin_snapshot(a, scope, page, state.head));
  }
  std::vector<proto::SnapshotRecord> fresh;
  for (const auto& record : page.snapshot) {
    const bool have = !scope.snapshot->after.collection.empty() && record.key <= scope.snapshot->after;
    if (have) continue;
    fresh.push_back(record);
    a.touched.emplace_back(scope.key, record.key);
  }
  SATCHEL_TRY(a.work.log.add_snapshot_records(scope.key, fresh));
  a.applied.snapshot_records += fresh.size();
  if (!fresh.empty()) scope.snapshot->after = fresh.back().key;
  if (!page.snapshot_last) {
    a.applied.more = true;
    return {};
  }
  SATCHEL_TRY(a.work.log.finish_snapshot(scope.key, page.snapshot_position, page.replicas, page.log_digest));
  scope.snapshot.reset();
  scope.snapshot_version = {};
  for (const auto& tail : page.replicas) SATCHEL_TRY(note_used(a, scope, tail.replica, {tail.counter, tail.base}));
  for (const auto& id : page.released) {  // a colleague's words that are set aside here may be others under the same id
    SATCHEL_ASSIGN(const bool own, is_own(a.work, scope.id, id.replica));
    if (own) SATCHEL_TRY(forget_set_aside(a.work.db, id));
  }
  // What the snapshot holds of the outbox is no longer laid over it.
  SATCHEL_ASSIGN(const auto rows, outbox_rows(a.work.db, scope.key, INT64_MIN, SIZE_MAX >> 1));
  for (const auto& row : rows) {
    SATCHEL_ASSIGN(const auto records, records_of(a.work.db, row.place));
    a.touch(scope.key, records);
  }
  return {};
}

// ---- entries

enum class Next { go_on, stop };

class Entries {
 public:
  Entries(Applying& a, HeldScope& scope, log::Appender& appender) : a_(a), scope_(scope), appender_(appender) {}

  Result<Next> apply(const model::Entry& entry) {
    if (entry.position <= appender_.scope().head) return Next::go_on;  // have it
    if (entry.position != appender_.scope().head + 1) return wrong_page("A page leaves out a position.");
    if (entry.id.scope != scope_.id) return wrong_page("A page holds an entry of another scope.");
    SATCHEL_ASSIGN(auto row, find_outbox(a_.work.db, scope_.key, entry.id.replica, entry.id.counter));
    SATCHEL_ASSIGN(const bool own, is_own(a_.work, scope_.id, entry.id.replica));
    // A slot that was given up has no hash.
    if (row && entry.slot != model::Slot::lost && row->hash != entry.hash) {
      if (own) return twice(entry);
      a_.other_holds({scope_.key, entry.id.replica}, entry.id.counter);
      SATCHEL_TRY(set_aside_row(a_.work, *row, "The central store holds something else in its place.", a_.touched));
      row.reset();
    }
    if (entry.slot != model::Slot::content) return empty_slot(entry, row);
    return content(entry, row, own);
  }

 private:
  Next twice(const model::Entry& entry) {
    a_.forked_at({scope_.key, entry.id.replica}, entry.id.counter);
    a_.applied.more = true;
    return Next::stop;
  }

  Result<Next> empty_slot(const model::Entry& entry, const std::optional<OutboxRow>& row) {
    SATCHEL_TRY(appender_.append(entry, nullptr));
    SATCHEL_TRY(note_used(a_, scope_, entry.id.replica, {entry.id.counter, entry.base}));
    ++a_.applied.entries;
    if (!row) return Next::go_on;
    if (row->slot != model::Slot::content) {
      SATCHEL_TRY(delete_outbox(a_.work.db, row->place));
      return Next::go_on;
    }
    std::string reason = entry.reason;
    if (reason.empty() && entry.slot == model::Slot::lost) reason = "The central store gave up waiting for this.";
    if (reason.empty()) reason = "The central store did not accept this.";
    ++a_.applied.quarantined;
    SATCHEL_TRY(set_aside_row(a_.work, *row, reason, a_.touched));
    return Next::go_on;
  }

  Result<Next> content(const model::Entry& entry, const std::optional<OutboxRow>& row, bool own) {
    model::Entry full = entry;
    if (full.bytes.empty() && row) full.bytes = row->bytes;
    if (full.bytes.empty()) return ask_for_bytes(entry.id.replica, own);
    SATCHEL_ASSIGN(auto decoded, proto::decode_transaction(a_.work.row.organisation, full.bytes));
    if (decoded.hash != entry.hash || decoded.transaction.header.id != entry.id) {
      return wrong_page("A transaction of a page does not match its hash.");
    }
    SATCHEL_ASSIGN(const log::ReplicaState* before, appender_.replica(entry.id.replica));
    SATCHEL_TRY(decoded.complete(before == nullptr ? model::Version{} : before->base));
    full.base = decoded.transaction.header.base;
    SATCHEL_ASSIGN(const log::Touched touched, appender_.append(full, &decoded));
    SATCHEL_TRY(note_used(a_, scope_, entry.id.replica, {entry.id.counter, full.base}));
    a_.touch(scope_.key, touched.records);
    ++a_.applied.entries;
    // Only the centre releases: anybody else's word about a set-aside transaction counts for nothing.
    const model::Header& header = decoded.transaction.header;
    if (header.origin && !header.origin->late && header.author == model::Author::centre) {
      SATCHEL_TRY(forget_released(a_.work, decoded.transaction));
    }
    if (!own) SATCHEL_TRY(forget_what_stands_again(a_.work, decoded.transaction));
    if (!row) return Next::go_on;
    if (row->state == OutboxState::unsent) ++a_.applied.accepted;  // the answer to its push was lost
    SATCHEL_ASSIGN(const auto records, records_of(a_.work.db, row->place));
    a_.touch(scope_.key, records);
    SATCHEL_TRY(delete_outbox(a_.work.db, row->place));
    return Next::go_on;
  }

  // The centre took this file for one that still has the transaction.
  Result<Next> ask_for_bytes(const ReplicaId& replica, bool own) {
    SATCHEL_ASSIGN(const OwnCounter used, own_counter(a_.work.db, scope_.id, replica));
    const bool former = own && replica != a_.work.row.replica;  // asked for under a name that was given up since
    if (!own || (!former && scope_.own_floor != 0 && scope_.own_floor == used.counter)) {
      return wrong_page("A page lacks the content of a transaction.");
    }
    if (!former) scope_.own_floor = used.counter;
    a_.applied.more = true;
    return Next::stop;
  }

  Applying& a_;
  HeldScope& scope_;
  log::Appender& appender_;
};

Result<> apply_entries(Applying& a, HeldScope& scope, const proto::Page& page) {
  if (page.entries.empty() || scope.snapshot || scope.restart) return {};
  SATCHEL_ASSIGN(auto appender, log::Appender::open(a.work.db, scope.key));
  Entries entries(a, scope, appender);
  for (const auto& entry : page.entries) {
    SATCHEL_ASSIGN(const Next next, entries.apply(entry));
    if (next == Next::stop) break;
  }
  return appender.flush();
}

// ---- the end of a page

Result<> compare_digests(Applying& a, HeldScope& scope, const proto::Page& page, const log::ScopeState& state) {
  if (state.head != page.head) return {};
  const bool same = (!page.head_log_digest || *page.head_log_digest == state.log_digest) &&
                    (!page.head_state_digest || *page.head_state_digest == state.state_digest);
  if (same) return {};
  a.work.logger.log(LogLevel::error, "digests_differ",
                    {{"scope", scope.id.text()}, {"position", std::to_string(page.head)}});
  if (scope.restarted_at == page.head) {
    a.note("This tablet and the central store still differ in one place. Please tell your support team.");
    return {};
  }
  scope.restarted_at = page.head;
  a.note("This tablet and the central store differed in one place. It is fetched again.");
  return begin_again(a, scope);
}

Result<> finish_page(Applying& a, HeldScope& scope, const proto::Page& page) {
  // Until both know where their histories part, the centre's positions say nothing about the entries here.
  if (page.send_history) return {};
  scope.head = page.head;
  if (scope.snapshot || scope.restart) return {};
  SATCHEL_ASSIGN(log::ScopeState state, a.work.log.scope(scope.key));
  if (state.head == page.head) {
    scope.complete = true;
    scope.unfit = 0;
  }
  SATCHEL_TRY(compare_digests(a, scope, page, state));
  SATCHEL_TRY(settle_accepted(a, scope, page.head));
  if (page.kept_to == 0) return {};
  SATCHEL_TRY(a.work.log.set_kept_to(scope.key, std::min(page.kept_to, state.head)));
  return a.work.log.fold_away(scope.key, std::min(page.kept_to, state.head));
}

}  // namespace

Result<> page_did_not_fit(Applying& a, const ScopeId& id, const Error& why) {
  SATCHEL_ASSIGN(auto scope, find_held_scope(a.work.db, id));
  if (!scope) return {};
  a.work.logger.log(LogLevel::error, "page_does_not_fit", {{"scope", id.text()}, {"why", why.message}});
  const bool more = a.applied.more;
  const bool again = scope->unfit > 0;
  if (!again) {
    a.note("What came for one place does not fit together. It is fetched again.");
  } else if (scope->unfit == 1) {
    a.note("What comes for one place does not fit together, also when it is fetched again. Please tell your support "
           "team. Everything else goes on.");
  }
  SATCHEL_TRY(begin_again(a, *scope));
  if (again) {
    a.applied.more = more;
    a.gave_up = true;
  }
  scope->unfit = again ? 2 : 1;
  return update_held_scope(a.work.db, *scope);
}

Result<> settle_accepted(Applying& a, const HeldScope& scope, uint64_t centre_head) {
  SATCHEL_ASSIGN(const auto places, outbox_places(a.work.db, scope.key, OutboxState::accepted));
  if (places.empty()) return {};
  SATCHEL_ASSIGN(const model::Version version, a.work.log.version(scope.key));
  SATCHEL_ASSIGN(const log::ScopeState state, a.work.log.scope(scope.key));
  for (const int64_t place : places) {
    SATCHEL_ASSIGN(auto row, outbox_at(a.work.db, place));
    if (!row) continue;
    SATCHEL_ASSIGN(const auto records, records_of(a.work.db, place));
    if (version.includes(row->id.replica, row->id.counter)) {
      a.touch(scope.key, records);
      SATCHEL_TRY(delete_outbox(a.work.db, place));
    } else if (row->position <= state.head || row->position > centre_head) {
      // The centre does not hold it where it said: it was restored from before. Its envelope proves that.
      row->state = OutboxState::offer;
      row->position = 0;
      a.applied.more = true;
      SATCHEL_TRY(update_outbox(a.work.db, *row));
    }
  }
  return {};
}

Result<> apply_page(Applying& a, const proto::Page& page) {
  SATCHEL_ASSIGN(auto found, find_held_scope(a.work.db, page.scope));
  if (!found) return {};
  HeldScope scope = std::move(*found);
  SATCHEL_ASSIGN(const bool strange, is_for_another(a, scope, page));
  if (strange) return {};
  SATCHEL_ASSIGN(const model::Version before, version_now(a.work.db, scope.key));
  if (page.rewind_to) {
    SATCHEL_ASSIGN(const log::ScopeState state, a.work.log.scope(scope.key));
    SATCHEL_ASSIGN(const bool went_back, rewind_scope(a, scope, *page.rewind_to));
    if (went_back && state.head > *page.rewind_to) {
      a.note("The central store was put back to an earlier time. This tablet gives it back what is missing.");
    }
    if (!went_back) {
      a.note("The central store was put back to a time that this tablet no longer keeps. It is fetched again.");
      SATCHEL_TRY(begin_again(a, scope));
    }
  }
  if (page.restart) {
    a.note("The central store asked to fetch one place again.");
    SATCHEL_TRY(begin_again(a, scope));
  }
  SATCHEL_TRY(take_epochs(a, scope, page));
  SATCHEL_TRY(apply_snapshot(a, scope, page));
  SATCHEL_TRY(apply_entries(a, scope, page));
  SATCHEL_TRY(finish_page(a, scope, page));
  SATCHEL_ASSIGN(const model::Version after, version_now(a.work.db, scope.key));
  SATCHEL_TRY(a.moved(scope.id, before, after));
  return update_held_scope(a.work.db, scope);
}

}  // namespace satchel::store

// The cure for a copied or rolled-back store (DESIGN §2.5): a new replica id, and everything without a verdict issued
// again under it. Runs after all verdicts of the answer, so that what the centre does hold is not written twice.
#include "core/store/fork.hpp"

#include <algorithm>

#include "core/store/applying.hpp"
#include "core/store/arrivals.hpp"
#include "core/store/set_aside.hpp"

namespace satchel::store {
namespace {

// How counters of the old id read under the new one.
struct Renumbering {
  ReplicaId from, to;
  uint64_t at_centre = 0;          // counters of the old id up to here keep their name
  std::vector<uint64_t> reissued;  // old counters, ascending; the n-th becomes n

  void apply(model::Version& version) const {
    const uint64_t old = version[from];
    const auto below = std::upper_bound(reissued.begin(), reissued.end(), old) - reissued.begin();
    version.set(from, std::min(old, at_centre));
    version.set(to, static_cast<uint64_t>(below));
  }
};

Result<> reissue(Applying& a, const HeldScope& scope, OutboxRow row, Renumbering& numbers) {
  Work& work = a.work;
  SATCHEL_ASSIGN(const auto decoded, decode_row(work.row.organisation, row));
  const auto records = touched_records(decoded.transaction.ops);
  model::Transaction transaction = decoded.transaction;
  model::Header& header = transaction.header;
  numbers.apply(header.base);
  numbers.apply(header.shown);
  numbers.reissued.push_back(row.id.counter);
  header.id.replica = numbers.to;
  header.id.counter = numbers.reissued.size();
  header.verdicts_known = 0;
  if (!scope.opened) header.opening.reset();
  SATCHEL_ASSIGN(const OwnCounter previous, own_counter(work.db, scope.id, numbers.to));
  // A later one is never based on less: what its predecessor had is its past.
  header.base.join(previous.base);
  header.base.set(numbers.to, header.id.counter - 1);
  header.shown.meet(header.base);
  SATCHEL_ASSIGN(auto encoded,
                 proto::encode_transaction(work.row.organisation, transaction, previous.base, work.random));
  SATCHEL_TRY(delete_outbox(work.db, row.place));
  row.id = header.id;
  row.state = OutboxState::unsent;
  row.position = 0;
  row.envelope = {};
  row.base = header.base;
  row.hash = encoded.hash;
  row.bytes = std::move(encoded.bytes);
  row.verdicts_known = 0;
  SATCHEL_TRY(insert_outbox(work.db, row, records));
  a.touch(scope.key, records);
  return set_own_counter(work.db, scope.id, numbers.to, {header.id.counter, header.base});
}

// Rows to be issued again, in causal order: those without a verdict; and from a fork on those, too, that the centre had
// taken before it was restored, since the other copy now has their place.
Result<std::vector<OutboxRow>> rows_to_reissue(Applying& a, log::ScopeKey scope, const ReplicaId& from) {
  const auto fork = a.first_fork.find(scope);
  std::vector<OutboxRow> rows;
  int64_t after = INT64_MIN;
  for (;;) {
    SATCHEL_ASSIGN(auto page, outbox_rows(a.work.db, scope, after, 256));
    if (page.empty()) return rows;
    after = page.back().place;
    for (auto& row : page) {
      const bool lost_its_place = fork != a.first_fork.end() && row.id.counter >= fork->second;
      if (row.id.replica != from || (row.state != OutboxState::unsent && !lost_its_place)) continue;
      rows.push_back(std::move(row));
    }
  }
}

Result<> reissue_scope(Applying& a, HeldScope scope, const ReplicaId& from, const ReplicaId& to, uint64_t& count) {
  Work& work = a.work;
  Renumbering numbers{from, to, 0, {}};
  SATCHEL_ASSIGN(auto rows, rows_to_reissue(a, scope.key, from));
  if (!rows.empty()) {
    const auto lost = a.missing_own.find(scope.key);
    numbers.at_centre = (lost == a.missing_own.end() ? rows.front().id.counter : lost->second) - 1;
  }
  for (auto& row : rows) {
    if (row.slot != model::Slot::content) {
      SATCHEL_TRY(delete_outbox(work.db, row.place));  // a refused one: its content is set aside already
      continue;
    }
    if (row.waiting) {
      SATCHEL_TRY(set_aside_row(work, row, "It builds on something that was not accepted.", a.touched));
      continue;
    }
    SATCHEL_TRY(reissue(a, scope, std::move(row), numbers));
    ++count;
  }
  if (numbers.at_centre != 0 || !numbers.reissued.empty()) {
    // No read token may claim to have seen what the other copy wrote under the old id.
    sqlite::Statement& q =
        work.db.prepare("UPDATE arrivals SET counter_before = min(counter_before, ?) WHERE scope = ? AND replica = ?");
    q.bind(0, number(numbers.at_centre)).bind(1, scope.key.scope).bind_blob(2, from.view());
    SATCHEL_TRY(q.run());
    SATCHEL_TRY(note_arrival(work, scope.key, to, 0));
  }
  SATCHEL_ASSIGN(scope, held_scope(work.db, scope.key));
  scope.own_floor = 0;  // nothing of the new id was ever purged
  return update_held_scope(work.db, scope);
}

}  // namespace

void draw_replica(Work& work) {
  work.row.replica = ReplicaId{random_128(work.random)};
  work.row.secret.assign(32, '\0');
  work.random.fill(work.row.secret.data(), work.row.secret.size());
  work.row.grants_version = 0;
}

Result<> take_new_replica(Applying& a) {
  const ReplicaId from = a.work.row.replica;
  draw_replica(a.work);
  if (!a.seq_begun) SATCHEL_TRY(next_seq(a.work));
  a.seq_begun = true;
  uint64_t count = 0;
  SATCHEL_ASSIGN(const auto scopes, held_scopes(a.work.db));
  for (const auto& scope : scopes) SATCHEL_TRY(reissue_scope(a, scope, from, a.work.row.replica, count));
  a.applied.forked = true;
  a.applied.more = true;
  const std::string cause = a.missing_own.empty()
                                ? "This tablet's store was copied, or put back from an old copy."
                                : "The central store was put back to an earlier time and misses what came before.";
  a.note(cause + " This tablet now has a new name; " + std::to_string(count) +
         (count == 1 ? " change is" : " changes are") + " sent again under it.");
  a.work.logger.log(LogLevel::warning, "replica_replaced",
                    {{"from", from.text()}, {"to", a.work.row.replica.text()}, {"reissued", std::to_string(count)}});
  return {};
}

}  // namespace satchel::store

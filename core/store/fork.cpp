#include "core/store/fork.hpp"

#include <algorithm>

#include "core/base/hash.hpp"
#include "core/store/arrivals.hpp"
#include "core/store/set_aside.hpp"

namespace satchel::store {
namespace {

// Salts that follow from the transaction that is issued again. Nobody can guess them: its hash covers the old ones.
class SaltsOf final : public Random {
 public:
  explicit SaltsOf(const Hash256& hash) : hash_(hash) {}
  void fill(void* out, size_t size) override {
    auto* to = static_cast<char*>(out);
    while (size > 0) {
      const Hash256 block = Hasher("satchel.reissue.salts").part(hash_.view()).number(blocks_++).finish();
      const size_t take = std::min(size, block.view().size());
      std::copy_n(block.view().data(), take, to);
      to += take;
      size -= take;
    }
  }

 private:
  const Hash256 hash_;
  uint64_t blocks_ = 0;
};

// One scope, from the first counter under which the centre holds something else.
class Reissue {
 public:
  Reissue(Applying& a, HeldScope scope, const ReplicaId& from, uint64_t first)
      : a_(a), work_(a.work), scope_(std::move(scope)), from_(from), first_(first) {}

  // How many were issued again.
  Result<uint64_t> run() {
    SATCHEL_ASSIGN(auto rows, rows_from_first());
    if (!rows.empty()) {
      to_ = successor(rows.front());
      SATCHEL_ASSIGN(const OwnCounter used, own_counter(work_.db, scope_.id, to_));
      before_ = used.counter;
    }
    for (auto& row : rows) SATCHEL_TRY(settle(std::move(row)));
    SATCHEL_TRY(correct_tokens());
    return issued_.size();
  }

 private:
  // Without a verdict; and those, too, that the centre had taken before it was restored: the other copy has their place.
  Result<std::vector<OutboxRow>> rows_from_first() {
    std::vector<OutboxRow> found;
    for (int64_t after = INT64_MIN;;) {
      SATCHEL_ASSIGN(auto page, outbox_rows(work_.db, scope_.key, after, 256));
      if (page.empty()) return found;
      after = page.back().place;
      for (auto& row : page) {
        if (row.id.replica == from_ && row.id.counter >= first_) found.push_back(std::move(row));
      }
    }
  }

  ReplicaId successor(const OutboxRow& row) const {
    const Hash256 name =
        Hasher("satchel.reissue").part(scope_.id.view()).part(from_.view()).part(row.hash.view()).finish();
    return *ReplicaId::from_bytes(name.view().substr(0, 16));
  }

  Result<> settle(OutboxRow row) {
    if (row.slot != model::Slot::content) return delete_outbox(work_.db, row.place);  // its content is set aside already
    if (row.waiting) return put_aside(row, "It builds on something that was not accepted.");
    auto decoded = decode_row(work_.row.organisation, row);
    if (!decoded.ok()) return put_aside(row, damaged_words);
    SATCHEL_ASSIGN(const OwnCounter previous, own_counter(work_.db, scope_.id, to_));
    model::Transaction transaction = std::move(decoded->transaction);
    rename(transaction.header, previous);
    SaltsOf salts(row.hash);
    auto encoded = proto::encode_transaction(work_.row.organisation, transaction, previous.base, salts);
    if (!encoded.ok() && encoded.error().code == Code::limit) {
      return put_aside(row, "This tablet's store was copied, and this is too large to be sent again under a new name.");
    }
    if (!encoded.ok()) return encoded.error();
    return replace(std::move(row), transaction, std::move(*encoded));
  }

  void rename(model::Header& header, const OwnCounter& previous) {
    header.id.replica = to_;
    header.id.counter = previous.counter + 1;
    header.verdicts_known = 0;
    header.opening.reset();  // the centre holds something in the scope: it is open
    for (model::Version* version : {&header.base, &header.shown}) {
      rename(*version);
      lower(*version);
    }
    // A later one is never based on less: what its predecessor had is its past.
    header.base.join(previous.base);
    header.base.set(to_, previous.counter);
    header.shown.meet(header.base);
  }

  // How counters of the old id read under the new one.
  void rename(model::Version& version) const {
    const uint64_t old = version[from_];
    if (old < first_) return;
    const auto below = std::upper_bound(issued_.begin(), issued_.end(), old) - issued_.begin();
    version.set(from_, first_ - 1);
    if (below > 0) version.raise(to_, before_ + static_cast<uint64_t>(below));
  }

  // Slots of other lines in which the centre holds other content than this was written upon.
  void lower(model::Version& version) const {
    for (const auto* lines : {&a_.taken_by_other, &a_.first_fork}) {
      for (const auto& [line, counter] : *lines) {
        const bool here = line.scope == scope_.key && line.replica != to_ && line.replica != from_;
        if (here && version[line.replica] >= counter) version.set(line.replica, counter - 1);
      }
    }
  }

  Result<> replace(OutboxRow row, const model::Transaction& transaction, proto::EncodedTransaction encoded) {
    issued_.push_back(row.id.counter);
    SATCHEL_TRY(delete_outbox(work_.db, row.place));
    row.id = transaction.header.id;
    row.state = OutboxState::unsent;
    row.position = 0;
    row.envelope = {};
    row.base = transaction.header.base;
    row.hash = encoded.hash;
    row.bytes = std::move(encoded.bytes);
    row.verdicts_known = 0;
    const auto records = touched_records(transaction.ops);
    SATCHEL_TRY(insert_outbox(work_.db, row, records));
    a_.touch(scope_.key, records);
    return set_own_counter(work_.db, scope_.id, to_, {row.id.counter, row.base});
  }

  Result<> put_aside(const OutboxRow& row, std::string_view reason) {
    return put_aside_alone(work_, row, reason, a_.touched);
  }

  // No read token may claim to have seen what the other copy wrote under the old id.
  Result<> correct_tokens() {
    SATCHEL_TRY(lower_arrivals(work_, scope_.id, from_, first_ - 1));
    if (issued_.empty()) return {};
    return note_arrival(work_, scope_.id, to_, before_);
  }

  Applying& a_;
  Work& work_;
  const HeldScope scope_;
  const ReplicaId from_;
  const uint64_t first_;
  ReplicaId to_;
  uint64_t before_ = 0;           // counter of to_ that was used before
  std::vector<uint64_t> issued_;  // old counters, ascending
};

}  // namespace

void draw_replica(Work& work) {
  work.row.replica = ReplicaId{random_128(work.random)};
  work.row.secret.assign(32, '\0');
  work.random.fill(work.row.secret.data(), work.row.secret.size());
  work.row.grants_version = 0;
}

Result<> take_new_name(Work& work) {
  const ReplicaId from = work.row.replica;
  draw_replica(work);
  work.logger.log(LogLevel::warning, "replica_replaced", {{"from", from.text()}, {"to", work.row.replica.text()}});
  return work.db.prepare("UPDATE held_scopes SET own_floor = 0").run();
}

// No read token may claim to have seen what stands now where others' words stood.
Result<> correct_tokens(Applying& a) {
  for (const auto& [line, counter] : a.taken_by_other) {
    SATCHEL_ASSIGN(const HeldScope scope, held_scope(a.work.db, line.scope));
    SATCHEL_TRY(lower_arrivals(a.work, scope.id, line.replica, counter - 1));
  }
  return {};
}

Result<> cure_forks(Applying& a) {
  SATCHEL_TRY(correct_tokens(a));
  if (a.first_fork.empty() && !a.wrote_twice) return {};
  if (!a.seq_begun) SATCHEL_TRY(next_seq(a.work));
  a.seq_begun = true;
  a.applied.more = true;
  uint64_t count = 0;
  for (const auto& [line, first] : a.first_fork) {
    SATCHEL_ASSIGN(HeldScope scope, held_scope(a.work.db, line.scope));
    SATCHEL_ASSIGN(const uint64_t issued, Reissue(a, std::move(scope), line.replica, first).run());
    count += issued;
  }
  if (a.wrote_twice) {
    SATCHEL_TRY(take_new_name(a.work));
    a.applied.forked = true;
  }
  std::string words = a.missing_own.empty()
                          ? "This tablet's store was copied, or put back from an old copy."
                          : "The central store misses something that this tablet wrote before.";
  if (a.wrote_twice) words += " This tablet now has a new name.";
  if (count > 0) words += " " + std::to_string(count) + (count == 1 ? " change is" : " changes are") + " sent again.";
  a.note(std::move(words));
  a.work.logger.log(LogLevel::warning, "issued_again", {{"count", std::to_string(count)}});
  return {};
}

}  // namespace satchel::store

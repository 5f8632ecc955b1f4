#include "core/store/outbox.hpp"

#include <algorithm>

namespace satchel::store {
namespace {

Result<OutboxRow> read_outbox_row(const sqlite::Statement& q) {
  OutboxRow row;
  row.place = q.int64(0);
  row.scope.scope = q.int64(1);
  SATCHEL_ASSIGN(row.id.scope, id_column<ScopeId>(q, 2, "held_scopes.id"));
  SATCHEL_ASSIGN(row.id.replica, id_column<ReplicaId>(q, 3, "outbox.replica"));
  row.id.counter = static_cast<uint64_t>(q.int64(4));
  row.state = static_cast<OutboxState>(q.int64(5));
  row.slot = static_cast<model::Slot>(q.int64(6));
  row.waiting = q.int64(7) != 0;
  row.urgent = q.int64(8) != 0;
  if (!Hash256::from_bytes(q.blob(9), row.hash))
    return make_error(Code::corrupt, "A hash is cut short.", "outbox.hash");
  SATCHEL_ASSIGN(row.base, proto::decode_version(q.blob(10)));
  row.bytes = q.blob(11);
  row.wall_ms = q.int64(12);
  row.ord = static_cast<uint64_t>(q.int64(13));
  row.verdicts_known = static_cast<uint64_t>(q.int64(14));
  row.position = static_cast<uint64_t>(q.int64(15));
  SATCHEL_ASSIGN(row.envelope.epoch, id_column<EpochId>(q, 16, "outbox.epoch"));
  row.envelope.position = static_cast<uint64_t>(q.int64(17));
  row.envelope.received_ms = q.int64(18);
  row.envelope.ord = row.ord;
  SATCHEL_ASSIGN(row.envelope.mac, id_column<Mac>(q, 19, "outbox.mac"));
  row.reason = q.text(20);
  return row;
}

Result<int64_t> ask(sqlite::Statement& q) {
  SATCHEL_ASSIGN(const bool found, q.step());
  return found ? q.int64(0) : int64_t{0};
}

Result<std::vector<int64_t>> numbers(sqlite::Statement& q) {
  std::vector<int64_t> found;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q.step());
    if (!more) return found;
    found.push_back(q.int64(0));
  }
}

}  // namespace

Result<> insert_outbox(sqlite::Database& db, OutboxRow& row, const std::vector<model::RecordKey>& records) {
  if (row.place == 0) {
    sqlite::StatementScope last(db.prepare("SELECT coalesce(max(place), 0) FROM outbox"));
    SATCHEL_ASSIGN(const int64_t place, ask(*last));
    row.place = std::max<int64_t>(place, 0) + 1;
  }
  sqlite::Statement& q = db.prepare(
      "INSERT INTO outbox (place, scope, replica, counter, state, slot, waiting, urgent, hash, base, bytes, wall_ms,"
      " ord, verdicts_known, position, epoch, original_position, received_ms, mac, reason)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  q.bind(0, row.place).bind(1, row.scope.scope).bind_blob(2, row.id.replica.view()).bind(3, number(row.id.counter));
  q.bind(4, static_cast<int64_t>(row.state)).bind(5, static_cast<int64_t>(row.slot)).bind(6, int64_t{row.waiting});
  q.bind(7, int64_t{row.urgent}).bind_blob(8, row.hash.view()).bind_blob(9, proto::encode_version(row.base));
  q.bind_blob(10, row.bytes).bind(11, row.wall_ms).bind(12, number(row.ord)).bind(13, number(row.verdicts_known));
  q.bind(14, number(row.position)).bind_blob(15, row.envelope.epoch.view()).bind(16, number(row.envelope.position));
  q.bind(17, row.envelope.received_ms).bind_blob(18, row.envelope.mac.view()).bind_text(19, row.reason);
  SATCHEL_TRY(q.run());
  for (const auto& record : records) {
    sqlite::Statement& touch =
        db.prepare("INSERT INTO outbox_records (scope, collection, record, place) VALUES (?, ?, ?, ?)");
    touch.bind(0, row.scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
    touch.bind(3, row.place);
    SATCHEL_TRY(touch.run());
  }
  return {};
}

Result<> update_outbox(sqlite::Database& db, const OutboxRow& row) {
  sqlite::Statement& q = db.prepare(
      "UPDATE outbox SET state = ?, waiting = ?, ord = ?, position = ?, epoch = ?, original_position = ?,"
      " received_ms = ?, mac = ? WHERE place = ?");
  q.bind(0, static_cast<int64_t>(row.state)).bind(1, int64_t{row.waiting}).bind(2, number(row.ord));
  q.bind(3, number(row.position)).bind_blob(4, row.envelope.epoch.view()).bind(5, number(row.envelope.position));
  q.bind(6, row.envelope.received_ms).bind_blob(7, row.envelope.mac.view()).bind(8, row.place);
  return q.run();
}

Result<> delete_outbox(sqlite::Database& db, int64_t place) {
  SATCHEL_TRY(db.prepare("DELETE FROM outbox_records WHERE place = ?").bind(0, place).run());
  return db.prepare("DELETE FROM outbox WHERE place = ?").bind(0, place).run();
}

Result<std::optional<OutboxRow>> find_outbox(sqlite::Database& db, log::ScopeKey scope, const ReplicaId& replica,
                                             uint64_t counter) {
  sqlite::StatementScope q(db.prepare("SELECT place FROM outbox WHERE scope = ? AND replica = ? AND counter = ?"));
  q->bind(0, scope.scope).bind_blob(1, replica.view()).bind(2, number(counter));
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return std::optional<OutboxRow>();
  return outbox_at(db, q->int64(0));
}

Result<std::optional<OutboxRow>> outbox_at(sqlite::Database& db, int64_t place) {
  // The one statement that reads whole rows: to prepare it costs as much as to run it a dozen times.
  sqlite::StatementScope q(
      db.prepare("SELECT place, outbox.scope, id, replica, counter, state, slot, waiting, urgent, hash, base, bytes,"
                 " wall_ms, ord, verdicts_known, position, epoch, original_position, received_ms, mac, reason"
                 " FROM outbox JOIN held_scopes ON held_scopes.scope = outbox.scope WHERE place = ?"));
  q->bind(0, place);
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return std::optional<OutboxRow>();
  SATCHEL_ASSIGN(OutboxRow row, read_outbox_row(*q));
  return std::optional(std::move(row));
}

Result<std::vector<OutboxRow>> outbox_rows(sqlite::Database& db, log::ScopeKey scope, int64_t after, size_t most) {
  sqlite::StatementScope q(db.prepare("SELECT place FROM outbox WHERE scope = ? AND place > ? ORDER BY place LIMIT ?"));
  q->bind(0, scope.scope).bind(1, after).bind(2, number(most));
  SATCHEL_ASSIGN(const auto places, numbers(*q));
  std::vector<OutboxRow> rows;
  for (const int64_t place : places) {
    SATCHEL_ASSIGN(auto row, outbox_at(db, place));
    if (row) rows.push_back(std::move(*row));
  }
  return rows;
}

Result<std::vector<int64_t>> outbox_places(sqlite::Database& db, log::ScopeKey scope, OutboxState state) {
  sqlite::StatementScope q(db.prepare("SELECT place FROM outbox WHERE scope = ? AND state = ? ORDER BY place"));
  q->bind(0, scope.scope).bind(1, static_cast<int64_t>(state));
  return numbers(*q);
}

Result<std::vector<model::RecordKey>> records_of(sqlite::Database& db, int64_t place) {
  sqlite::StatementScope q(
      db.prepare("SELECT collection, record FROM outbox_records WHERE place = ? ORDER BY collection, record"));
  q->bind(0, place);
  std::vector<model::RecordKey> records;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return records;
    SATCHEL_ASSIGN(const RecordId id, id_column<RecordId>(*q, 1, "outbox_records.record"));
    records.push_back({std::string(q->text(0)), id});
  }
}

Result<std::vector<int64_t>> places_touching(sqlite::Database& db, log::ScopeKey scope,
                                             const model::RecordKey& record) {
  sqlite::StatementScope q(
      db.prepare("SELECT place FROM outbox_records WHERE scope = ? AND collection = ? AND record = ? ORDER BY place"));
  q->bind(0, scope.scope).bind_text(1, record.collection).bind_blob(2, record.record.view());
  return numbers(*q);
}

Result<int64_t> first_outbox_place(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT coalesce(min(place), 0) FROM outbox"));
  return ask(*q);
}

Result<std::vector<OutboxTail>> outbox_tails(sqlite::Database& db, log::ScopeKey scope) {
  std::vector<OutboxTail> tails;
  // One seek per replica instead of a walk over thousands of unsent rows at each commit.
  Bytes after;
  for (;;) {
    sqlite::StatementScope next(
        db.prepare("SELECT replica FROM outbox WHERE scope = ? AND replica > ? ORDER BY replica LIMIT 1"));
    next->bind(0, scope.scope).bind_blob(1, after);
    SATCHEL_ASSIGN(const bool more, next->step());
    if (!more) return tails;
    OutboxTail tail;
    SATCHEL_ASSIGN(tail.replica, id_column<ReplicaId>(*next, 0, "outbox.replica"));
    sqlite::StatementScope last(
        db.prepare("SELECT counter, ord FROM outbox WHERE scope = ? AND replica = ? ORDER BY counter DESC LIMIT 1"));
    last->bind(0, scope.scope).bind_blob(1, tail.replica.view());
    SATCHEL_TRY(last->step());
    tail.counter = static_cast<uint64_t>(last->int64(0));
    tail.ord = static_cast<uint64_t>(last->int64(1));
    tails.push_back(tail);
    after = Bytes(tail.replica.view());
  }
}

Result<std::optional<uint64_t>> first_without_verdict(sqlite::Database& db, log::ScopeKey scope,
                                                      const ReplicaId& replica) {
  sqlite::StatementScope q(
      db.prepare("SELECT counter FROM outbox WHERE scope = ? AND replica = ? AND state = 0 AND waiting = 0"
                 " ORDER BY counter LIMIT 1"));
  q->bind(0, scope.scope).bind_blob(1, replica.view());
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return std::optional<uint64_t>();
  return std::optional(static_cast<uint64_t>(q->int64(0)));
}

Result<bool> any_accepted(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT 1 FROM outbox WHERE state = 1 LIMIT 1"));
  return q->step();
}

Result<uint64_t> unsent_count(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT count(*) FROM outbox WHERE state IN (0, 2)"));
  SATCHEL_ASSIGN(const int64_t count, ask(*q));
  return static_cast<uint64_t>(count);
}

Result<uint64_t> unsent_records(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare(
      "SELECT count(*) FROM (SELECT DISTINCT r.scope, r.collection, r.record FROM outbox AS o"
      " JOIN outbox_records AS r ON r.place = o.place WHERE o.state IN (0, 2))"));
  SATCHEL_ASSIGN(const int64_t count, ask(*q));
  return static_cast<uint64_t>(count);
}

Result<uint64_t> unsent_count(sqlite::Database& db, log::ScopeKey scope) {
  sqlite::StatementScope q(db.prepare("SELECT count(*) FROM outbox WHERE state IN (0, 2) AND scope = ?"));
  q->bind(0, scope.scope);
  SATCHEL_ASSIGN(const int64_t count, ask(*q));
  return static_cast<uint64_t>(count);
}

Result<std::vector<int64_t>> scopes_with_unsent(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT DISTINCT scope FROM outbox WHERE state IN (0, 2) ORDER BY scope"));
  return numbers(*q);
}

Result<std::vector<int64_t>> scopes_awaiting_pages(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare("SELECT DISTINCT scope FROM outbox WHERE state = 1 ORDER BY scope"));
  return numbers(*q);
}

Result<proto::DecodedTransaction> decode_row(std::string_view organisation, const OutboxRow& row) {
  auto decoded = proto::decode_transaction(organisation, row.bytes);
  if (!decoded.ok() || decoded->hash != row.hash || decoded->transaction.header.id != row.id) {
    return make_error(Code::corrupt, "A transaction of the outbox does not match its hash.", damaged_outbox_place);
  }
  model::Header& header = decoded->transaction.header;
  header.base = row.base;
  header.shown = row.base;
  for (const auto& [replica, counter] : decoded->shown_below) header.shown.set(replica, counter);
  return decoded;
}

std::vector<model::RecordKey> touched_records(const std::vector<model::Op>& ops) {
  std::vector<model::RecordKey> records;
  for (const auto& op : ops) records.push_back({op.collection, op.record});
  std::sort(records.begin(), records.end());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  return records;
}

}  // namespace satchel::store

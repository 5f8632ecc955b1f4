#include "core/store/arrivals.hpp"

#include <charconv>

#include "core/store/outbox.hpp"

namespace satchel::store {

std::string make_token(const StoreRow& row) { return "s1-" + to_hex(row.incarnation) + "-" + std::to_string(row.seq); }

Result<uint64_t> parse_token(const StoreRow& row, std::string_view token) {
  const std::string prefix = "s1-" + to_hex(row.incarnation) + "-";
  uint64_t seq = 0;
  bool good = token.size() > prefix.size() && token.substr(0, prefix.size()) == prefix;
  if (good) {
    const std::string_view digits = token.substr(prefix.size());
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
    good = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() && seq <= row.seq;
  }
  if (!good) return make_error(Code::invalid, "The read token is not one that this store handed out.", "shown");
  if (seq < row.oldest_seq) {
    return make_error(Code::invalid, "The read token is too old. Please read the record again.", "shown");
  }
  return seq;
}

Result<model::Version> version_now(sqlite::Database& db, log::ScopeKey scope) {
  log::Log log(db);
  SATCHEL_ASSIGN(model::Version version, log.version(scope));
  SATCHEL_ASSIGN(const auto tails, outbox_tails(db, scope));
  for (const auto& tail : tails) version.raise(tail.replica, tail.counter);
  return version;
}

Result<model::Version> version_at(sqlite::Database& db, const HeldScope& scope, uint64_t seq) {
  SATCHEL_ASSIGN(model::Version version, version_now(db, scope.key));
  sqlite::StatementScope q(db.prepare(
      "SELECT replica, min(seq), counter_before FROM arrivals WHERE seq > ? AND scope = ? GROUP BY replica"));
  q->bind(0, number(seq)).bind_blob(1, scope.id.view());
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return version;
    SATCHEL_ASSIGN(const ReplicaId replica, id_column<ReplicaId>(*q, 0, "arrivals.replica"));
    version.set(replica, static_cast<uint64_t>(q->int64(2)));
  }
}

Result<> next_seq(Work& work) {
  work.row.seq += 1;
  if (work.row.seq % 1024 != 0 || work.row.seq <= tokens_kept) return {};
  work.row.oldest_seq = work.row.seq - tokens_kept;
  return work.db.prepare("DELETE FROM arrivals WHERE seq <= ?").bind(0, number(work.row.oldest_seq)).run();
}

Result<> lower_arrivals(Work& work, const ScopeId& scope, const ReplicaId& replica, uint64_t most) {
  sqlite::Statement& q =
      work.db.prepare("UPDATE arrivals SET counter_before = min(counter_before, ?) WHERE scope = ? AND replica = ?");
  q.bind(0, number(most)).bind_blob(1, scope.view()).bind_blob(2, replica.view());
  return q.run();
}

Result<> note_arrival(Work& work, const ScopeId& scope, const ReplicaId& replica, uint64_t counter_before) {
  sqlite::Statement& q = work.db.prepare(
      "INSERT INTO arrivals (seq, scope, replica, counter_before) VALUES (?, ?, ?, ?)"
      " ON CONFLICT (seq, scope, replica) DO NOTHING");
  q.bind(0, number(work.row.seq)).bind_blob(1, scope.view()).bind_blob(2, replica.view()).bind(3, number(counter_before));
  return q.run();
}

}  // namespace satchel::store

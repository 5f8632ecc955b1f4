// The outbox: transactions that are not yet entries of this store's log. Owned invariant: a row leaves only in the
// SQLite transaction that stores its verdict or its entry, or sets it aside.
//
//                  verdict accepted                its page is applied
//   unsent ------------------------------> accepted ------------------> (entry of the log)
//     |  \------- verdict quarantined, empty slot ----> set aside          |
//     |             (the row stays as an accepted empty slot until its page) |
//     |                                                                    | rewind after a restore of the centre
//     |                    accepted <---- verdict accepted ---- offer <----/  (own ones and other people's)
#pragma once

#include <optional>
#include <vector>

#include "core/store/held_scopes.hpp"

namespace satchel::store {

enum class OutboxState : int64_t { unsent = 0, accepted = 1, offer = 2 };

struct OutboxRow {
  int64_t place = 0;  // causal order within this store
  log::ScopeKey scope;
  model::TransactionId id;
  OutboxState state = OutboxState::unsent;
  model::Slot slot = model::Slot::content;
  bool waiting = false;  // depends on a refused one: out of the fold, still to be pushed
  bool urgent = false;
  Hash256 hash;
  model::Version base;  // full
  Bytes bytes;
  int64_t wall_ms = 0;
  uint64_t ord = 0;  // a guess until the envelope is known
  uint64_t verdicts_known = 0;
  uint64_t position = 0;     // today's place in the centre's log; 0: none known
  model::Envelope envelope;  // nil epoch while unsent
  std::string reason;        // of an empty slot
};

// Inserts with the records its ops touch. place 0: after everything else.
Result<> insert_outbox(sqlite::Database& db, OutboxRow& row, const std::vector<model::RecordKey>& records);
Result<> update_outbox(sqlite::Database& db, const OutboxRow& row);  // state, waiting, ord, position, envelope
Result<> delete_outbox(sqlite::Database& db, int64_t place);
Result<std::optional<OutboxRow>> find_outbox(sqlite::Database& db, log::ScopeKey scope, const ReplicaId& replica,
                                             uint64_t counter);
Result<std::optional<OutboxRow>> outbox_at(sqlite::Database& db, int64_t place);
// Rows of the scope in causal order, place > after, at most `most`.
Result<std::vector<OutboxRow>> outbox_rows(sqlite::Database& db, log::ScopeKey scope, int64_t after, size_t most);
// Places of the rows of the scope that are in `state`, in causal order.
Result<std::vector<int64_t>> outbox_places(sqlite::Database& db, log::ScopeKey scope, OutboxState state);
Result<std::vector<model::RecordKey>> records_of(sqlite::Database& db, int64_t place);
Result<std::vector<int64_t>> places_touching(sqlite::Database& db, log::ScopeKey scope, const model::RecordKey& record);
Result<int64_t> first_outbox_place(sqlite::Database& db);  // 0 when it is empty

// Newest counter and its ord per replica in the outbox of the scope.
struct OutboxTail {
  ReplicaId replica;
  uint64_t counter = 0;
  uint64_t ord = 0;
};
Result<std::vector<OutboxTail>> outbox_tails(sqlite::Database& db, log::ScopeKey scope);
// Counter of the first own transaction without a verdict; empty when all have one. One that waits with a refused one
// counts as known: it will be refused by the same rule, and nobody builds on it.
Result<std::optional<uint64_t>> first_without_verdict(sqlite::Database& db, log::ScopeKey scope,
                                                      const ReplicaId& replica);
Result<bool> any_accepted(sqlite::Database& db);  // whose page is to come
Result<uint64_t> unsent_count(sqlite::Database& db);  // unsent and offers
Result<uint64_t> unsent_records(sqlite::Database& db);  // records that those change
Result<uint64_t> unsent_count(sqlite::Database& db, log::ScopeKey scope);
Result<std::vector<int64_t>> scopes_with_unsent(sqlite::Database& db);  // or offers: their numbers, ascending
Result<std::vector<int64_t>> scopes_awaiting_pages(sqlite::Database& db);  // something was accepted, its page is to come

// The transaction of a row with base and shown filled in. Code::corrupt with this place when the bytes are damaged.
inline constexpr const char* damaged_outbox_place = "outbox.bytes";
Result<proto::DecodedTransaction> decode_row(std::string_view organisation, const OutboxRow& row);
std::vector<model::RecordKey> touched_records(const std::vector<model::Op>& ops);  // ascending, each once

}  // namespace satchel::store

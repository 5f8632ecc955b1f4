// Content of empty slots: what was refused waits here, whole, for a person; and which records it touched, so that what
// its replica built on it goes with it (DESIGN §2.4). And content that has no place any more (displaced.hpp). Nothing is
// ever deleted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/codec.hpp"
#include "server/centre.hpp"

namespace satchel::server {

struct Quarantined {
  // stands: displaced, and its author has written it again.
  enum class State : int64_t { waiting = 0, released = 1, refused = 2, stands = 3 };
  model::TransactionId id;  // of its slot; of what was displaced a name of its own
  std::string worker, reason, decision;
  int64_t received_ms = 0;
  State state = State::waiting;
  model::Version base, shown;
  Bytes bytes;
};

Result<> put_in_quarantine(sqlite::Database& db, int64_t org, const Quarantined& item,
                           const std::vector<model::Op>& ops);
Result<std::optional<Quarantined>> find_quarantined(sqlite::Database& db, int64_t org, const model::TransactionId& id);
// The log holds its release at `position`: it no longer waits, also when its own content comes only later.
Result<> note_release(sqlite::Database& db, int64_t org, const model::TransactionId& id, uint64_t position);
// Where its release stands in the log; 0: it was not released.
Result<uint64_t> released_at(sqlite::Database& db, int64_t org, const model::TransactionId& id);
// Those of `scope` whose release stands at `position` or below: a snapshot of there shows what they did, but not that
// they are no longer set aside.
Result<std::vector<model::TransactionId>> released_up_to(sqlite::Database& db, int64_t org, const ScopeId& scope,
                                                         uint64_t position);
Result<std::vector<Quarantined>> waiting(sqlite::Database& db, int64_t org);  // by time received

// The refused transaction of the same replica that this one builds on without knowing: it touched one of the same
// records and its verdict was not known when this was written. Empty: none.
Result<std::optional<uint64_t>> refused_ground(sqlite::Database& db, int64_t org, const model::Header& header,
                                               const std::vector<model::Op>& ops);

// ---- after a restore: an offer brought the refused slot back, but not what was in it
// Notes that the content is wanted again from its author's tablets, unless it is here.
Result<> want_content(sqlite::Database& db, int64_t org, const model::TransactionId& id);
// Slots whose content is wanted of this worker: of their replicas, and of those whose worker is not known here (an id that
// issued again what a fork left opens no session). Who has none of it leaves the question alone.
Result<std::vector<model::TransactionId>> content_wanted(sqlite::Database& db, int64_t org, std::string_view worker);
// A refused slot of the same replica whose verdict was not known when this was written and whose content is wanted: it
// cannot be said yet whether this builds on it. Empty: none.
Result<std::optional<uint64_t>> unknown_ground(sqlite::Database& db, int64_t org, const model::Header& header);

}  // namespace satchel::server

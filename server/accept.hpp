// One request's pushes, each judged once (DESIGN §2.4-2.8): repeat, fork, not yet, accepted or refused into an empty
// slot. What judge.hpp says about rights and content is turned into a place in the log here.
//
//   slot taken, same hash    -> the verdict that it got            (an answer was lost)
//   slot taken, other hash   -> fork, and with it whatever that replica has behind it in this request: it builds on the
//                               other content under the same id
//   slot ahead, base missing -> not_yet, naming the first missing slot
//   base names a slot that turned out in this request to hold other content than this device has -> not_yet, naming it
//   the device stands in a history that a restore took away -> not_yet, of no slot, until it has gone back and offered
//   may build on a refused slot whose content a restore took away -> not_yet, naming that slot
//   scope not known here     -> opened, or, when its first transaction may not open it, made closed: nobody has a right
//                               to it, every slot in it is an empty one, and its content waits for a person
//   refused                  -> sequenced as an empty slot; content to quarantine
//   else                     -> accepted
#pragma once

#include <map>
#include <set>

#include "core/log/appender.hpp"
#include "proto/codec.hpp"
#include "proto/messages.hpp"
#include "server/amendments.hpp"
#include "server/headers.hpp"
#include "server/sessions.hpp"

namespace satchel::server {

proto::Verdict verdict_on(const model::TransactionId& id, proto::VerdictKind kind);
proto::Verdict not_yet(const model::TransactionId& id, const ReplicaId& replica, uint64_t counter);
proto::Verdict verdict_of(const model::Entry& entry);

// Lives inside one Work::Part: when a call fails, the part is to be rolled back.
class Acceptance {
 public:
  // `cursors`: those that the request names, of which at least the scopes that it pushes to.
  Acceptance(Work& work, const Session& session, int64_t sent_at_ms, const std::vector<proto::Cursor>& cursors)
      : work_(work), centre_(work.centre()), session_(session), sent_at_ms_(sent_at_ms), cursors_(cursors),
        amendments_(work), headers_(work) {}

  // `decoded` is what `bytes` decode to. Code::permission when the slot belongs to a replica of another worker.
  Result<proto::Verdict> push(BytesView bytes, proto::DecodedTransaction& decoded);
  // After a restore: an entry with its envelope. `decoded` is null where the entry carries no bytes.
  Result<proto::Verdict> offer(const proto::Offer& offer, proto::DecodedTransaction* decoded);
  // Why it is no offer at all: the centre did not write this envelope, or not for this content. Empty: it did.
  std::optional<proto::Verdict> unproven(const proto::Offer& offer, const proto::DecodedTransaction* decoded) const;
  // The content of a slot that was refused or given up, asked for after a restore: kept for a person, never judged.
  Result<proto::Verdict> refused_content(BytesView bytes, const proto::DecodedTransaction& decoded);
  Result<> finish();  // before the part is kept: writes what is still in memory, drafts of amendments, and headers of cases

  const std::set<std::pair<int64_t, ScopeId>>& changed() const { return changed_; }
  bool began_epoch() const { return began_epoch_; }

 private:
  // Where a replica stands in a scope, copied: the appender's own is valid until the next append only.
  struct Stand {
    uint64_t counter = 0;
    model::Version base;
    uint64_t ord = 0;
  };
  struct Timing {
    int64_t received_ms = 0;
    uint64_t ord = 0;
    int64_t ms() const { return static_cast<int64_t>(ord >> 16); }
  };
  Result<> check_replica(const ReplicaId& replica);
  Result<log::Appender*> appender(const ScopeId& scope);           // null: no such scope here
  Result<log::Appender*> open_scope(const model::Header& header);  // null: not in this request any more
  Result<log::Appender*> make_scope(const ScopeId& scope, const std::string& kind, const ScopeId& parent);
  Result<Stand> stand(log::Appender& appender, const ReplicaId& replica);
  // Verdicts that need no judgement; empty: it is this slot's turn.
  Result<std::optional<proto::Verdict>> not_its_turn(log::Appender& appender, const model::TransactionId& id,
                                                     const Hash256& hash, const Stand& stand,
                                                     const std::vector<model::Version::Entry>& gained);
  Result<proto::Verdict> known_slot(log::Appender& appender, const model::TransactionId& id, const Hash256& hash);
  proto::Verdict fork(const model::TransactionId& id);
  // Does the device stand in a history that is not this centre's? By its cursor; found once per request.
  Result<bool> stands_apart(const log::ScopeState& scope);
  Result<bool> is_apart(const log::ScopeState& scope, const proto::Cursor& cursor);
  // `verdict`: of a slot that is taken; returns the one that it gets, having kept content that was not here.
  Result<proto::Verdict> keep_content(log::Appender& appender, proto::Verdict verdict, BytesView bytes,
                                      const proto::DecodedTransaction& decoded);
  Timing time_of(const model::Header& header, const log::ScopeState& scope, uint64_t greatest_in_base) const;
  Result<proto::Verdict> sequence(log::Appender& appender, BytesView bytes, proto::DecodedTransaction& decoded,
                                  const Stand& stand, const Timing& timing, const std::optional<std::string>& refused);
  Result<> note_release_in(const model::Header& header, uint64_t position);
  Result<log::Appender*> prove_restore(const ScopeId& scope);
  Result<> fit_ord(log::Appender& appender, model::Entry& entry, const Stand& stand,
                   const std::vector<model::Version::Entry>& gained);

  Work& work_;
  Centre& centre_;
  const Session& session_;
  const int64_t sent_at_ms_;
  const std::vector<proto::Cursor>& cursors_;
  Amendments amendments_;
  Headers headers_;
  std::map<ScopeId, log::Appender> appenders_;
  std::set<std::pair<int64_t, ScopeId>> changed_;
  std::map<std::pair<ScopeId, ReplicaId>, uint64_t> forked_;  // in this request: the first such counter
  std::map<ScopeId, bool> apart_;
  bool began_epoch_ = false;
  size_t refused_openings_ = 0;  // in this request
};

}  // namespace satchel::server

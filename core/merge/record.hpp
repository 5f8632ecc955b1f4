// core/merge: what several people wrote becomes one state (DESIGN §3). Pure: no clock, no SQL, no schema needed to
// merge (an op carries its kind), no second field is looked at. Owned invariant: applying the same transactions in any
// causal order, each once, gives byte-equal encoded states. It does not filter repeats (core/log does, by the
// version), does not judge rights or legality (core/store at commit, server on arrival).
//
// One state for every kind but set, list, state and frozen: the heads, the ops that no other op on the field saw. The kinds
// differ in a pure resolve() over them (resolve.hpp; one file per kind). docs/MERGE.md explains the rules.
//
// Everything here is a plain value: no ownership to mind, any thread, one at a time per object.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/merge/text_state.hpp"
#include "core/model/transaction.hpp"

namespace satchel::merge {

// One op as merging sees it: who, when, what. "Tablet's time" is wall_ms, "server's time" received_ms (0: in an
// outbox), both in milliseconds since 1970.
struct Head {
  ReplicaId replica;
  uint64_t counter = 0;
  uint32_t index = 0;              // of the op in its transaction
  uint64_t ord = 0;
  std::string worker;
  model::Author author = model::Author::worker;
  int64_t wall_ms = 0;
  int64_t received_ms = 0;
  Bytes value;                     // encoded model::Value; empty: cleared
  std::string reason;
  bool settles = false;
  // Kept for `state` and `frozen`, empty for other kinds: which ops on this field it saw, as the newest one of each
  // replica (not the whole `shown` of its transaction, which says no more and is larger). Its own transaction aside.
  model::Version shown;
  EpochId epoch;                   // kept for `frozen` and submits: the original place, nil while in an outbox
  uint64_t position = 0;
  bool operator==(const Head&) const = default;
};

// Does an op with `shown`, of transaction (replica, counter), index, see `head`? (DESIGN §2.3; inside one transaction
// a later op sees the earlier ones.)
bool saw(const model::Version& shown, const ReplicaId& replica, uint64_t counter, uint32_t index, const Head& head);

// Presence: there is some touch that no remove was shown. A remove saw what its own transaction did before it, and a
// touch behind it in its own transaction counts again.
struct Touches {
  model::Version touched;          // newest touch of each replica
  model::Version removed;          // join of what the removes were shown
  bool present() const;            // some touch is in no remove's shown
  void touch(const ReplicaId& replica, uint64_t counter);
  void remove(const model::Version& shown, const ReplicaId& replica, uint64_t counter);
  bool operator==(const Touches&) const = default;
};

struct Element;

struct FieldState {
  std::string name;
  model::Kind kind = model::Kind::register_;
  std::vector<Head> heads;         // ascending by (replica, counter, index); `state`, `frozen`: all ops ever
  TextState text;                  // `text`: the heads say who wrote last and have no value
  std::vector<Head> submits;       // `text`: who sent it in, all of them; ascending, without value (submit.hpp)
  std::vector<Element> elements;   // `set`, `list`: ascending by id, removed ones included
  bool operator==(const FieldState&) const = default;
};

struct Element {
  std::string id;
  // Present or not. Touched by whoever writes the element or a part of it; only a settlement of a part does not touch.
  Touches presence;
  std::vector<FieldState> parts;   // ascending by name; "" is the element's own value; each merges as a register
  std::vector<Head> removes;       // removes that no later remove or touch of the element saw
  bool operator==(const Element&) const = default;
};

struct RecordState {
  Touches presence;                // who touches: touches_record()
  std::vector<Head> creates;       // creates that no other create saw
  std::vector<Head> voids;         // voids that no other void and no restore saw
  std::vector<Head> restores;      // restores that no other restore and no void saw
  std::vector<FieldState> fields;  // ascending by (name, kind)

  bool created() const { return !creates.empty(); }
  bool present() const;            // created and not void, or touched by someone the void did not see
  // An op carries its kind, and ops of two kinds on one name are two states: one writer cannot bend another's field.
  // With a schema at hand ask for its kind; without, the lowest kind is given. Null: nobody wrote it.
  const FieldState* field(std::string_view name) const;
  const FieldState* field(std::string_view name, model::Kind kind) const;
  bool operator==(const RecordState&) const = default;
};

// What an op needs from its transaction and envelope to merge.
struct Context {
  const model::Header* header = nullptr;    // base, shown, worker, author, wall time, origin
  uint64_t ord = 0;                          // the centre's, or the device's guess while in the outbox
  int64_t received_ms = 0;                   // 0 while in the outbox
  EpochId epoch;                             // nil while in the outbox
  uint64_t position = 0;
};

// Does the op bring its record back where a void did not see it? Workers' ops do, also where the centre wrote them down
// (header.origin); those of the centre, of rules and settlements do not, except an explicit restore.
bool touches_record(const model::Op& op, const model::Header& header);

// Can the op be applied to this state? Code::protocol when the history of its text cannot be read, or holds something
// later of its replica: then the state is not what came before it, but a wrong snapshot or a damaged file.
Result<> fits(const RecordState& state, const model::Op& op, const model::Header& header);
// Applies op number `index` of the transaction to the record it names: transactions in a causal order, each once, ops
// ascending by index. Unknown kinds merge as heads. What a decoder let through can be merged (an op that makes no sense
// for its kind is kept as a head and resolves to what it says); the error is that of fits(), and changes nothing.
// An op that was applied from an outbox is never renumbered in place: the caller folds again from the settled state.
Result<> apply(RecordState& state, const model::Op& op, uint32_t index, const Context& context);

// Canonical bytes (sync.proto, RecordState): equal states, equal bytes.
Bytes encode(const RecordState& state);
// Safe on any input. Refuses (Code::protocol, saying which field) what encode() would not have written, byte for byte;
// but histories of texts, which a reader seldom needs, are taken as they are.
Result<RecordState> decode(BytesView bytes);
// The same with the histories of its texts, ready to be merged into: for every state that an op is applied to, and
// for every one that comes from elsewhere.
Result<RecordState> decode_whole(BytesView bytes);

}  // namespace satchel::merge

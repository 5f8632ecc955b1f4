// core/merge: what several people wrote becomes one state (DESIGN §3). Pure: no clock, no SQL, no schema needed to
// merge (an op carries its kind), no second field is looked at. Owned invariant: applying the same transactions in any
// causal order, each once, gives byte-equal encoded states. It does not filter repeats (core/log does, by the
// version), does not judge rights or legality (core/store at commit, server on arrival).
//
// One state for every kind but set and state: the heads, the ops that no other op on the field saw. The kinds differ
// in a pure resolve() over them (kinds.hpp; one file per kind).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/transaction.hpp"

namespace satchel::merge {

// One op as merging sees it: who, when, what. "Tablet's time" is wall_ms, "server's time" received_ms (0: in an outbox).
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
  model::Version shown;            // kept for `state`, empty for other kinds
  EpochId epoch;                   // kept for `frozen`: the original place, nil while in an outbox
  uint64_t position = 0;
  bool operator==(const Head&) const = default;
};

// Does an op with `shown`, of transaction (replica, counter), index, see `head`? (DESIGN §2.3; inside one transaction
// a later op sees the earlier ones.)
bool saw(const model::Version& shown, const ReplicaId& replica, uint64_t counter, uint32_t index, const Head& head);

// Presence: there is some touch that no remove was shown.
struct Touches {
  model::Version touched;
  model::Version removed;
  bool present() const;
  bool operator==(const Touches&) const = default;
};

struct Element;

struct FieldState {
  std::string name;
  model::Kind kind = model::Kind::register_;
  std::vector<Head> heads;         // ascending by (replica, counter, index); `state`: all transitions
  std::vector<Element> elements;   // `set`: ascending by id, removed ones included
  bool operator==(const FieldState&) const = default;
};

struct Element {
  std::string id;
  Touches presence;
  std::vector<FieldState> parts;   // ascending by name; "" is the element's own value
  std::vector<Head> removes;       // heads among the removes
  bool operator==(const Element&) const = default;
};

struct RecordState {
  Touches presence;
  std::vector<Head> creates;       // heads among the creates
  std::vector<Head> voids;         // heads among voids; a restore that saw them removes them
  std::vector<FieldState> fields;  // ascending by name

  bool created() const { return !creates.empty(); }
  bool present() const;            // created and not void, or touched by someone the void did not see
  const FieldState* field(std::string_view name) const;
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

// Applies op number `index` of the transaction to the record it names. Unknown kinds merge as heads. Never fails: what
// a decoder let through can be merged (an op that makes no sense for its kind is kept as a head and resolves to what
// it says).
void apply(RecordState& state, const model::Op& op, uint32_t index, const Context& context);

// Canonical bytes (proto RecordState): equal states, equal bytes.
Bytes encode(const RecordState& state);
Result<RecordState> decode(BytesView bytes);

}  // namespace satchel::merge

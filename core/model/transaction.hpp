#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/hash.hpp"
#include "core/base/ids.hpp"
#include "core/model/op.hpp"
#include "core/model/version.hpp"

namespace satchel::model {

// Identity of a transaction; counters are dense from 1 per replica and scope.
struct TransactionId {
  ScopeId scope;
  ReplicaId replica;
  uint64_t counter = 0;
  std::strong_ordering operator<=>(const TransactionId&) const = default;
};

// Who speaks. Ops of the centre and of system rules do not revive a voided record.
enum class Author : uint32_t { worker = 1, centre = 2, rule = 3 };

// Of what the centre writes with somebody else's words: the transaction that they come from, and who wrote it.
struct Origin {
  TransactionId id;
  std::string worker;
  // Single transactions that its edits of texts count in beyond `shown`: (replica, counter) of each, ascending. Of a
  // release: those of what its author had written before and was refused as well. The author had that in front of them,
  // but no version says so.
  std::vector<Version::Entry> saw;
  // false: a release, the content was refused and comes back here. true: it stands where it was written, but came after
  // its text was sent in, and what it says goes into the draft of an amendment.
  bool late = false;
  bool operator==(const Origin&) const = default;
};

// The first transaction of a scope that a client opens names what it is (DESIGN §5, new cases offline).
struct Opening {
  std::string kind;  // "case", "case-restricted", "team", "self", "supervision"
  ScopeId parent;    // nil: none
  bool operator==(const Opening&) const = default;
};

struct Header {
  TransactionId id;
  std::string worker;
  Author author = Author::worker;
  int64_t wall_ms = 0;         // the device's clock at commit, as it stood
  int64_t heard_ms = 0;        // last server time that an authenticated answer gave before the commit; 0: never
  uint32_t schema_version = 0;
  Version base;                // full here; on the wire a delta against the replica's previous transaction
  Version shown;               // full here; on the wire what is below base. Pointwise <= base
  uint64_t verdicts_known = 0; // the replica knew the verdicts of its own transactions up to this counter
  GroupId group;               // nil: commit of one scope
  std::optional<Origin> origin;
  std::optional<Opening> opening;
  bool operator==(const Header&) const = default;
};

// `base` and `shown` name other replicas' counters and the replica's own: base[id.replica] is always id.counter - 1;
// shown[id.replica] may be lower (a form held open while its own worker saved elsewhere).
struct Transaction {
  Header header;
  std::vector<Op> ops;
  bool operator==(const Transaction&) const = default;
};

// What the centre adds once. Never changed by a restore: ord and received time come back with it, and `frozen` orders
// by the (epoch, position) named here, while the place in today's log may be another.
struct Envelope {
  EpochId epoch;
  uint64_t position = 0;  // dense per scope from 1, in that epoch's numbering
  int64_t received_ms = 0;
  uint64_t ord = 0;       // 48 bits of milliseconds, 16 bits below
  Mac mac;                // by the centre's key, which lives outside its database
  bool operator==(const Envelope&) const = default;
};

// content: the transaction stands. empty: refused, its content waits in quarantine. lost: declared unrecoverable.
enum class Slot : uint32_t { content = 1, empty = 2, lost = 3 };

// One place of a scope's sequenced log.
struct Entry {
  uint64_t position = 0;    // today's place: dense, 1..head
  Slot slot = Slot::content;
  TransactionId id;
  Hash256 hash;             // content hash
  Version base;             // full
  Envelope envelope;
  std::string reason;       // empty slot: why, in plain words; may be shown to the author
  Bytes bytes;              // the encoded transaction as its author serialised it; empty unless slot == content
  bool operator==(const Entry&) const = default;
};

}  // namespace satchel::model

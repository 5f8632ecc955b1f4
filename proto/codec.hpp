// proto: sync.proto and the validating codec. The only place that knows protobuf. Owned invariant: whatever decodes is
// within model/limits.hpp and well-formed (ids of 16 bytes, versions ascending, shown <= base), so no other layer
// checks shape again. Safe on any input. Does not judge meaning: rights, schema, order are for others.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/transaction.hpp"
#include "core/model/value.hpp"

namespace satchel::proto {

// ---- values
// Of any size: what one save may bring is checked with its transaction, and a merged text may be larger.
Bytes encode_value(const model::Value& value);
Result<model::Value> decode_value(BytesView bytes);  // a type it does not know decodes to UnknownValue

// ---- versions (canonical, used inside blobs of the store)
Bytes encode_version(const model::Version& version);
Result<model::Version> decode_version(BytesView bytes);

// ---- transactions
struct EncodedTransaction {
  Bytes bytes;
  Hash256 hash;
};

// Content hash: H("satchel.transaction"; organisation, header bytes, hash of each op) with the hash of an op
// H("satchel.op"; salt, op bytes), H as core/base/hash.hpp. An erased op is represented by its hash alone.
// Serialises once. `previous_base` is the base of this replica's previous transaction in the scope (empty for the
// first); salts come from `random`. Code::limit when it exceeds limits.hpp, Code::invalid when an op makes no sense
// (place names it: "op 3: person.names"). The caller guarantees base[own] == counter - 1, shown <= base and
// previous_base <= base.
Result<EncodedTransaction> encode_transaction(std::string_view organisation, const model::Transaction& transaction,
                                              const model::Version& previous_base, Random& random);

// A transaction as it lies in its bytes, before its base is known in full.
struct DecodedTransaction {
  model::Transaction transaction;  // base and shown are set by complete()
  Hash256 hash;
  std::vector<model::Version::Entry> base_gained;
  std::vector<model::Version::Entry> shown_below;
  std::vector<bool> erased;        // per op

  // Fills header.base and header.shown from the base of the replica's previous transaction. Code::protocol when the
  // delta does not grow. Shown is cut to base: behind a lost slot, base may lack what that slot had gained.
  Result<> complete(const model::Version& previous_base);
};
Result<DecodedTransaction> decode_transaction(std::string_view organisation, BytesView bytes);

}  // namespace satchel::proto

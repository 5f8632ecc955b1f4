// The two digests of a scope (DESIGN §5): that both sides hold the same log, and the same merge state. Both travel, so
// their formulas are part of the protocol.
#pragma once

#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/hash.hpp"
#include "core/model/op.hpp"
#include "core/model/version.hpp"

namespace satchel::log {

// BLAKE2b-256 (hash.hpp: Hasher) in the domain "satchel.log.0" over: previous digest, position, replica, counter,
// content hash. The digest before position 1 is 32 zero bytes.
Hash256 next_log_digest(const Hash256& previous, uint64_t position, const ReplicaId& replica, uint64_t counter,
                        const Hash256& content);

// Domain "satchel.state.0" over: collection, record id, encoded state.
Hash256 record_digest(const model::RecordKey& key, BytesView state);

// Domain "satchel.replica.0" over: replica, counter, encoded base, ord. Never leaves the file.
Hash256 replica_digest(const ReplicaId& replica, uint64_t counter, BytesView encoded_base, uint64_t ord);

// Sum of hashes read as big-endian numbers, modulo 2^256: the order of adding does not matter, and what was added can
// be taken out again.
void add(Hash256& sum, const Hash256& hash);
void subtract(Hash256& sum, const Hash256& hash);

}  // namespace satchel::log

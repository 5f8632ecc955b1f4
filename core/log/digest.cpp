#include "core/log/digest.hpp"

namespace satchel::log {

Hash256 next_log_digest(const Hash256& previous, uint64_t position, const ReplicaId& replica, uint64_t counter,
                        const Hash256& content) {
  Hasher hasher("satchel.log.0");
  hasher.part(previous.view()).number(position).part(replica.view()).number(counter).part(content.view());
  return hasher.finish();
}

Hash256 record_digest(const model::RecordKey& key, BytesView state) {
  Hasher hasher("satchel.state.0");
  hasher.part(key.collection).part(key.record.view()).part(state);
  return hasher.finish();
}

Hash256 replica_digest(const ReplicaId& replica, uint64_t counter, BytesView encoded_base, uint64_t ord) {
  Hasher hasher("satchel.replica.0");
  hasher.part(replica.view()).number(counter).part(encoded_base).number(ord);
  return hasher.finish();
}

void add(Hash256& sum, const Hash256& hash) {
  unsigned carry = 0;
  for (size_t i = sum.bytes.size(); i-- > 0;) {
    carry += sum.bytes[i] + unsigned{hash.bytes[i]};
    sum.bytes[i] = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
}

void subtract(Hash256& sum, const Hash256& hash) {
  int borrow = 0;
  for (size_t i = sum.bytes.size(); i-- > 0;) {
    const int difference = int{sum.bytes[i]} - int{hash.bytes[i]} - borrow;
    sum.bytes[i] = static_cast<uint8_t>(difference);
    borrow = difference < 0 ? 1 : 0;
  }
}

}  // namespace satchel::log

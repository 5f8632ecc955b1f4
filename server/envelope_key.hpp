// The key that makes an envelope the centre's own: outside the database and its backups, so that a restored centre
// still recognises what it once gave out, and nobody who holds a backup can forge it.
#pragma once

#include <string>

#include "core/base/hash.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/model/transaction.hpp"
#include "server/files.hpp"

namespace satchel::server {

class EnvelopeKey {
 public:
  // Reads DIRECTORY/envelope.key (64 hexadecimal digits), or makes it when it is not there and `may_create`.
  static Result<EnvelopeKey> load(Files& files, const std::string& directory, bool may_create, Random& random);
  // Over organisation, scope, epoch, position, replica, counter, slot, hash, received, ord and reason; for slots
  // without content also over base, which nothing else vouches for.
  Mac mac(std::string_view organisation, const ScopeId& scope, const model::Entry& entry) const;
  bool wrote(std::string_view organisation, const ScopeId& scope, const model::Entry& entry) const;
  Hash256 fingerprint() const;  // tells keys apart, gives nothing away
  // Salts of what the centre may have to write again in the same bytes: nobody without the key can guess them.
  Hash256 salt(std::string_view organisation, const model::TransactionId& id, uint64_t number) const;

 private:
  explicit EnvelopeKey(Bytes key) : key_(std::move(key)) {}
  Bytes key_;
};

}  // namespace satchel::server

#include "server/envelope_key.hpp"

#include "proto/codec.hpp"

namespace satchel::server {

Result<EnvelopeKey> EnvelopeKey::load(Files& files, const std::string& directory, bool may_create, Random& random) {
  const std::string path = directory + "/envelope.key";
  if (!files.exists(path)) {
    if (!may_create) {
      return make_error(Code::not_found,
                        "The envelope key is missing. Without it a restore cannot be told from a forgery: put the "
                        "file back.",
                        path);
    }
    Bytes fresh(32, '\0');
    random.fill(fresh.data(), fresh.size());
    SATCHEL_TRY(files.make_directory(directory));
    SATCHEL_TRY(files.replace(path, to_hex(fresh) + "\n", true));
  }
  SATCHEL_ASSIGN(const Bytes text, files.read(path));
  Bytes key;
  if (!from_hex(std::string_view(text).substr(0, 64), key) || key.size() != 32) {
    return make_error(Code::corrupt, "The envelope key is not 64 hexadecimal digits.", path);
  }
  return EnvelopeKey(std::move(key));
}

Mac EnvelopeKey::mac(std::string_view organisation, const ScopeId& scope, const model::Entry& entry) const {
  Hasher hasher("satchel.envelope", key_);
  hasher.part(organisation).part(scope.view()).part(entry.envelope.epoch.view()).number(entry.envelope.position);
  hasher.part(entry.id.replica.view()).number(entry.id.counter).number(static_cast<uint64_t>(entry.slot));
  hasher.part(entry.hash.view()).number(static_cast<uint64_t>(entry.envelope.received_ms)).number(entry.envelope.ord);
  hasher.part(entry.reason);
  if (entry.slot != model::Slot::content) hasher.part(proto::encode_version(entry.base));
  return hasher.finish_mac();
}

bool EnvelopeKey::wrote(std::string_view organisation, const ScopeId& scope, const model::Entry& entry) const {
  return equal_constant_time(mac(organisation, scope, entry).view(), entry.envelope.mac.view());
}

Hash256 EnvelopeKey::fingerprint() const { return Hasher("satchel.envelope.fingerprint", key_).finish(); }

Hash256 EnvelopeKey::salt(std::string_view organisation, const model::TransactionId& id, uint64_t number) const {
  Hasher hasher("satchel.envelope.salts", key_);
  hasher.part(organisation).part(id.scope.view()).part(id.replica.view()).number(id.counter).number(number);
  return hasher.finish();
}

}  // namespace satchel::server

// The key pairs (X25519) to which tablets seal what a purge takes from them before a backup covers it. Only the public
// half of the current one leaves the centre. The file lies outside the database and its backups, because it is needed
// exactly when a backup was put back.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "server/files.hpp"

namespace satchel::server {

class SealingKeys {
 public:
  struct Key {
    Bytes id;  // 8 bytes, out of the public half
    Bytes public_half, private_half;
  };

  static std::string path(const std::string& directory);
  // Reads DIRECTORY/sealing.key: a private half (64 hexadecimal digits) per line, the current one first, older ones
  // below it for opening; lines that begin with # are passed over. Makes it when it is not there and `may_create`.
  static Result<SealingKeys> load(Files& files, const std::string& directory, bool may_create, Random& random);
  // Puts a new key before the others. Handed out from the next start on.
  static Result<Key> renew(Files& files, const std::string& directory, Random& random);

  const Key& current() const { return keys_.front(); }
  bool has(BytesView id) const { return find(id) != nullptr; }
  // Code::not_found when the key is not in the file, Code::protocol when `sealed` is not sealed to it.
  Result<Bytes> open(BytesView id, BytesView sealed) const;

 private:
  explicit SealingKeys(std::vector<Key> keys) : keys_(std::move(keys)) {}
  const Key* find(BytesView id) const;
  std::vector<Key> keys_;  // never empty
};

}  // namespace satchel::server

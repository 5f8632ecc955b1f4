// The key of every store in the tests: with SQLCipher all of them are encrypted, without it none is.
#pragma once

#include "core/sqlite/database.hpp"

namespace satchel::test {

inline constexpr char store_key_bytes[] = "a key of tests, of thirty-two b.";  // and not a random one

inline SecretBytes store_key() {
  static_assert(sizeof store_key_bytes - 1 == sqlite::key_bytes);
  return sqlite::can_encrypt() ? SecretBytes(BytesView(store_key_bytes, sqlite::key_bytes)) : SecretBytes();
}

// The file of a store, opened past it: to look into it, or to damage it.
inline sqlite::OpenOptions raw_file(const std::string& path) {
  sqlite::OpenOptions options;
  options.path = path;
  options.key = store_key();
  return options;
}

}  // namespace satchel::test

#include "core/sqlite/cipher.hpp"

#include <sqlite3.h>

#include <string>

#include "core/base/hash.hpp"
#include "core/sqlite/errors.hpp"

namespace satchel::sqlite {
namespace {

constexpr size_t salt_bytes = 16;
constexpr std::string_view mark = "SATCHEL1";
constexpr std::string_view plain_beginning("SQLite format 3\0", salt_bytes);

Error key_error(const char* words) { return make_error(Code::invalid, words, "key"); }

Bytes salt_of(const SecretBytes& key) {
  const Hash256 hash = Hasher("satchel.store.key", key.view()).finish();
  return Bytes(mark) + Bytes(hash.view().substr(0, salt_bytes - mark.size()));
}

// Empty: the file is new, or too short to be one.
Bytes beginning(sqlite3* db) {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  Bytes found(salt_bytes, '\0');
  if (code != SQLITE_OK || file == nullptr || file->pMethods == nullptr ||
      file->pMethods->xRead(file, found.data(), salt_bytes, 0) != SQLITE_OK) {
    return {};
  }
  return found;
}

Result<> fits(BytesView found, const SecretBytes& key) {
  if (found == plain_beginning && !key.empty()) {
    return key_error("This store is not encrypted. Encrypt it first, by a rekey with this key, or open it without one.");
  }
  if (!found.starts_with(mark)) return {};
  if (key.empty() && !can_encrypt()) {
    return key_error("This store is encrypted, and this build of Satchel cannot read such stores. It was left as it is.");
  }
  if (key.empty()) return key_error("This store is encrypted. It was left as it is. Open it with its key.");
  if (!equal_constant_time(found, salt_of(key))) {
    return key_error("This is not the key of this store. The store was left as it is.");
  }
  return {};
}

#ifdef SQLITE_HAS_CODEC

void append_hex(SecretBytes& text, size_t& at, BytesView bytes) {
  constexpr char digits[] = "0123456789abcdef";
  for (const char byte : bytes) {
    text.data()[at++] = digits[static_cast<unsigned char>(byte) >> 4];
    text.data()[at++] = digits[static_cast<unsigned char>(byte) & 15];
  }
}

// x'...' is what SQLCipher takes for a raw key followed by the salt.
SecretBytes key_text(const SecretBytes& key) {
  SecretBytes text(Bytes(2 * (key_bytes + salt_bytes) + 3, '\''));
  text.data()[0] = 'x';
  size_t at = 2;
  append_hex(text, at, key.view());
  append_hex(text, at, salt_of(key));
  return text;
}

#endif

}  // namespace

Result<> check_key(const SecretBytes& key) {
  if (!key.empty() && !can_encrypt()) {
    return key_error("This build of Satchel cannot encrypt the store. Open it without a key.");
  }
  if (key.empty() || key.size() == key_bytes) return {};
  return key_error("The key of a store is 32 bytes long, drawn at random.");
}

#ifdef SQLITE_HAS_CODEC

bool can_encrypt() { return true; }

Result<> use_key(sqlite3* db, const SecretBytes& key) {
  if (key.empty()) return {};
  const SecretBytes text = key_text(key);
  int code = sqlite3_key(db, text.view().data(), static_cast<int>(text.size()));
  // The format of SQLCipher 4, whatever a later one prefers; and its own log, on standard error, stays empty.
  if (code == SQLITE_OK) {
    code = sqlite3_exec(db, "PRAGMA cipher_log_level = NONE; PRAGMA cipher_compatibility = 4", nullptr, nullptr, nullptr);
  }
  if (code != SQLITE_OK) return error_of(code, db);
  return {};
}

#else

bool can_encrypt() { return false; }

Result<> use_key(sqlite3*, const SecretBytes& key) { return check_key(key); }

#endif

Result<> set_key(sqlite3* db, const OpenOptions& options) {
  SATCHEL_TRY(fits(beginning(db), options.key));
  return use_key(db, options.key);
}

}  // namespace satchel::sqlite

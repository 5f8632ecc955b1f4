// cipher: the key of a file. Inside core/sqlite only.
//
// SQLCipher writes 16 bytes, the salt, as they are at the beginning of a file, and whatever else it writes encrypted and
// with a MAC. A raw key needs no salt against guessing, so ours says what the file is (docs/decisions/0018):
//
//   "SATCHEL1" and 8 bytes of a hash of the key   an encrypted store, and whether this is its key
//   "SQLite format 3\0"                           one that is not encrypted
//   anything else                                 damaged, or not a store
#pragma once

#include "core/base/result.hpp"
#include "core/sqlite/database.hpp"

namespace satchel::sqlite {

// Before anything else is done with a fresh connection. Code::invalid, place "key", when the key does not fit the file
// (none for an encrypted one, another one's, one for a plain file) or is no key; nothing was written then, and no
// lock taken.
Result<> set_key(sqlite3* db, const OpenOptions& options);
// The same for a file that is new: without a look at it.
Result<> use_key(sqlite3* db, const SecretBytes& key);

}  // namespace satchel::sqlite

#include "core/sqlite/errors.hpp"

#include <sqlite3.h>

namespace satchel::sqlite {
namespace {

struct Words {
  Code code;
  const char* text;
};

Words words_of(int code) {
  if (code == SQLITE_READONLY_DBMOVED) {
    return {Code::busy, "Another program has put another file in the place of this store. Please open it again."};
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Code::busy, "Another program is using this store. Please try again in a moment."};
    case SQLITE_FULL: return {Code::disk_full, "The disk is full. Nothing was changed. Make some room, then try again."};
    case SQLITE_CORRUPT: return {Code::corrupt, "The store file is damaged. It was left as it is. Use rescue to save what is in it."};
    // What is written here fits its tables. That it does not means that an index and its table disagree.
    case SQLITE_CONSTRAINT:
      return {Code::corrupt, "The store file does not agree with itself. It was left as it is. Use rescue to save what is in it."};
    case SQLITE_NOTADB: return {Code::corrupt, "This file is not a store. It was left as it is."};
    case SQLITE_READONLY: return {Code::io, "The store file cannot be written to. Please check who may write to it."};
    case SQLITE_CANTOPEN: return {Code::io, "The store file cannot be opened. Please check the folder and who may use it."};
    case SQLITE_PERM:
    case SQLITE_AUTH: return {Code::io, "This program may not use the store file."};
    case SQLITE_IOERR: return {Code::io, "The disk did not do what it was asked. Nothing was changed."};
    case SQLITE_PROTOCOL: return {Code::busy, "Too many programs use this store at once. Please try again in a moment."};
    case SQLITE_TOOBIG: return {Code::limit, "This is too large to keep."};
    case SQLITE_NOMEM: return {Code::internal, "There is not enough memory."};
    case SQLITE_INTERRUPT: return {Code::cancelled, "The work was stopped."};
    default: return {Code::internal, nullptr};
  }
}

}  // namespace

Error error_of(int code, sqlite3* db) {
  const Words words = words_of(code);
  std::string message = words.text != nullptr ? words.text : "The database refused: ";
  if (words.text == nullptr) message += db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  return make_error(words.code, std::move(message), "sqlite " + std::to_string(code));
}

}  // namespace satchel::sqlite

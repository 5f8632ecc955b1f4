#include "core/sqlite/open_options.hpp"

#include <sqlite3.h>

#include <string>

#include "core/sqlite/cipher.hpp"
#include "core/sqlite/database.hpp"
#include "core/sqlite/errors.hpp"

namespace satchel::sqlite {
namespace {

Result<> run(sqlite3* db, const std::string& sql) {
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(code, db);
  return {};
}

Result<int64_t> ask(sqlite3* db, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(db, sql, -1, &statement, nullptr);
  int64_t value = 0;
  if (code == SQLITE_OK) {
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) value = sqlite3_column_int64(statement, 0);
  }
  sqlite3_finalize(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return error_of(code, db);
  return value;
}

const char* synchronous(Durability durability) {
  switch (durability) {
    case Durability::full: return "FULL";       // fsync of the WAL at each commit
    case Durability::grouped: return "NORMAL";  // fsync at checkpoints only: a power cut may take the last commits
    case Durability::off: return "OFF";         // no fsync at all: a power cut may corrupt. For one test
  }
  return "FULL";
}

// Settings of the connection; none of them touches the file.
Result<> configure(sqlite3* db, const OpenOptions& options) {
  sqlite3_busy_timeout(db, static_cast<int>(options.busy_timeout_ms));
  // A plan does not depend on what is bound (query planner stability). Without this SQLite compares what is bound with
  // the conditions of partial indexes and prepares the statement again for each new value.
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  std::string sql;
  // A store may come from a damaged or hostile disk: no function with side effects runs from its schema, and every
  // page's cell sizes are checked as it is read.
  sql += "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;";
  sql += "PRAGMA foreign_keys = ON;";
  sql += "PRAGMA cache_size = -" + std::to_string(options.cache_bytes / 1024) + ";";
  // Sorting spills would put readable content into temporary files that nobody encrypts or deletes.
  sql += "PRAGMA temp_store = MEMORY;";
  // A mapped file turns an I/O error into a signal that kills the app.
  sql += "PRAGMA mmap_size = 0;";
  sql += std::string("PRAGMA synchronous = ") + synchronous(options.durability) + ";";
  // Apple: fsync alone does not reach the flash. No effect elsewhere. What a checkpoint has put into the file leaves the log.
  if (options.durability == Durability::full) sql += "PRAGMA fullfsync = ON;";
  if (options.durability != Durability::off) sql += "PRAGMA checkpoint_fullfsync = ON;";
  if (options.overwrite_deleted) sql += "PRAGMA secure_delete = ON;";
  if (!options.read_only) sql += "PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 16777216;";
  return run(db, sql);
}

Result<> check_owner_of_file(sqlite3* db, const OpenOptions& options) {
  if (options.application_id == 0) return {};
  SATCHEL_ASSIGN(const int64_t id, ask(db, "PRAGMA application_id"));
  if (id == static_cast<int32_t>(options.application_id)) return {};
  SATCHEL_ASSIGN(const int64_t tables, ask(db, "SELECT count(*) FROM sqlite_schema"));
  if (id != 0 || tables != 0 || options.read_only) {
    return make_error(Code::corrupt, "This file was made by another program, not as a store. It was left as it is.",
                      options.path);
  }
  return run(db, "PRAGMA application_id = " + std::to_string(static_cast<int32_t>(options.application_id)));
}

constexpr sqlite3_int64 page_least_bytes = 512;  // SQLite's smallest

// SQLite takes a file without one whole page for a new one and throws away the write-ahead log beside it: what was committed
// last may be there and nowhere else. A file that has had a log has never been empty, and none of ours was ever so short.
Result<> refuse_emptied(sqlite3* db, const OpenOptions& options) {
  sqlite3_file* file = nullptr;
  sqlite3_int64 size = 0;
  const int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code != SQLITE_OK || file == nullptr || file->pMethods == nullptr) return {};
  if (file->pMethods->xFileSize(file, &size) != SQLITE_OK || size >= page_least_bytes) return {};
  if (size > 0) {
    return make_error(Code::corrupt,
                      "The store file is cut to " + std::to_string(size) + " bytes. It was left as it is. Use rescue to save "
                      "what is in it.",
                      options.path);
  }
  if (!file_exists(options.path + "-wal", options.vfs)) return {};
  return make_error(Code::corrupt,
                    "The store file is empty, and its write-ahead log is not. It was left as it is. Use rescue to save "
                    "what is in it.",
                    options.path);
}

// Between the opening of a file by its name and the first look into it, another may have taken its place (a rekey). The log
// beside it belongs to that other one then: what is read is neither, and closing must not empty it.
Result<> refuse_moved(sqlite3* db) {
  int moved = 0;
  const int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (code != SQLITE_OK || moved == 0) return {};
  return error_of(SQLITE_READONLY_DBMOVED, db);
}

// SQLite takes a file whose header names a version of the format above its own for one that it may only read.
Result<> refuse_unwritable(sqlite3* db, const OpenOptions& options) {
  if (options.read_only || sqlite3_db_readonly(db, "main") != 1) return {};
  sqlite3_vfs* vfs = sqlite3_vfs_find(options.vfs.empty() ? nullptr : options.vfs.c_str());
  int may_write = 0;
  const bool asked = vfs->xAccess(vfs, options.path.c_str(), SQLITE_ACCESS_READWRITE, &may_write) == SQLITE_OK;
  if (!asked || may_write == 0) return error_of(SQLITE_READONLY, db);
  return make_error(Code::corrupt,
                    "The store file says of itself that it may only be read: it is damaged, or of a newer SQLite. It was left as "
                    "it is. Use rescue to save what is in it.",
                    options.path);
}

Result<> set_up(sqlite3* db, const OpenOptions& options) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);  // who opens it in vain leaves it as it is
  SATCHEL_TRY(set_key(db, options));
  SATCHEL_TRY(refuse_emptied(db, options));
  SATCHEL_TRY(configure(db, options));
  SATCHEL_TRY(ask(db, "SELECT count(*) FROM sqlite_schema"));  // reads the header: is it a database at all?
  SATCHEL_TRY(refuse_unwritable(db, options));
  // Before anything is written: a file of someone else stays as it is.
  SATCHEL_TRY(check_owner_of_file(db, options));
  // Readers never wait for the writer, and one fsync per commit is enough.
  if (!options.read_only) SATCHEL_TRY(run(db, "PRAGMA journal_mode = WAL"));
  SATCHEL_TRY(refuse_moved(db));  // from here on this connection's lock keeps others from taking its place
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  return {};
}

}  // namespace

bool file_exists(const std::string& path, const std::string& vfs) {
  sqlite3_vfs* found = sqlite3_vfs_find(vfs.empty() ? nullptr : vfs.c_str());
  int there = 0;
  return found != nullptr && found->xAccess(found, path.c_str(), SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK && there != 0;
}

Result<> open_connection(const OpenOptions& options, sqlite3** out) {
  *out = nullptr;
  SATCHEL_TRY(check_key(options.key));
  // An empty file counts as none; beside its write-ahead log it is a damaged store.
  const bool there = file_exists(options.path, options.vfs) || file_exists(options.path + "-wal", options.vfs);
  if ((options.read_only || !options.create) && !there) {
    return make_error(Code::not_found, "There is no store at " + options.path + ".", options.path);
  }
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (!options.read_only && options.create) flags |= SQLITE_OPEN_CREATE;
  const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  const int code = sqlite3_open_v2(options.path.c_str(), out, flags, vfs);
  Result<> result = code == SQLITE_OK ? set_up(*out, options) : Result<>(error_of(code, *out));
  if (result.ok()) return result;
  Error error = result.error();
  if (error.place.rfind("sqlite", 0) == 0) error.place = options.path + " (" + error.place + ")";
  return error;
}

}  // namespace satchel::sqlite

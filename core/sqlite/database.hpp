// core/sqlite: the only user of sqlite3.h. Owns: how a database is opened (all pragmas are in open_options.cpp and
// nowhere else), prepared statements, transactions, migrations. Knows no table of ours.
//
// A Database is one connection and belongs to one thread at a time. Errors are Result; SQLite's codes map to
// Code::{busy,disk_full,io,corrupt,newer_format,internal}.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/base/secret_bytes.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace satchel::sqlite {

// What a commit survives. full: a power cut (fsync of the WAL at each commit). grouped: a killed app or process, but
// a power cut may take the last commits since the last checkpoint (never corrupts). off exists for the test that
// shows that the power-cut test notices it.
enum class Durability { full, grouped, off };

struct OpenOptions {
  std::string path;
  bool read_only = false;
  bool create = true;
  Durability durability = Durability::full;
  int64_t cache_bytes = 8 << 20;
  int64_t busy_timeout_ms = 10'000;
  uint32_t application_id = 0;   // 0: not checked. A file with another id is refused (Code::corrupt)
  // What is deleted is overwritten with zeros, in the file and (after empty_log()) in the log: for content that
  // must be gone, not just forgotten.
  bool overwrite_deleted = false;
  std::string vfs;               // empty: SQLite's default; tests pass a fault-injecting VFS by name
  // 32 bytes, drawn at random and kept by the caller; empty: the file is not encrypted. Code::invalid, place "key", from a
  // build that cannot encrypt, and for a file that has another key, has none or needs one: it is then untouched.
  SecretBytes key;
};

inline constexpr size_t key_bytes = 32;
bool can_encrypt();  // is this a build with SQLCipher?
// Code::invalid, place "key": no key that a file of this build could have. None is one.
Result<> check_key(const SecretBytes& key);

class Statement;

struct Migration {
  int version;      // PRAGMA user_version after it; ascending from 1
  const char* sql;
};

class Database {
 public:
  static Result<Database> open(const OpenOptions& options);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  Result<> exec(const char* sql);  // one or more statements without parameters
  // Prepared once per distinct SQL text and kept; reset and unbound when handed out. `sql` must be a literal or
  // outlive the database. The reference stays valid as long as the database.
  // SQL that the tables have no place for is our mistake, unless expect_tables() says otherwise.
  Statement& prepare(const char* sql);
  // What the tables of this file were made by (also for a connection that did not make them): SQL that fits those and does
  // not fit the file means that the file is damaged, Code::corrupt. Kept as a copy.
  void expect_tables(const Migration* migrations, size_t count);
  // As prepare, but for SQL built at run time (core/query): returns the syntax error instead of failing a check.
  Result<Statement*> prepare_dynamic(std::string_view sql);
  int64_t last_insert_rowid() const;
  int64_t changes() const;
  bool in_transaction() const;
  // Changes whenever another connection (of any process) has committed; cheap (PRAGMA data_version).
  Result<int64_t> data_version();
  Result<> checkpoint(bool truncate);  // what was committed survives a power cut then, whoever reads meanwhile
  // The whole write-ahead log goes into the file and is cut to nothing, now: Code::busy when somebody reads or writes.
  Result<> empty_log();
  Result<> integrity_check();
  // Online copy of the whole database (sqlite3_backup), while others read and write. backup_to: `path` appears only
  // when the copy is whole. copy_into: by this connection's VFS, straight to `path`; incomplete when it fails.
  Result<> backup_to(const std::string& path);
  // Encrypted when this is, with the same key.
  Result<> copy_into(const std::string& path);
  // Nobody else can read or write the file from here to the end of this connection, and there is no write-ahead log beside
  // it; it may be renamed or replaced. Code::busy while another connection has it open.
  Result<> take_alone();
  // Its pages as SQLite sees them, in memory: of an encrypted file what is in them.
  Result<Bytes> pages();
  const std::string& path() const;
  sqlite3* handle() const;

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  const SecretBytes& key() const;
  std::unique_ptr<Impl> impl_;
};

// Bind positions and columns count from 0. Binding and stepping errors are kept and returned by step()/run().
class Statement {
 public:
  explicit Statement(sqlite3_stmt* raw, sqlite3* db) : raw_(raw), db_(db) {}
  Statement& bind(int position, int64_t value);
  Statement& bind(int position, double value);
  Statement& bind_text(int position, std::string_view value);
  Statement& bind_blob(int position, BytesView value);
  Statement& bind_null(int position);

  Result<bool> step();  // true: a row is there
  Result<> run();       // steps to the end, then resets
  void reset();         // also unbinds
  int64_t int64(int column) const;
  double real(int column) const;
  // Valid until the next step or reset.
  std::string_view text(int column) const;
  BytesView blob(int column) const;
  bool is_null(int column) const;
  int column_count() const;
  sqlite3_stmt* handle() const { return raw_; }

 private:
  friend class Database;
  void keep(int code);  // the first error of prepare or bind, returned by the next step()
  sqlite3_stmt* raw_;
  sqlite3* db_;
  int error_ = 0;
  bool used_ = false;  // bound or stepped since the last reset
};

// Resets a statement when leaving a scope: readers hold no snapshot longer than they need.
class StatementScope {
 public:
  explicit StatementScope(Statement& statement) : statement_(statement) {}
  ~StatementScope() { statement_.reset(); }
  StatementScope(const StatementScope&) = delete;
  StatementScope& operator=(const StatementScope&) = delete;
  Statement* operator->() { return &statement_; }
  Statement& operator*() { return statement_; }

 private:
  Statement& statement_;
};

// BEGIN IMMEDIATE (write) or BEGIN (read snapshot); rolled back by the destructor unless committed. A write
// transaction inside another one is a savepoint.
class Transaction {
 public:
  enum class Kind { read, write };
  static Result<Transaction> begin(Database& db, Kind kind);
  Transaction(Transaction&& other) noexcept;
  Transaction(const Transaction&) = delete;
  ~Transaction();
  Result<> commit();

 private:
  Transaction(Database& db, std::string savepoint) : db_(&db), savepoint_(std::move(savepoint)) {}
  Database* db_;
  std::string savepoint_;
};

// Is there a file, as this VFS sees it (empty: SQLite's default)?
bool file_exists(const std::string& path, const std::string& vfs);

// Puts every row of every table of `from` in the place of those of `to`, which has the same tables, in one transaction:
// also of full-text indexes, whose tables are copied as they are. Row ids stay.
Result<> copy_rows(Database& from, Database& to);

// Brings the file to the newest version, each migration in its own transaction (killed in between, it goes on from
// there). Code::newer_format when the file is newer than the last migration: nothing is written. Then expect_tables().
Result<> migrate(Database& db, const Migration* migrations, size_t count);

}  // namespace satchel::sqlite

#include "core/sqlite/database.hpp"

#include <sqlite3.h>

#include <cstring>
#include <list>
#include <string>
#include <unordered_map>

#include "core/sqlite/errors.hpp"
#include "core/sqlite/open_options.hpp"

namespace satchel::sqlite {
namespace {

// Kept statements of SQL that was built at run time; beyond it the oldest goes.
constexpr size_t dynamic_kept = 256;

// A checkpoint alone syncs nothing when a reader is in its way.
int sync_log(sqlite3* db) {
  sqlite3_file* log = nullptr;
  const int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (code != SQLITE_OK || log == nullptr || log->pMethods == nullptr) return code;
  return log->pMethods->xSync(log, SQLITE_SYNC_FULL);
}

}  // namespace

struct Database::Impl {
  struct Dynamic {
    std::string sql;
    std::unique_ptr<Statement> statement;
  };

  sqlite3* db = nullptr;
  std::string path;
  SecretBytes key;
  int64_t busy_timeout_ms = 0;
  std::unordered_map<std::string, std::unique_ptr<Statement>> statements;
  // The same by where the text lies, which finds a literal without hashing it. The text is compared, for memory is
  // used again.
  std::unordered_map<const char*, Statement*> by_address;
  std::list<Dynamic> dynamic;  // last used first
  std::string tables;          // SQL that made them; empty: nobody said

  ~Impl() {
    for (auto& [sql, statement] : statements) sqlite3_finalize(statement->handle());
    for (auto& item : dynamic) sqlite3_finalize(item.statement->handle());
    sqlite3_close(db);
  }

  int compile(std::string_view sql, unsigned flags, sqlite3_stmt** out) const {
    return sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), flags, out, nullptr);
  }

  // Does this SQL, which the file has no place for, fit the tables that the file should have?
  bool fits_tables(const char* sql) const {
    sqlite3* whole = nullptr;
    sqlite3_stmt* statement = nullptr;
    const bool fits = !tables.empty() && sqlite3_open(":memory:", &whole) == SQLITE_OK &&
                      sqlite3_exec(whole, tables.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK &&
                      sqlite3_prepare_v2(whole, sql, -1, &statement, nullptr) == SQLITE_OK;
    sqlite3_finalize(statement);
    sqlite3_close(whole);
    return fits;
  }

  Statement* find(const char* sql) const {
    const auto found = by_address.find(sql);
    if (found == by_address.end() || found->second->handle() == nullptr) return nullptr;
    return std::strcmp(sqlite3_sql(found->second->handle()), sql) == 0 ? found->second : nullptr;
  }

  void drop_oldest_dynamic() {
    for (auto it = dynamic.end(); it != dynamic.begin();) {
      --it;
      if (sqlite3_stmt_busy(it->statement->handle()) != 0) continue;
      sqlite3_finalize(it->statement->handle());
      dynamic.erase(it);
      return;
    }
  }
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const OpenOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = options.path;
  impl->key = options.key;
  impl->busy_timeout_ms = options.busy_timeout_ms;
  SATCHEL_TRY(open_connection(options, &impl->db));
  return Database(std::move(impl));
}

Result<> Database::exec(const char* sql) {
  const int code = sqlite3_exec(impl_->db, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(code, impl_->db);
  return {};
}

Statement& Database::prepare(const char* sql) {
  if (Statement* found = impl_->find(sql); found != nullptr) {
    found->reset();
    return *found;
  }
  auto& kept = impl_->statements[sql];
  if (kept != nullptr && kept->handle() != nullptr) {
    impl_->by_address[sql] = kept.get();
    kept->reset();
    return *kept;
  }
  sqlite3_stmt* raw = nullptr;
  int code = impl_->compile(sql, SQLITE_PREPARE_PERSISTENT, &raw);
  if (code == SQLITE_ERROR && impl_->fits_tables(sql)) code = SQLITE_CORRUPT;
  // Our own SQL does not fit our own tables: our mistake. Everything else (disk, damage, busy) comes from outside.
  if (code == SQLITE_ERROR) {
    impl_->statements.erase(sql);
    impl_->by_address.clear();
    throw CheckFailure(std::string("core/sqlite: ") + sqlite3_errmsg(impl_->db) + " in: " + sql);
  }
  // In place: a reference handed out while it could not be prepared stays valid.
  if (kept == nullptr) kept = std::make_unique<Statement>(raw, impl_->db);
  *kept = Statement(raw, impl_->db);
  impl_->by_address[sql] = kept.get();
  if (code != SQLITE_OK) kept->keep(code);
  return *kept;
}

void Database::expect_tables(const Migration* migrations, size_t count) {
  impl_->tables.clear();
  for (size_t i = 0; i < count; ++i) impl_->tables += migrations[i].sql;
}

Result<Statement*> Database::prepare_dynamic(std::string_view sql) {
  auto& items = impl_->dynamic;
  for (auto it = items.begin(); it != items.end(); ++it) {
    if (it->sql != sql || sqlite3_stmt_busy(it->statement->handle()) != 0) continue;
    items.splice(items.begin(), items, it);
    it->statement->reset();
    return it->statement.get();
  }
  sqlite3_stmt* raw = nullptr;
  const int code = impl_->compile(sql, 0, &raw);
  if (code != SQLITE_OK) return error_of(code, impl_->db);
  if (raw == nullptr) return make_error(Code::invalid, "There is no statement in this SQL.", "sql");
  if (items.size() >= dynamic_kept) impl_->drop_oldest_dynamic();
  items.push_front({std::string(sql), std::make_unique<Statement>(raw, impl_->db)});
  return items.front().statement.get();
}

int64_t Database::last_insert_rowid() const { return sqlite3_last_insert_rowid(impl_->db); }
int64_t Database::changes() const { return sqlite3_changes64(impl_->db); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(impl_->db) == 0; }
const std::string& Database::path() const { return impl_->path; }
const SecretBytes& Database::key() const { return impl_->key; }
sqlite3* Database::handle() const { return impl_->db; }

Result<int64_t> Database::data_version() {
  StatementScope statement(prepare("PRAGMA data_version"));
  SATCHEL_TRY(statement->step());
  return statement->int64(0);
}

Result<> Database::checkpoint(bool truncate) {
  if (const int synced = sync_log(impl_->db); synced != SQLITE_OK) return error_of(synced, impl_->db);
  const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(impl_->db, nullptr, mode, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(code, impl_->db);
  return {};
}

Result<> Database::empty_log() {
  sqlite3_busy_timeout(impl_->db, 0);
  const Result<> emptied = checkpoint(true);
  sqlite3_busy_timeout(impl_->db, static_cast<int>(impl_->busy_timeout_ms));
  return emptied;
}

Result<> Database::take_alone() {
  const auto log_is_gone = [this]() -> Result<bool> {
    SATCHEL_ASSIGN(Statement* const mode, prepare_dynamic("PRAGMA journal_mode"));
    StatementScope q(*mode);
    SATCHEL_TRY(q->step());
    return q->text(0) == "delete";
  };
  SATCHEL_TRY(exec("PRAGMA journal_mode = DELETE"));
  SATCHEL_TRY(exec("BEGIN EXCLUSIVE"));
  // Somebody may have opened the file in between, and begun a new log.
  SATCHEL_ASSIGN(const bool gone, log_is_gone());
  if (gone) return {};
  SATCHEL_TRY(exec("ROLLBACK"));
  return error_of(SQLITE_BUSY, impl_->db);
}

Result<> Database::integrity_check() {
  {
    StatementScope statement(prepare("PRAGMA integrity_check(1)"));
    SATCHEL_TRY(statement->step());
    if (statement->text(0) != "ok") {
      return make_error(Code::corrupt, "The store file is damaged: " + std::string(statement->text(0)), impl_->path);
    }
  }
  StatementScope statement(prepare("PRAGMA foreign_key_check"));
  SATCHEL_ASSIGN(const bool broken, statement->step());
  if (broken) {
    return make_error(Code::corrupt, "The store file is damaged: a row of " + std::string(statement->text(0)) +
                                         " points to nothing.", impl_->path);
  }
  return {};
}

}  // namespace satchel::sqlite

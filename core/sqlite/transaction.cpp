#include "core/sqlite/database.hpp"
#include "core/sqlite/errors.hpp"

namespace satchel::sqlite {
namespace {

constexpr const char* inner_name = "satchel_inner";

}  // namespace

Result<Transaction> Transaction::begin(Database& db, Kind kind) {
  if (db.in_transaction()) {
    // Savepoints of one name nest: RELEASE and ROLLBACK TO mean the innermost.
    SATCHEL_TRY(db.prepare("SAVEPOINT satchel_inner").run());
    return Transaction(db, inner_name);
  }
  if (kind == Kind::write) {
    SATCHEL_TRY(db.prepare("BEGIN IMMEDIATE").run());
    return Transaction(db, {});
  }
  SATCHEL_TRY(db.prepare("BEGIN").run());
  Transaction transaction(db, {});
  // BEGIN alone takes the snapshot at the first read, which may be after somebody's next commit.
  SATCHEL_TRY(db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").run());
  return transaction;
}

Transaction::Transaction(Transaction&& other) noexcept : db_(other.db_), savepoint_(std::move(other.savepoint_)) {
  other.db_ = nullptr;
}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after a full disk or an I/O error: then there is nothing left to undo.
  if (db_ == nullptr || !db_->in_transaction()) return;
  // Every view that only reads ends here: kept statements, too.
  if (savepoint_.empty()) {
    (void)db_->prepare("ROLLBACK").run();
    return;
  }
  (void)db_->prepare("ROLLBACK TO satchel_inner").run();
  (void)db_->prepare("RELEASE satchel_inner").run();
}

Result<> Transaction::commit() {
  SATCHEL_CHECK(db_ != nullptr);
  if (!db_->in_transaction()) {
    return make_error(Code::io, "The disk did not do what it was asked. Nothing was changed.", "sqlite rolled back");
  }
  SATCHEL_TRY(db_->prepare(savepoint_.empty() ? "COMMIT" : "RELEASE satchel_inner").run());
  db_ = nullptr;
  return {};
}

}  // namespace satchel::sqlite

#include "core/sqlite/database.hpp"

namespace satchel::sqlite {
namespace {

Result<int64_t> version_of(Database& db) {
  StatementScope statement(db.prepare("PRAGMA user_version"));
  SATCHEL_TRY(statement->step());
  return statement->int64(0);
}

Result<> apply(Database& db, const Migration& migration) {
  SATCHEL_ASSIGN(auto transaction, Transaction::begin(db, Transaction::Kind::write));
  // Another process may have been quicker.
  SATCHEL_ASSIGN(const int64_t version, version_of(db));
  if (version >= migration.version) return {};
  const auto made = db.exec(migration.sql);
  if (!made.ok() && made.error().code == Code::internal) {
    return make_error(Code::corrupt,
                      "The store file is damaged: its tables are not those of the version that it says it has. It was left "
                      "as it is. Use rescue to save what is in it.",
                      db.path());
  }
  SATCHEL_TRY(made);
  SATCHEL_TRY(db.exec(("PRAGMA user_version = " + std::to_string(migration.version)).c_str()));
  return transaction.commit();
}

}  // namespace

Result<> migrate(Database& db, const Migration* migrations, size_t count) {
  SATCHEL_ASSIGN(const int64_t version, version_of(db));
  const int newest = count == 0 ? 0 : migrations[count - 1].version;
  if (version > newest) {
    return make_error(Code::newer_format,
                      "This store was made by a newer version of the app. It was left as it is. Please update the app.",
                      db.path());
  }
  for (size_t i = 0; i < count; ++i) {
    SATCHEL_CHECK(migrations[i].version > (i == 0 ? 0 : migrations[i - 1].version));
    if (migrations[i].version > version) SATCHEL_TRY(apply(db, migrations[i]));
  }
  db.expect_tables(migrations, count);
  return {};
}

}  // namespace satchel::sqlite

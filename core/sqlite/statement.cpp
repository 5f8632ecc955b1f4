#include <sqlite3.h>

#include "core/sqlite/database.hpp"
#include "core/sqlite/errors.hpp"

namespace satchel::sqlite {
namespace {

// A null pointer would bind NULL where an empty value is meant.
const char* data_of(std::string_view view) { return view.data() == nullptr ? "" : view.data(); }

}  // namespace

void Statement::keep(int code) {
  SATCHEL_CHECK(code != SQLITE_RANGE);  // a position that the SQL does not have
  SATCHEL_CHECK(code != SQLITE_MISUSE);
  if (error_ == SQLITE_OK) error_ = code;
  used_ = true;
}

Statement& Statement::bind(int position, int64_t value) {
  if (raw_ != nullptr) keep(sqlite3_bind_int64(raw_, position + 1, value));
  return *this;
}

Statement& Statement::bind(int position, double value) {
  if (raw_ != nullptr) keep(sqlite3_bind_double(raw_, position + 1, value));
  return *this;
}

Statement& Statement::bind_text(int position, std::string_view value) {
  if (raw_ != nullptr) {
    keep(sqlite3_bind_text64(raw_, position + 1, data_of(value), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  return *this;
}

Statement& Statement::bind_blob(int position, BytesView value) {
  if (raw_ != nullptr) {
    keep(sqlite3_bind_blob64(raw_, position + 1, data_of(value), value.size(), SQLITE_TRANSIENT));
  }
  return *this;
}

Statement& Statement::bind_null(int position) {
  if (raw_ != nullptr) keep(sqlite3_bind_null(raw_, position + 1));
  return *this;
}

Result<bool> Statement::step() {
  if (error_ != SQLITE_OK) return error_of(error_, raw_ == nullptr ? nullptr : db_);
  used_ = true;
  const int code = sqlite3_step(raw_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const Error error = error_of(code, db_);
  sqlite3_reset(raw_);
  return error;
}

Result<> Statement::run() {
  for (;;) {
    auto row = step();
    if (row.ok() && *row) continue;
    reset();
    if (!row.ok()) return row.error();
    return {};
  }
}

void Statement::reset() {
  if (raw_ == nullptr || !used_) return;  // one that could not be prepared keeps its error
  sqlite3_reset(raw_);
  sqlite3_clear_bindings(raw_);
  error_ = SQLITE_OK;
  used_ = false;
}

int64_t Statement::int64(int column) const { return sqlite3_column_int64(raw_, column); }
double Statement::real(int column) const { return sqlite3_column_double(raw_, column); }

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(raw_, column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(raw_, column))};
}

BytesView Statement::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(raw_, column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(raw_, column))};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(raw_, column) == SQLITE_NULL; }
int Statement::column_count() const { return sqlite3_column_count(raw_); }

}  // namespace satchel::sqlite

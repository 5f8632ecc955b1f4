// app_module: a table that is code, as SQLite calls it (an eponymous virtual table: it is there without being made, and
// nothing can make or drop one). Inside core/sqlite only.
#pragma once

#include <exception>
#include <optional>

#include "core/sqlite/app_sql.hpp"

struct sqlite3;

namespace satchel::sqlite {

// What goes on between SQLite and the tables.
struct AppCalls {
  std::optional<Error> error;  // of a table
  std::exception_ptr thrown;   // a failed check: it must not fly through C
  bool declaring = false;      // a table says what its columns are: SQL of ours, not of the app
};

struct AppModule {
  AppTable* table = nullptr;
  AppCalls* calls = nullptr;
};

// Both outlive the connection. A code of SQLite.
int add_app_module(sqlite3* db, AppModule& module);

}  // namespace satchel::sqlite

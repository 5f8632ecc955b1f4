// SQLite's result codes in the words of core/base. Inside core/sqlite only.
#pragma once

#include <string_view>

#include "core/base/result.hpp"

struct sqlite3;

namespace satchel::sqlite {

// `code` may be extended; place = "sqlite <code>". `db` may be null.
Error error_of(int code, sqlite3* db);

}  // namespace satchel::sqlite

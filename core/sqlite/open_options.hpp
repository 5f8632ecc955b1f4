// How a connection is set up. Inside core/sqlite only; every pragma that sets something is in open_options.cpp.
#pragma once

#include "core/base/result.hpp"
#include "core/sqlite/database.hpp"

namespace satchel::sqlite {

// Opens the file and applies every pragma; the caller owns *out, also when an error is returned (may be null).
Result<> open_connection(const OpenOptions& options, sqlite3** out);

}  // namespace satchel::sqlite

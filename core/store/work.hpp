// What every function of this folder needs while it works inside one SQLite transaction.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/logger.hpp"
#include "core/base/random.hpp"
#include "core/log/log.hpp"
#include "core/model/schema.hpp"
#include "core/sqlite/database.hpp"
#include "core/store/store_row.hpp"

namespace satchel::store {

struct Work {
  sqlite::Database& db;
  log::Log log;
  const model::Schema& schema;
  const Clock& clock;
  Random& random;
  Logger& logger;
  StoreRow row;  // as of this transaction; save_store_row() at its end
};

// SQLite's integers are signed; all of ours fit.
inline int64_t number(uint64_t value) { return static_cast<int64_t>(value); }

// An id out of a column of ours: anything but 16 bytes means a damaged file.
template <class IdType>
Result<IdType> id_column(const sqlite::Statement& statement, int column, const char* place) {
  auto id = IdType::from_bytes(statement.blob(column));
  if (!id) return make_error(Code::corrupt, "The store holds an id that is not 16 bytes long.", place);
  return *id;
}

}  // namespace satchel::store

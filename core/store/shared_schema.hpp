// The schema that a store's file holds, parsed once for all connections that this process has to it: the store's own
// and its readers'. From any thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "core/model/schema.hpp"
#include "core/store/store_row.hpp"

namespace satchel::store {

using SchemaPointer = std::shared_ptr<const model::Schema>;

class SharedSchema {
 public:
  explicit SharedSchema(SchemaPointer schema) : schema_(std::move(schema)) {}
  // The schema of `row`, which was read in the transaction of `db` that asks. A newer app, perhaps in another process, may have
  // brought a newer one since; a changed schema has another version (Store::open refuses it otherwise).
  Result<SchemaPointer> of(sqlite::Database& db, const StoreRow& row);

 private:
  std::mutex mutex_;
  SchemaPointer schema_;  // the one that was asked for last
};

}  // namespace satchel::store

#include "core/store/shared_schema.hpp"

#include <utility>

namespace satchel::store {

Result<SchemaPointer> SharedSchema::of(sqlite::Database& db, const StoreRow& row) {
  const std::lock_guard lock(mutex_);
  if (row.schema_version != schema_->version()) {
    SATCHEL_ASSIGN(model::Schema parsed, load_schema(db));
    schema_ = std::make_shared<const model::Schema>(std::move(parsed));
  }
  return schema_;
}

}  // namespace satchel::store

// Records as the reads of one moment show them. What is the same for many of them is looked up once, so it must not outlive
// the view in which it was made.
#pragma once

#include <map>
#include <optional>

#include "core/log/log.hpp"
#include "core/store/store.hpp"

namespace satchel::store {

class ShownRecords {
 public:
  explicit ShownRecords(sqlite::Database& db) : db_(db) {}
  // Empty: no such record.
  Result<std::optional<Record>> find(log::ScopeKey scope, const model::RecordKey& key);
  // Of one that an index lists, so it has to be there.
  Result<Record> listed(log::ScopeKey scope, const model::RecordKey& key);
  Result<ScopeId> id_of(log::ScopeKey scope);

 private:
  Result<bool> outbox_touches_any();

  sqlite::Database& db_;
  std::map<log::ScopeKey, ScopeId> ids_;
  std::optional<bool> touched_;
};

}  // namespace satchel::store

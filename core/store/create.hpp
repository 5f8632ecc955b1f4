// Opening a store's file: creating it, checking whose it is, bringing its tables and its schema to the newest.
#pragma once

#include "core/store/store.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

struct Opened {
  Options options;
  sqlite::Database db;
  model::Schema schema;
  Identity identity;
  std::vector<std::string> notes;  // Store::opening_notes
};

// Where rescue() puts the new store when it is complete, until it takes the place of the damaged one. While it is there
// nothing can be opened or created at `path`: rescue() has to come to its end first.
std::string rescued_path(const std::string& path);

// Hands a secret that was drawn in this transaction to its keeper: before the commit, so that no replica id is ever
// without one.
Result<> keep_secret(SecretKeeper& secrets, const StoreRow& row);
// As Store::open.
Result<Opened> open_file(const Options& options, const Clock& clock, Random& random, Logger& logger);
// Code::wrong_owner unless the store belongs to both; an empty one is not compared.
Result<> check_owner_of(const StoreRow& row, std::string_view organisation, std::string_view worker);

}  // namespace satchel::store

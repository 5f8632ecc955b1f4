// The central store's tables beside those of core/log (docs/STORAGE.md), and small named values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/sqlite/database.hpp"

namespace satchel::server {

inline constexpr uint32_t centre_application_id = 0x53434E54;  // "SCNT"

Result<> migrate_centre(sqlite::Database& db);

// Names: "epoch" (16 bytes), "own_replica" (16), "envelope_key" (its fingerprint), "sealing_key" (id of the one handed
// out last), "nonce" (of the last clean shutdown), "ledger_bytes" (up to where the ledger is in the tables), "headers"
// (renew_headers.cpp).
Result<std::optional<Bytes>> value_of(sqlite::Database& db, std::string_view name);
Result<> set_value(sqlite::Database& db, std::string_view name, BytesView value);

// The number of an organisation inside this file, given on first use; empty when it has none yet (find only).
Result<std::optional<int64_t>> find_organisation(sqlite::Database& db, std::string_view name);
Result<std::vector<int64_t>> organisations(sqlite::Database& db);  // all of them
Result<int64_t> organisation_number(sqlite::Database& db, std::string_view name);

}  // namespace satchel::server

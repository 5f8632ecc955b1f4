// A backup counts once it has been opened and verified: only then devices may let go of what it holds (kept_to).
#pragma once

#include <string>

#include "server/centre.hpp"

namespace satchel::server {

// integrity_check and refolding of every scope.
Result<> verify_database(sqlite::Database& db);
Result<> backup_centre(Centre& centre, const std::string& to_path);

}  // namespace satchel::server

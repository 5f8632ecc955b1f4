// Brings a directory into a team's scope: one record of collection `service` each, its id derived from the id in the
// feed, so that every import finds it again. Writes only what differs. A service that the feed no longer names stays as
// it is: what workers know about it hangs on it, and a partial feed must not empty a directory.
#pragma once

#include "server/centre.hpp"
#include "server/directory.hpp"

namespace satchel::server {

RecordId service_record(std::string_view source_id);

// Returns how many services were new or changed. Code::invalid when a value does not fit its field.
Result<uint64_t> import_services(Work& work, log::ScopeKey scope, const std::vector<DirectoryService>& services);

}  // namespace satchel::server

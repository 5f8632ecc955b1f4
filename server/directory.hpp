// Reads a directory of services: Open Referral UK / HSDS 3 (a list of `service` objects, alone, under "services" or
// under "contents" as its API pages them), or the simple list form that small directories publish - an array of
// {"id", "name", "organization": {"name"}, "category", "status", "phone", "address": {...}, "schedule": [...]}.
// docs/DIRECTORY.md names every member that is read. Pure: text in, rows out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace satchel::server {

struct DirectoryService {
  std::string source_id;
  std::map<std::string, std::string> fields;  // field of collection "service" -> text; absent: the feed says nothing
};

// Code::invalid, place = JSON pointer. Services without an id or a name are an error: a feed that is half read would
// look like a feed that lost half its services.
Result<std::vector<DirectoryService>> read_directory(std::string_view json);

}  // namespace satchel::server

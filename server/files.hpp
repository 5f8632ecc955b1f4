// The few things done to files outside the database: whole reads, replacement that survives a power cut.
#pragma once

#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace satchel::server {

Result<Bytes> read_file(const std::string& path);  // Code::not_found when it is not there
// Writes beside it, syncs, renames over it and syncs the directory. `secret`: readable by the owner alone.
Result<> replace_file(const std::string& path, BytesView content, bool secret);
Result<> sync_directory(const std::string& directory);
Result<> sync_file(const std::string& path);
Result<> make_directory(const std::string& path);
bool file_exists(const std::string& path);
// What stat says of it: changes when the file is replaced, copied over or written. Empty when it is not there.
std::string file_stamp(const std::string& path);

}  // namespace satchel::server

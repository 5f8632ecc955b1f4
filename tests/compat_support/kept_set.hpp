// A kept set: what one version of Satchel left behind, as files of this repository (tests/compat/README.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"

namespace satchel::compat {

using FilesByName = std::map<std::string, std::string>;

// One request that a tablet sent, byte for byte, and the answer that it got.
struct Exchange {
  int64_t at_ms = 0;     // on the clocks of both
  std::string worker;    // whose tablet
  std::string path;      // /v1/session, /v1/sync
  Bytes request, reply;  // not compressed
  int status = 200;
};

struct KeptSet {
  nlohmann::json about;       // set.json: made by, worker, organisation, secret, time, schema version ...
  nlohmann::json contents;    // contents.json: what the tablet shows
  FilesByName tablet;         // tablet.db
  FilesByName centre_before;  // centre as it stood before the transcript
  FilesByName centre_after;   // and as it stood when the tablet was kept: what the tablet is to sync with
  std::vector<Exchange> transcript;
};

// Both throw std::runtime_error with what is wrong. write_set replaces what is in the directory.
KeptSet read_set(const std::filesystem::path& directory);
void write_set(const std::filesystem::path& directory, const KeptSet& set);

}  // namespace satchel::compat

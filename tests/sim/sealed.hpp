// What a tablet keeps sealed of scopes that it left: the simulator has the centre's keys and looks into it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/sqlite/database.hpp"
#include "tests/support/memory_disk.hpp"

namespace satchel::sim {

// Private halves, from the key file on the centre's disk.
std::vector<Bytes> sealing_keys(const support::MemoryDisk& centre);
// Marks in the sealed entries of one store, as promises.hpp has them. An entry that none of the keys opens throws.
std::set<uint32_t> marks_sealed_in(sqlite::Database& store, const std::vector<Bytes>& keys);

// libsodium draws the keys of sealed boxes from a generator of its own, SQLite the salts of its write-ahead logs: from
// here on those are the seed's, too.
void seed_libraries(uint64_t seed);

}  // namespace satchel::sim

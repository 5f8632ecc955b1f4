// The files beside the central store's database, on a simulated disk.
#pragma once

#include <map>
#include <memory>

#include "server/files.hpp"
#include "tests/support/memory_disk.hpp"

namespace satchel::sim {

// One per start of the machine: its locks go with it. `disk` must outlive it.
std::unique_ptr<server::Files> make_disk_files(support::MemoryDisk& disk);

}  // namespace satchel::sim

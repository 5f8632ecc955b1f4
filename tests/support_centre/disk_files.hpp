// The files beside the central store's database, on a simulated disk.
#pragma once

#include <map>
#include <memory>

#include "server/files.hpp"
#include "tests/support/memory_disk.hpp"

namespace satchel::test {

// What tells files apart: as a file system does, or their content alone, so that a kept file that is unpacked is the very
// file that was closed (tests/compat).
enum class StampOf { file, content };
// One per start of the machine: its locks go with it. `disk` must outlive it.
std::unique_ptr<server::Files> make_disk_files(support::MemoryDisk& disk, StampOf stamp = StampOf::file);

}  // namespace satchel::test

// Inside tests/support: the files of a MemoryDisk.
#pragma once

#include <sqlite3.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "tests/support/memory_disk.hpp"

namespace satchel::support {

constexpr size_t disk_sector = 512;

// A change that the file system has but the platter may not. What it overwrote goes along, so that what the platter has is
// only put together when the power goes: a sync, which comes with every commit, copies nothing.
struct Unsynced {
  bool truncate = false;
  uint64_t offset = 0;  // truncate: the new size
  std::string bytes;
  uint64_t size_before = 0;
  std::string overwritten{};
};

struct DiskFile {
  std::string now;
  std::vector<Unsynced> unsynced;  // in `now` already
  uint64_t number = 0, changes = 0;  // what a stamp shows
  int handles = 0;
  // locks as in SQLite's os_unix.c, for one process
  int shared = 0;
  const void* reserved = nullptr;
  const void* exclusive = nullptr;
  // shared memory of the WAL index; gone with the last handle and with the power
  std::vector<std::unique_ptr<char[]>> shm;
  std::array<int, SQLITE_SHM_NLOCK> shm_shared{};
  std::array<const void*, SQLITE_SHM_NLOCK> shm_exclusive{};
};

struct MemoryDisk::Impl {
  sqlite3_vfs vfs{};
  sqlite3_io_methods methods{};
  std::string name;
  mutable std::mutex mutex;
  std::map<std::string, std::shared_ptr<DiskFile>> files;
  SeededRandom random;
  uint64_t generation = 1;  // of open handles; a stop ends it
  bool dead = false;
  uint64_t operations = 0, bytes_read = 0, capacity = UINT64_MAX;
  uint64_t stop_at = UINT64_MAX, stop_seed = 0;
  Stop stop_how = Stop::power_cut, last_stop = Stop::power_cut;
  uint64_t fail_from = UINT64_MAX, fail_times = 0;
  uint64_t last_number = 0, unnamed = 0;
  sqlite3_vfs* host = sqlite3_vfs_find(nullptr);

  explicit Impl(uint64_t seed) : random(seed) {}
  uint64_t used() const;
  std::shared_ptr<DiskFile> find(const std::string& path) const;
  std::shared_ptr<DiskFile> make(const std::string& path);
  void stop(Stop how, uint64_t seed);
  enum class Grant { yes, fails, dead };
  // Counts an operation that changes the disk: may it happen?
  Grant grant_change();
  // SQLITE_OK, SQLITE_FULL or `failed`.
  int change(DiskFile& file, Unsynced change, int failed);
  int sync(DiskFile& file, int failed);
};

}  // namespace satchel::support

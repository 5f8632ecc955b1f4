// A disk in memory as a SQLite VFS: it forgets what was not synced when the power goes, tears what was being written,
// runs full, and stops dead after the n-th operation. The model is the usual one for crash tests (ALICE, OSDI 2014;
// SQLite's own test6.c): each write since the last sync of its file survives or not, on its own, and the last to
// survive may be cut short at a sector.
//
// WAL mode works (shared memory is the process's own), so several connections may be open at once. Safe from any
// thread. Must outlive its connections.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace satchel::support {

struct DiskCalls;

class MemoryDisk {
 public:
  MemoryDisk();   // registers a VFS under a name of its own
  ~MemoryDisk();
  const std::string& vfs() const;

  // The power goes now: open handles fail from here on, every file is what would be found afterwards. `seed` decides
  // which of the unsynced writes survived. Close the connections, then open again.
  void power_cut(uint64_t seed);
  // The same, after so many more operations that change the disk (write, sync, truncate, delete).
  void power_cut_after(uint64_t operations, uint64_t seed);
  // Operations that change the disk, so far.
  uint64_t operations() const;
  bool dead() const;             // the power went and nobody has called revive() yet
  void revive();                 // new opens work again
  void set_capacity(uint64_t bytes);  // all files together; beyond: disk full. UINT64_MAX: no end
  uint64_t used() const;
  // For tests that damage or copy a file.
  std::string read(const std::string& name) const;
  void write(const std::string& name, const std::string& bytes);

 private:
  friend struct DiskCalls;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::support

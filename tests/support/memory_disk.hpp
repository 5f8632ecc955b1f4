// A disk in memory as a SQLite VFS: it forgets what was not synced when the power goes, tears what was being written,
// runs full, fails, and stops dead after the n-th operation. The model is the usual one for crash tests (ALICE, OSDI
// 2014; SQLite's own test6.c): each write since the last sync of its file survives or not, on its own, and the last to
// survive may be cut short at a sector. Names (renaming, removing) survive at once.
//
// WAL mode works (shared memory is the process's own), so several connections may be open at once. Its randomness is
// its seed's, and it never sleeps. Safe from any thread. Must outlive its connections.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace satchel::support {

struct DiskCalls;

// How a machine ends: with the power, or the process alone (then the operating system still has every write).
enum class Stop { power_cut, kill };

class MemoryDisk {
 public:
  explicit MemoryDisk(uint64_t seed = 1);  // registers a VFS under a name of its own
  ~MemoryDisk();
  const std::string& vfs() const;

  // The power goes now: open handles fail from here on, every file is what would be found afterwards. `seed` decides
  // which of the unsynced writes survived. Close the connections, then open again.
  void power_cut(uint64_t seed);
  void stop(Stop how, uint64_t seed);
  // The same, after so many more operations that change the disk (write, sync, truncate, delete).
  void power_cut_after(uint64_t operations, uint64_t seed);
  void stop_after(Stop how, uint64_t operations, uint64_t seed);
  // Operations that change the disk, so far.
  uint64_t operations() const;
  uint64_t bytes_read() const;        // so far
  bool dead() const;                  // it stopped and nobody has called revive() yet
  Stop last_stop() const;             // how it stopped last
  void revive();                      // new opens work again
  void set_capacity(uint64_t bytes);  // all files together; beyond: disk full. UINT64_MAX: no end
  // After so many more operations that change the disk, the next `times` fail; then it works again.
  void fail_after(uint64_t operations, uint64_t times);
  uint64_t used() const;

  // What a program does with files beside SQLite. False: the disk is dead, full or failing, or there is no such file.
  bool exists(const std::string& name) const;
  uint64_t size(const std::string& name) const;
  // Changes with every write and with the file itself. Empty when it is not there.
  std::string stamp(const std::string& name) const;
  bool write_tail(const std::string& name, uint64_t offset, const std::string& bytes);
  bool sync(const std::string& name);
  bool rename(const std::string& from, const std::string& to);
  bool remove(const std::string& name);
  bool link(const std::string& from, const std::string& to);

  // For tests that damage or copy files.
  std::string read(const std::string& name) const;
  void write(const std::string& name, const std::string& bytes);
  std::map<std::string, std::string> contents() const;             // every file as it is now
  void put_back(const std::map<std::string, std::string>& files);  // these and no others

 private:
  friend struct DiskCalls;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::support

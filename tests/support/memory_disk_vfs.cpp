// The SQLite side of the disk in memory.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "tests/support/memory_disk_files.hpp"

namespace satchel::support {
namespace {

// One open handle; lives in SQLite's memory behind sqlite3_file.
struct Handle {
  sqlite3_file base;
  void* disk;
  std::shared_ptr<DiskFile>* file;
  uint64_t generation;
  int level;
  bool delete_on_close;
  uint16_t shm_shared, shm_exclusive;
};

Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

}  // namespace

// Everything below runs inside SQLite: plain functions over the Impl.
struct DiskCalls {
  using Disk = MemoryDisk::Impl;

  static Disk& disk(Handle& h) { return *static_cast<Disk*>(h.disk); }
  static bool gone(Handle& h) { return disk(h).dead || h.generation != disk(h).generation; }

  static int close(sqlite3_file* raw) {
    Handle& h = handle(raw);
    std::lock_guard lock(disk(h).mutex);
    DiskFile& file = **h.file;
    release(h, file, SQLITE_LOCK_NONE);
    release_shm(h, file);
    if (--file.handles == 0) file.shm.clear();
    if (h.delete_on_close) std::erase_if(disk(h).files, [&](const auto& entry) { return entry.second == *h.file; });
    delete h.file;
    h.file = nullptr;
    return SQLITE_OK;
  }

  static int read(sqlite3_file* raw, void* out, int amount, sqlite3_int64 offset) {
    Handle& h = handle(raw);
    std::lock_guard lock(disk(h).mutex);
    if (gone(h)) return SQLITE_IOERR_READ;
    const std::string& now = (*h.file)->now;
    disk(h).bytes_read += static_cast<uint64_t>(amount);
    const auto from = static_cast<uint64_t>(offset);
    const size_t there = from < now.size() ? std::min<size_t>(static_cast<size_t>(amount), now.size() - from) : 0;
    std::memcpy(out, now.data() + std::min<uint64_t>(from, now.size()), there);
    std::memset(static_cast<char*>(out) + there, 0, static_cast<size_t>(amount) - there);
    return there == static_cast<size_t>(amount) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  static int change(Handle& h, Unsynced change) {
    if (gone(h)) return SQLITE_IOERR_WRITE;
    return disk(h).change(**h.file, std::move(change), SQLITE_IOERR_WRITE);
  }

  static int write(sqlite3_file* raw, const void* bytes, int amount, sqlite3_int64 offset) {
    Handle& h = handle(raw);
    std::lock_guard lock(disk(h).mutex);
    return change(h, {false, static_cast<uint64_t>(offset),
                      std::string(static_cast<const char*>(bytes), static_cast<size_t>(amount))});
  }

  static int truncate(sqlite3_file* raw, sqlite3_int64 size) {
    Handle& h = handle(raw);
    std::lock_guard lock(disk(h).mutex);
    return change(h, {true, static_cast<uint64_t>(size), {}});
  }

  static int sync(sqlite3_file* raw, int) {
    Handle& h = handle(raw);
    std::lock_guard lock(disk(h).mutex);
    if (gone(h)) return SQLITE_IOERR_FSYNC;
    return disk(h).sync(**h.file, SQLITE_IOERR_FSYNC);
  }

  static int size(sqlite3_file* raw, sqlite3_int64* out) {
    Handle& h = handle(raw);
    std::lock_guard lock(disk(h).mutex);
    if (gone(h)) return SQLITE_IOERR_FSTAT;
    *out = static_cast<sqlite3_int64>((*h.file)->now.size());
    return SQLITE_OK;
  }

  static int lock(sqlite3_file* raw, int level) {
    Handle& h = handle(raw);
    std::lock_guard guard(disk(h).mutex);
    if (gone(h)) return SQLITE_IOERR_LOCK;
    DiskFile& file = **h.file;
    if (level <= h.level) return SQLITE_OK;
    if (file.exclusive != nullptr && file.exclusive != &h) return SQLITE_BUSY;
    if (h.level == SQLITE_LOCK_NONE) ++file.shared, h.level = SQLITE_LOCK_SHARED;
    if (level >= SQLITE_LOCK_RESERVED) {
      if (file.reserved != nullptr && file.reserved != &h) return SQLITE_BUSY;
      file.reserved = &h;
      h.level = std::max(h.level, static_cast<int>(SQLITE_LOCK_RESERVED));
    }
    if (level == SQLITE_LOCK_EXCLUSIVE) {
      if (file.shared > 1) return SQLITE_BUSY;
      file.exclusive = &h;
      h.level = SQLITE_LOCK_EXCLUSIVE;
    }
    return SQLITE_OK;
  }

  static void release(Handle& h, DiskFile& file, int level) {
    if (h.level > SQLITE_LOCK_SHARED) {
      if (file.reserved == &h) file.reserved = nullptr;
      if (file.exclusive == &h) file.exclusive = nullptr;
    }
    if (level == SQLITE_LOCK_NONE && h.level >= SQLITE_LOCK_SHARED) --file.shared;
    h.level = std::min(h.level, level);
  }

  static int unlock(sqlite3_file* raw, int level) {
    Handle& h = handle(raw);
    std::lock_guard guard(disk(h).mutex);
    release(h, **h.file, level);
    return SQLITE_OK;
  }

  static int check_reserved(sqlite3_file* raw, int* out) {
    Handle& h = handle(raw);
    std::lock_guard guard(disk(h).mutex);
    *out = (*h.file)->reserved != nullptr ? 1 : 0;
    return SQLITE_OK;
  }

  static int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return static_cast<int>(disk_sector); }
  static int characteristics(sqlite3_file*) { return 0; }  // nothing is promised: not atomic, not safe to append

  static int shm_map(sqlite3_file* raw, int region, int region_size, int extend, void volatile** out) {
    Handle& h = handle(raw);
    std::lock_guard guard(disk(h).mutex);
    if (gone(h)) return SQLITE_IOERR_SHMMAP;
    auto& shm = (*h.file)->shm;
    const auto wanted = static_cast<size_t>(region);
    if (wanted >= shm.size() && extend == 0) {
      *out = nullptr;
      return SQLITE_OK;
    }
    while (shm.size() <= wanted) shm.push_back(std::make_unique<char[]>(static_cast<size_t>(region_size)));
    *out = shm[wanted].get();
    return SQLITE_OK;
  }

  static int shm_lock(sqlite3_file* raw, int offset, int n, int flags) {
    Handle& h = handle(raw);
    std::lock_guard guard(disk(h).mutex);
    if (gone(h)) return SQLITE_IOERR_SHMLOCK;
    DiskFile& file = **h.file;
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if ((flags & SQLITE_SHM_UNLOCK) == 0) {
      for (int i = offset; i < offset + n; ++i) {
        const auto slot = static_cast<size_t>(i);
        const bool own_shared = (h.shm_shared >> i & 1) != 0;
        if (file.shm_exclusive[slot] != nullptr && file.shm_exclusive[slot] != &h) return SQLITE_BUSY;
        if (exclusive && file.shm_shared[slot] > (own_shared ? 1 : 0)) return SQLITE_BUSY;
      }
    }
    for (int i = offset; i < offset + n; ++i) set_shm(h, file, i, exclusive, (flags & SQLITE_SHM_UNLOCK) == 0);
    return SQLITE_OK;
  }

  static void set_shm(Handle& h, DiskFile& file, int i, bool exclusive, bool take) {
    const auto slot = static_cast<size_t>(i);
    const auto bit = static_cast<uint16_t>(1u << i);
    if (exclusive) {
      file.shm_exclusive[slot] = take ? &h : nullptr;
      h.shm_exclusive = static_cast<uint16_t>(take ? h.shm_exclusive | bit : h.shm_exclusive & ~bit);
    } else if (((h.shm_shared & bit) != 0) != take) {
      file.shm_shared[slot] += take ? 1 : -1;
      h.shm_shared = static_cast<uint16_t>(take ? h.shm_shared | bit : h.shm_shared & ~bit);
    }
  }

  static void release_shm(Handle& h, DiskFile& file) {
    for (int i = 0; i < SQLITE_SHM_NLOCK; ++i) {
      if ((h.shm_shared >> i & 1) != 0) set_shm(h, file, i, false, false);
      if ((h.shm_exclusive >> i & 1) != 0) set_shm(h, file, i, true, false);
    }
  }

  static void shm_barrier(sqlite3_file* raw) { std::lock_guard guard(disk(handle(raw)).mutex); }

  static int shm_unmap(sqlite3_file* raw, int) {
    Handle& h = handle(raw);
    std::lock_guard guard(disk(h).mutex);
    release_shm(h, **h.file);  // the regions stay with the file: another connection may still map them
    return SQLITE_OK;
  }

  // ---- the VFS itself
  static Disk& disk(sqlite3_vfs* vfs) { return *static_cast<Disk*>(vfs->pAppData); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* raw, int flags, int* out_flags) {
    Disk& d = disk(vfs);
    std::lock_guard guard(d.mutex);
    Handle& h = handle(raw);
    h.base.pMethods = nullptr;
    if (d.dead) return SQLITE_CANTOPEN;
    const std::string path = name != nullptr ? name : "unnamed-" + std::to_string(++d.unnamed);
    auto file = d.find(path);
    if (file == nullptr && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    if (file == nullptr) file = d.make(path);
    ++file->handles;
    h.disk = &d;
    h.file = new std::shared_ptr<DiskFile>(std::move(file));
    h.generation = d.generation;
    h.level = SQLITE_LOCK_NONE;
    h.delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    h.shm_shared = h.shm_exclusive = 0;
    h.base.pMethods = &d.methods;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int) {
    Disk& d = disk(vfs);
    std::lock_guard guard(d.mutex);
    if (d.grant_change() != Disk::Grant::yes) return SQLITE_IOERR_DELETE;
    return d.files.erase(name) != 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
  }

  static int access(sqlite3_vfs* vfs, const char* name, int, int* out) {
    Disk& d = disk(vfs);
    std::lock_guard guard(d.mutex);
    *out = d.files.contains(name) ? 1 : 0;
    return SQLITE_OK;
  }

  static int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
  }

  static int randomness(sqlite3_vfs* vfs, int size, char* out) {
    disk(vfs).random.fill(out, static_cast<size_t>(size));
    return size;
  }
  static int sleep(sqlite3_vfs*, int us) { return us; }
  static int time(sqlite3_vfs* vfs, double* out) { return disk(vfs).host->xCurrentTime(disk(vfs).host, out); }
  static int last_error(sqlite3_vfs*, int, char*) { return 0; }

  static void fill(Disk& d) {
    d.methods = {3, close, read, write, truncate, sync, size, lock, unlock, check_reserved, file_control, sector_size,
                 characteristics, shm_map, shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};
    d.vfs.iVersion = 1;
    d.vfs.szOsFile = sizeof(Handle);
    d.vfs.mxPathname = 512;
    d.vfs.zName = d.name.c_str();
    d.vfs.pAppData = &d;
    d.vfs.xOpen = open;
    d.vfs.xDelete = remove;
    d.vfs.xAccess = access;
    d.vfs.xFullPathname = full_path;
    d.vfs.xRandomness = randomness;
    d.vfs.xSleep = sleep;
    d.vfs.xCurrentTime = time;
    d.vfs.xGetLastError = last_error;
  }
};

MemoryDisk::MemoryDisk(uint64_t seed) : impl_(std::make_unique<Impl>(seed)) {
  static std::atomic<int> count{0};
  impl_->name = "memory-disk-" + std::to_string(++count);
  DiskCalls::fill(*impl_);
  sqlite3_vfs_register(&impl_->vfs, 0);
}

MemoryDisk::~MemoryDisk() { sqlite3_vfs_unregister(&impl_->vfs); }

}  // namespace satchel::support

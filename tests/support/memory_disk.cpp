#include "tests/support/memory_disk.hpp"

#include <algorithm>

#include "tests/support/memory_disk_files.hpp"

namespace satchel::support {
namespace {

void apply(std::string& content, const Unsynced& change, size_t length) {
  if (change.truncate) {
    content.resize(change.offset);
    return;
  }
  if (content.size() < change.offset) content.resize(change.offset);
  content.replace(change.offset, std::min<size_t>(length, content.size() - change.offset), change.bytes, 0, length);
}

void undo(std::string& content, const Unsynced& change) {
  content.resize(change.size_before);
  content.replace(std::min<size_t>(change.offset, content.size()), change.overwritten.size(), change.overwritten);
}

// What survives of one file: each unsynced change with even odds, one in four of them perhaps only in part.
void forget(DiskFile& file, Random& random) {
  std::string survived = std::move(file.now);
  std::for_each(file.unsynced.rbegin(), file.unsynced.rend(), [&](const auto& change) { undo(survived, change); });
  for (const auto& change : file.unsynced) {
    if (random.below(2) == 0) continue;
    const size_t sectors = (change.bytes.size() + disk_sector - 1) / disk_sector;
    const bool torn = !change.truncate && random.below(4) == 0;
    apply(survived, change,
          torn ? std::min(change.bytes.size(), random.below(sectors + 1) * disk_sector) : change.bytes.size());
  }
  file.unsynced.clear();
  file.now = std::move(survived);
}

}  // namespace

uint64_t MemoryDisk::Impl::used() const {
  uint64_t sum = 0;
  for (const auto& [path, file] : files) sum += file->now.size();
  return sum;
}

std::shared_ptr<DiskFile> MemoryDisk::Impl::find(const std::string& path) const {
  const auto found = files.find(path);
  return found == files.end() ? nullptr : found->second;
}

std::shared_ptr<DiskFile> MemoryDisk::Impl::make(const std::string& path) {
  auto file = std::make_shared<DiskFile>();
  file->number = ++last_number;
  files[path] = file;
  return file;
}

// Files get new objects, so that handles of before see nothing of what comes after.
void MemoryDisk::Impl::stop(Stop how, uint64_t seed) {
  SeededRandom chance(seed);
  std::map<DiskFile*, std::shared_ptr<DiskFile>> successors;  // one file may have two names
  for (auto& [path, file] : files) {
    auto& fresh = successors[file.get()];
    if (fresh == nullptr) {
      fresh = std::make_shared<DiskFile>();
      std::swap(fresh->now, file->now);
      std::swap(fresh->unsynced, file->unsynced);
      fresh->number = file->number;
      fresh->changes = file->changes;
      if (how == Stop::power_cut) forget(*fresh, chance);
    }
    file = fresh;
  }
  ++generation;
  last_stop = how;
  dead = true;
  stop_at = UINT64_MAX;
}

MemoryDisk::Impl::Grant MemoryDisk::Impl::grant_change() {
  if (dead) return Grant::dead;
  if (operations >= stop_at) {
    stop(stop_how, stop_seed);
    return Grant::dead;
  }
  ++operations;
  if (operations <= fail_from || fail_times == 0) return Grant::yes;
  --fail_times;
  return Grant::fails;
}

int MemoryDisk::Impl::change(DiskFile& file, Unsynced change, int failed) {
  if (grant_change() != Grant::yes) return failed;
  const uint64_t end = change.offset + change.bytes.size();
  if (!change.truncate && end > file.now.size() && capacity != UINT64_MAX &&
      used() + (end - file.now.size()) > capacity) {
    return SQLITE_FULL;
  }
  change.size_before = file.now.size();
  if (change.offset < file.now.size()) {
    change.overwritten = file.now.substr(change.offset, change.truncate ? std::string::npos : change.bytes.size());
  }
  apply(file.now, change, change.bytes.size());
  ++file.changes;
  file.unsynced.push_back(std::move(change));
  return SQLITE_OK;
}

int MemoryDisk::Impl::sync(DiskFile& file, int failed) {
  if (grant_change() != Grant::yes) return failed;
  file.unsynced.clear();
  return SQLITE_OK;
}

const std::string& MemoryDisk::vfs() const { return impl_->name; }

void MemoryDisk::stop(Stop how, uint64_t seed) {
  std::lock_guard lock(impl_->mutex);
  impl_->stop(how, seed);
}
void MemoryDisk::power_cut(uint64_t seed) { stop(Stop::power_cut, seed); }

void MemoryDisk::stop_after(Stop how, uint64_t operations, uint64_t seed) {
  std::lock_guard lock(impl_->mutex);
  impl_->stop_how = how;
  impl_->stop_at = impl_->operations + operations;
  impl_->stop_seed = seed;
}
void MemoryDisk::power_cut_after(uint64_t operations, uint64_t seed) { stop_after(Stop::power_cut, operations, seed); }

uint64_t MemoryDisk::operations() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->operations;
}
uint64_t MemoryDisk::bytes_read() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->bytes_read;
}
bool MemoryDisk::dead() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->dead;
}
Stop MemoryDisk::last_stop() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->last_stop;
}
void MemoryDisk::revive() {
  std::lock_guard lock(impl_->mutex);
  impl_->dead = false;
  impl_->stop_at = UINT64_MAX;
}
void MemoryDisk::set_capacity(uint64_t bytes) {
  std::lock_guard lock(impl_->mutex);
  impl_->capacity = bytes;
}
void MemoryDisk::fail_after(uint64_t operations, uint64_t times) {
  std::lock_guard lock(impl_->mutex);
  impl_->fail_from = impl_->operations + operations;
  impl_->fail_times = times;
}
uint64_t MemoryDisk::used() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->used();
}

// ---- files beside SQLite

bool MemoryDisk::exists(const std::string& name) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->find(name) != nullptr;
}
uint64_t MemoryDisk::size(const std::string& name) const {
  std::lock_guard lock(impl_->mutex);
  const auto file = impl_->find(name);
  return file == nullptr ? 0 : file->now.size();
}
std::string MemoryDisk::stamp(const std::string& name) const {
  std::lock_guard lock(impl_->mutex);
  const auto file = impl_->find(name);
  return file == nullptr ? std::string() : std::to_string(file->number) + "." + std::to_string(file->changes);
}
bool MemoryDisk::write_tail(const std::string& name, uint64_t offset, const std::string& bytes) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->dead) return false;
  auto file = impl_->find(name);
  if (file == nullptr) file = impl_->make(name);
  return impl_->change(*file, {true, offset, {}}, SQLITE_IOERR) == SQLITE_OK &&
         impl_->change(*file, {false, offset, bytes}, SQLITE_IOERR) == SQLITE_OK;
}
bool MemoryDisk::sync(const std::string& name) {
  std::lock_guard lock(impl_->mutex);
  const auto file = impl_->find(name);
  return file != nullptr && impl_->sync(*file, SQLITE_IOERR) == SQLITE_OK;
}
bool MemoryDisk::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->grant_change() != Impl::Grant::yes) return false;
  const auto file = impl_->find(from);
  if (file == nullptr) return false;
  impl_->files[to] = file;
  impl_->files.erase(from);
  return true;
}
bool MemoryDisk::remove(const std::string& name) {
  std::lock_guard lock(impl_->mutex);
  return impl_->grant_change() == Impl::Grant::yes && impl_->files.erase(name) != 0;
}
bool MemoryDisk::link(const std::string& from, const std::string& to) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->grant_change() != Impl::Grant::yes) return false;
  const auto file = impl_->find(from);
  if (file == nullptr || impl_->find(to) != nullptr) return false;
  impl_->files[to] = file;
  return true;
}

// ---- for tests

std::string MemoryDisk::read(const std::string& name) const {
  std::lock_guard lock(impl_->mutex);
  const auto file = impl_->find(name);
  return file == nullptr ? std::string() : file->now;
}
void MemoryDisk::write(const std::string& name, const std::string& bytes) {
  std::lock_guard lock(impl_->mutex);
  const auto file = impl_->make(name);
  file->now = bytes;
}
std::map<std::string, std::string> MemoryDisk::contents() const {
  std::lock_guard lock(impl_->mutex);
  std::map<std::string, std::string> files;
  for (const auto& [path, file] : impl_->files) files.emplace(path, file->now);
  return files;
}
void MemoryDisk::put_back(const std::map<std::string, std::string>& files) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->files.clear();
  }
  for (const auto& [path, bytes] : files) write(path, bytes);
}

}  // namespace satchel::support

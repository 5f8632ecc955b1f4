#include "tests/support_centre/disk_files.hpp"

#include <set>

#include "core/base/hash.hpp"

namespace satchel::test {
namespace {

struct Holders {
  std::set<const void*> shared;
  const void* exclusive = nullptr;
};

class DiskLock final : public server::Files::Lock {
 public:
  explicit DiskLock(std::shared_ptr<Holders> holders) : holders_(std::move(holders)) {}
  ~DiskLock() override { DiskLock::let_go(); }

  // Nobody to wait for: there is one thread, and whoever holds it cannot let go meanwhile.
  bool take(How how, bool) override {
    const bool others_share = holders_->shared.size() > holders_->shared.count(this);
    if (holders_->exclusive != nullptr && holders_->exclusive != this) return false;
    if (how == How::exclusive && others_share) return false;
    let_go();
    if (how == How::exclusive) holders_->exclusive = this;
    if (how == How::shared) holders_->shared.insert(this);
    return true;
  }
  void let_go() override {
    if (holders_->exclusive == this) holders_->exclusive = nullptr;
    holders_->shared.erase(this);
  }

 private:
  std::shared_ptr<Holders> holders_;
};

class DiskFiles final : public server::Files {
 public:
  DiskFiles(support::MemoryDisk& disk, StampOf stamp) : disk_(disk), stamp_(stamp) {}

  Result<Bytes> read(const std::string& path) override {
    if (!disk_.exists(path)) return make_error(Code::not_found, "There is no such file.", path);
    return disk_.read(path);
  }
  Result<> replace(const std::string& path, BytesView content, bool) override {
    const std::string beside = path + ".new";
    return done(disk_.write_tail(beside, 0, Bytes(content)) && disk_.sync(beside) && disk_.rename(beside, path), path);
  }
  Result<> write_tail(const std::string& path, uint64_t offset, BytesView tail) override {
    return done(disk_.write_tail(path, offset, Bytes(tail)) && disk_.sync(path), path);
  }
  Result<> remove(const std::string& path) override { return done(!disk_.exists(path) || disk_.remove(path), path); }
  Result<> rename(const std::string& from, const std::string& to) override {
    return done(disk_.rename(from, to), from);
  }
  Result<> link(const std::string& from, const std::string& to) override { return done(disk_.link(from, to), from); }
  Result<> sync(const std::string& path) override { return done(disk_.sync(path), path); }
  Result<> make_directory(const std::string&) override { return {}; }
  bool exists(const std::string& path) override { return disk_.exists(path); }
  Result<uint64_t> size(const std::string& path) override { return disk_.size(path); }
  std::string stamp(const std::string& path) override {
    if (stamp_ == StampOf::file || !disk_.exists(path)) return disk_.stamp(path);
    return to_hex(Hasher("satchel.test.stamp").part(disk_.read(path)).finish().view());
  }
  Result<std::unique_ptr<Lock>> open_lock(const std::string& path) override {
    auto& holders = locks_[path];
    if (holders == nullptr) holders = std::make_shared<Holders>();
    return std::unique_ptr<Lock>(std::make_unique<DiskLock>(holders));
  }

 private:
  static Result<> done(bool good, const std::string& path) {
    if (good) return {};
    return make_error(Code::io, "The disk did not do what it was asked.", path);
  }
  support::MemoryDisk& disk_;
  const StampOf stamp_;
  std::map<std::string, std::shared_ptr<Holders>> locks_;
};

}  // namespace

std::unique_ptr<server::Files> make_disk_files(support::MemoryDisk& disk, StampOf stamp) {
  return std::make_unique<DiskFiles>(disk, stamp);
}

}  // namespace satchel::test

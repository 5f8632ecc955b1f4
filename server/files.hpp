// What the centre does with files outside its database, beyond core/base/files.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/files.hpp"

namespace satchel::server {

Result<> make_directory(const std::string& path);
bool file_exists(const std::string& path);
// What stat says of it: changes when the file is replaced, copied over or written. Empty when it is not there.
std::string file_stamp(const std::string& path);

// What the open central store does to the files beside its database: an argument (ServiceOptions::files), so that the
// simulator can give it a disk of its own. Whatever changes something is durable when it returns.
class Files {
 public:
  // A lock on a file, as flock(2): among all holders of the same file, whichever process they are in. Let go by the
  // destructor. One thread.
  class Lock {
   public:
    enum class How { shared, exclusive };
    virtual ~Lock() = default;
    virtual bool take(How how, bool wait) = 0;  // also changes a lock that is held
    virtual void let_go() = 0;
  };

  virtual ~Files() = default;
  virtual Result<Bytes> read(const std::string& path) = 0;  // Code::not_found when it is not there
  virtual Result<> replace(const std::string& path, BytesView content, bool secret) = 0;  // as replace_file()
  // Whatever lies from `offset` on becomes `tail`; the file is made when it is not there.
  virtual Result<> write_tail(const std::string& path, uint64_t offset, BytesView tail) = 0;
  virtual Result<> remove(const std::string& path) = 0;  // fine when it is not there
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<> link(const std::string& from, const std::string& to) = 0;  // a second name; not synced
  virtual Result<> sync(const std::string& path) = 0;
  virtual Result<> make_directory(const std::string& path) = 0;
  virtual bool exists(const std::string& path) = 0;
  virtual Result<uint64_t> size(const std::string& path) = 0;  // 0 when it is not there
  virtual std::string stamp(const std::string& path) = 0;      // as file_stamp()
  virtual Result<std::unique_ptr<Lock>> open_lock(const std::string& path) = 0;
};
std::unique_ptr<Files> system_files();

}  // namespace satchel::server

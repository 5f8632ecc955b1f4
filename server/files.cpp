#include "server/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

namespace satchel::server {

Result<> make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return make_error(Code::io, "Cannot make the directory: " + error.message() + ".", path);
  return {};
}

bool file_exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

std::string file_stamp(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return std::to_string(info.st_dev) + "." + std::to_string(info.st_ino) + "." + std::to_string(info.st_size) + "." +
         std::to_string(info.st_ctim.tv_sec) + "." + std::to_string(info.st_ctim.tv_nsec);
}

namespace {

class FileLock final : public Files::Lock {
 public:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  bool take(How how, bool wait) override {
    const int operation = (how == How::shared ? LOCK_SH : LOCK_EX) | (wait ? 0 : LOCK_NB);
    int result = 0;
    do {
      result = ::flock(file_.number(), operation);
    } while (result != 0 && errno == EINTR);
    return result == 0;
  }
  void let_go() override { static_cast<void>(::flock(file_.number(), LOCK_UN)); }

 private:
  Descriptor file_;
};

class SystemFiles final : public Files {
 public:
  Result<Bytes> read(const std::string& path) override { return read_file(path); }
  Result<> replace(const std::string& path, BytesView content, bool secret) override {
    return replace_file(path, content, secret);
  }

  Result<> write_tail(const std::string& path, uint64_t offset, BytesView tail) override {
    const bool fresh = !file_exists(path);
    {
      const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
      if (!file.open()) return file_error("open the file", path);
      if (::ftruncate(file.number(), static_cast<off_t>(offset)) != 0) return file_error("write the file", path);
      SATCHEL_TRY(write_at(file, offset, tail, path));
      SATCHEL_TRY(sync_file(file, path));
    }
    if (fresh) return sync_folder(folder_of(path));
    return {};
  }

  Result<> remove(const std::string& path) override {
    if (::unlink(path.c_str()) == 0) return sync_folder(folder_of(path));
    if (errno == ENOENT) return {};
    return file_error("remove the file", path);
  }

  Result<> rename(const std::string& from, const std::string& to) override { return rename_file(from, to); }

  Result<> link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) != 0) return file_error("give the file a second name", from);
    return {};
  }

  Result<> sync(const std::string& path) override { return sync_file(path); }
  Result<> make_directory(const std::string& path) override { return server::make_directory(path); }
  bool exists(const std::string& path) override { return file_exists(path); }

  Result<uint64_t> size(const std::string& path) override {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) return static_cast<uint64_t>(info.st_size);
    if (errno == ENOENT) return uint64_t{0};
    return file_error("read the file", path);
  }

  std::string stamp(const std::string& path) override { return file_stamp(path); }

  Result<std::unique_ptr<Lock>> open_lock(const std::string& path) override {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file.open()) return file_error("lock the file", path);
    return std::unique_ptr<Lock>(std::make_unique<FileLock>(std::move(file)));
  }
};

}  // namespace

std::unique_ptr<Files> system_files() { return std::make_unique<SystemFiles>(); }

}  // namespace satchel::server

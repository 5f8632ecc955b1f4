#include "server/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace satchel::server {
namespace {

Error file_error(const char* what, const std::string& path) {
  const int number = errno;
  const Code code = number == ENOENT ? Code::not_found : number == ENOSPC ? Code::disk_full : Code::io;
  return make_error(code, std::string("Cannot ") + what + ": " + std::strerror(number) + ".", path);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool open() const { return number_ >= 0; }

 private:
  int number_;
};

}  // namespace

Result<Bytes> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return file_error("read the file", path);
  Bytes content;
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(file.number(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("read the file", path);
    if (count == 0) return content;
    content.append(buffer, static_cast<size_t>(count));
  }
}

Result<> sync_directory(const std::string& directory) {
  const Descriptor folder(::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.open() || ::fsync(folder.number()) != 0) return file_error("sync the directory", directory);
  return {};
}

Result<> sync_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open() || ::fsync(file.number()) != 0) return file_error("sync the file", path);
  return {};
}

Result<> replace_file(const std::string& path, BytesView content, bool secret) {
  const std::string beside = path + ".new";
  {
    const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, secret ? 0600 : 0644));
    if (!file.open()) return file_error("write the file", beside);
    while (!content.empty()) {
      const ssize_t count = ::write(file.number(), content.data(), content.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return file_error("write the file", beside);
      content.remove_prefix(static_cast<size_t>(count));
    }
    if (::fsync(file.number()) != 0) return file_error("sync the file", beside);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return file_error("replace the file", path);
  return sync_directory(std::filesystem::path(path).parent_path().string());
}

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
  explicit FileLock(int number) : file_(number) {}
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

Result<> write_all(const Descriptor& file, BytesView content, off_t at, const std::string& path) {
  while (!content.empty()) {
    const ssize_t count = ::pwrite(file.number(), content.data(), content.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("write the file", path);
    at += count;
    content.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

std::string directory_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

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
      SATCHEL_TRY(write_all(file, tail, static_cast<off_t>(offset), path));
      if (::fsync(file.number()) != 0) return file_error("sync the file", path);
    }
    if (fresh) return sync_directory(directory_of(path));
    return {};
  }

  Result<> remove(const std::string& path) override {
    if (::unlink(path.c_str()) == 0) return sync_directory(directory_of(path));
    if (errno == ENOENT) return {};
    return file_error("remove the file", path);
  }

  Result<> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return file_error("rename the file", from);
    return sync_directory(directory_of(to));
  }

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
    const int number = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (number < 0) return file_error("lock the file", path);
    return std::unique_ptr<Lock>(std::make_unique<FileLock>(number));
  }
};

}  // namespace

std::unique_ptr<Files> system_files() { return std::make_unique<SystemFiles>(); }

}  // namespace satchel::server

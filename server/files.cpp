#include "server/files.hpp"

#include <fcntl.h>
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

}  // namespace satchel::server

#include "core/base/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace satchel {
namespace {

int synced(int number) {
#ifdef F_FULLFSYNC
  if (::fcntl(number, F_FULLFSYNC) == 0) return 0;  // a file system that has no such thing has fsync
#endif
  int result = 0;
  do {
    result = ::fsync(number);
  } while (result != 0 && errno == EINTR);
  return result;
}

Result<> write_new(const std::string& path, BytesView content, bool secret) {
  ::unlink(path.c_str());  // with it goes what it allowed to whom
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0644));
  if (!file.open()) return file_error("write the file", path);
  SATCHEL_TRY(write_at(file, 0, content, path));
  return sync_file(file, path);
}

}  // namespace

Descriptor::~Descriptor() {
  if (open()) ::close(number_);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Error file_error(const char* what, const std::string& path) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT;
  const Code code = number == ENOENT ? Code::not_found : full ? Code::disk_full : Code::io;
  return make_error(code, std::string("Cannot ") + what + ": " + std::strerror(number) + ".", path);
}

std::string folder_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

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

Result<> write_at(const Descriptor& file, uint64_t offset, BytesView content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t count = ::pwrite(file.number(), content.data(), content.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("write the file", path);
    offset += static_cast<uint64_t>(count);
    content.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

Result<> sync_file(const Descriptor& file, const std::string& path) {
  if (synced(file.number()) != 0) return file_error("sync the file", path);
  return {};
}

Result<> sync_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return file_error("sync the file", path);
  return sync_file(file, path);
}

Result<> sync_folder(const std::string& path) {
  const Descriptor folder(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // EINVAL: a file system that has no such thing, as some cards on Android; it does what it can by itself.
  if (!folder.open() || (synced(folder.number()) != 0 && errno != EINVAL)) return file_error("sync the folder", path);
  return {};
}

Result<> rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return file_error("rename the file", from);
  SATCHEL_TRY(sync_folder(folder_of(to)));
  if (folder_of(from) != folder_of(to)) return sync_folder(folder_of(from));
  return {};
}

Result<> replace_file(const std::string& path, BytesView content, bool secret) {
  const std::string beside = path + ".new";
  Result<> done = write_new(beside, content, secret);
  if (done.ok()) done = rename_file(beside, path);
  if (!done.ok()) ::unlink(beside.c_str());
  return done;
}

}  // namespace satchel

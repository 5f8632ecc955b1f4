#include "tests/support/system_calls.hpp"

#include <sqlite3.h>
#include <unistd.h>

namespace satchel::support {
namespace {

SystemCalls::OnChange& observer() {
  static SystemCalls::OnChange on_change;
  return on_change;
}

ssize_t seen_write(int file, const void* bytes, size_t size) {
  observer()({static_cast<const char*>(bytes), size});
  return ::write(file, bytes, size);
}
ssize_t seen_pwrite(int file, const void* bytes, size_t size, off_t at) {
  observer()({static_cast<const char*>(bytes), size});
  return ::pwrite(file, bytes, size, at);
}
int seen_truncate(int file, off_t size) {
  observer()({});
  return ::ftruncate(file, size);
}
int seen_unlink(const char* path) {
  observer()({});
  return ::unlink(path);
}

template <class Call>
void replace(const char* name, Call* call) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  vfs->xSetSystemCall(vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(call));
}

}  // namespace

SystemCalls::SystemCalls(OnChange on_change) {
  observer() = std::move(on_change);
  replace("write", seen_write);
  replace("pwrite", seen_pwrite);
  replace("pwrite64", seen_pwrite);  // off_t has 64 bits here
  replace("ftruncate", seen_truncate);
  replace("unlink", seen_unlink);
}

SystemCalls::~SystemCalls() {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  vfs->xSetSystemCall(vfs, nullptr, nullptr);  // all as they were
  observer() = {};
}

}  // namespace satchel::support

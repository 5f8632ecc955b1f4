#include <sqlite3.h>

#include <filesystem>

#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>
#endif

#include "core/sqlite/database.hpp"
#include "core/sqlite/errors.hpp"

namespace satchel::sqlite {
namespace {

// The new name survives a power cut only when the folder is synced too.
void sync_folder([[maybe_unused]] const std::filesystem::path& file) {
#ifndef _WIN32
  const std::string folder = file.parent_path().empty() ? "." : file.parent_path().string();
  const int descriptor = ::open(folder.c_str(), O_RDONLY);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
#endif
}

}  // namespace

Result<> Database::copy_into(const std::string& path) {
  sqlite3* source = handle();
  sqlite3_vfs* vfs = nullptr;
  int code = sqlite3_file_control(source, "main", SQLITE_FCNTL_VFS_POINTER, static_cast<void*>(&vfs));
  sqlite3* target = nullptr;
  if (code == SQLITE_OK) {
    code = sqlite3_open_v2(path.c_str(), &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE,
                           vfs->zName);
  }
  if (code == SQLITE_OK) {
    sqlite3_backup* backup = sqlite3_backup_init(target, "main", source, "main");
    if (backup == nullptr) {
      code = sqlite3_extended_errcode(target);
    } else {
      // All in one step: with WAL it reads one snapshot and holds nobody up; in small steps it would start over at
      // each commit.
      sqlite3_backup_step(backup, -1);
      code = sqlite3_backup_finish(backup);
    }
  }
  const Result<> result = code == SQLITE_OK ? Result<>() : Result<>(error_of(code, target));
  sqlite3_close(target);
  return result;
}

Result<> Database::backup_to(const std::string& path) {
  const std::string part = path + ".part";
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  const Result<> copied = copy_into(part);
  std::error_code failed;
  if (copied.ok()) std::filesystem::rename(part, path, failed);
  if (!copied.ok() || failed) std::filesystem::remove(part, ignored);
  if (!copied.ok()) {
    Error error = copied.error();
    error.place = path + " (" + error.place + ")";
    return error;
  }
  if (failed) return make_error(Code::io, "The copy could not be put in its place: " + failed.message(), path);
  sync_folder(path);
  return {};
}

}  // namespace satchel::sqlite

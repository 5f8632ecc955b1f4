#include <sqlite3.h>

#include <filesystem>

#include "core/base/files.hpp"
#include "core/sqlite/cipher.hpp"
#include "core/sqlite/database.hpp"
#include "core/sqlite/errors.hpp"

namespace satchel::sqlite {

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
    if (const Result<> keyed = use_key(target, key()); !keyed.ok()) {
      sqlite3_close(target);
      return keyed;
    }
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
  Result<> done = copy_into(part);
  if (!done.ok()) {
    Error error = done.error();
    error.place = path + " (" + error.place + ")";
    done = error;
  } else {
    done = rename_file(part, path);
  }
  if (!done.ok()) std::filesystem::remove(part, ignored);
  return done;
}

Result<Bytes> Database::pages() {
  sqlite3_int64 size = 0;
  unsigned char* content = sqlite3_serialize(handle(), "main", &size, 0);
  if (content == nullptr) return error_of(sqlite3_extended_errcode(handle()), handle());
  Bytes pages(reinterpret_cast<const char*>(content), static_cast<size_t>(size));
  sqlite3_free(content);
  return pages;
}

}  // namespace satchel::sqlite

// A store gets another key: everything is written anew into a file beside it, which takes its place when it is whole.
#include "core/store/rekey.hpp"

#include <filesystem>

#include "core/base/files.hpp"
#include "core/store/create.hpp"
#include "core/store/tables.hpp"

namespace satchel::store {
namespace {

namespace fs = std::filesystem;

sqlite::OpenOptions file_of(const Options& options, std::string path, SecretBytes key, bool create) {
  sqlite::OpenOptions open;
  open.path = std::move(path);
  open.create = create;
  open.application_id = application_id;
  open.vfs = options.vfs;
  open.key = std::move(key);
  open.busy_timeout_ms = 0;  // whoever has it open is told so by Code::busy, and closes it
  return open;
}

// Whole, closed and synced, without a log beside it.
Result<> write_anew(sqlite::Database& from, const sqlite::OpenOptions& to) {
  SATCHEL_ASSIGN(auto fresh, sqlite::Database::open(to));
  SATCHEL_TRY(bring_up_to_date(fresh));
  SATCHEL_TRY(sqlite::copy_rows(from, fresh));
  SATCHEL_TRY(fresh.integrity_check());
  return fresh.checkpoint(true);
}

}  // namespace

std::string rekeyed_path(const std::string& path) { return path + ".rekeyed"; }

void remove_rekeyed(const std::string& path) {
  std::error_code ignored;
  if (!fs::exists(rekeyed_path(path), ignored)) return;
  for (const char* suffix : {"-wal", "-shm", "-journal", ""}) fs::remove(rekeyed_path(path) + suffix, ignored);
}

Result<> rekey(const Options& options, const SecretBytes& key) {
  if (key.empty()) return make_error(Code::invalid, "A store that is encrypted stays so. Give the new key.", "new_key");
  SATCHEL_TRY(sqlite::check_key(key));
  if (sqlite::file_exists(rescued_path(options.path), options.vfs)) {
    return make_error(Code::corrupt, "The rescue of this store was interrupted. Rescue it again.", options.path);
  }
  SATCHEL_ASSIGN(auto db, sqlite::Database::open(file_of(options, options.path, options.key, false)));
  SATCHEL_TRY(bring_up_to_date(db));
  SATCHEL_TRY(db.take_alone());
  remove_rekeyed(options.path);  // of one that was killed
  const Result<> written = write_anew(db, file_of(options, rekeyed_path(options.path), key, true));
  if (!written.ok()) {
    remove_rekeyed(options.path);
    return written;
  }
  std::error_code error;
  const auto allowed = fs::status(options.path, error).permissions();
  if (!error) fs::permissions(rekeyed_path(options.path), allowed, error);
  if (error) return make_error(Code::io, "It cannot be said who may read the file: " + error.message() + ".", options.path);
  return rename_file(rekeyed_path(options.path), options.path);
}

}  // namespace satchel::store

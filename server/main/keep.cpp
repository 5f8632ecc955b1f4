#include <filesystem>
#include <iostream>

#include "core/sqlite/database.hpp"
#include "server/files.hpp"
#include "server/life.hpp"
#include "server/main/operator.hpp"
#include "server/sealing_keys.hpp"

namespace satchel::server::cli {
namespace {

constexpr const char* parts_of_database[] = {"", "-wal", "-shm"};

std::string stamp_for_name(const Clock& clock) {
  std::string stamp = format_instant(clock.wall_ms());
  std::erase(stamp, ':');
  return stamp;
}

// A backup is a whole database in one file; anything else must not replace the centre's.
Result<> check_backup(const std::string& from) {
  if (!file_exists(from)) return make_error(Code::not_found, "There is no file " + from + ".", from);
  sqlite::OpenOptions options;
  options.path = from;
  options.read_only = true;
  options.create = false;
  SATCHEL_ASSIGN(auto database, sqlite::Database::open(options));
  return database.integrity_check();
}

Result<std::string> move_aside(const std::string& database, const std::string& stamp) {
  const std::string aside = database + ".before-restore-" + stamp;
  for (const char* part : parts_of_database) {
    if (!file_exists(database + part)) continue;
    SATCHEL_TRY(rename_file(database + part, aside + part));
  }
  return aside;
}

}  // namespace

Result<> backup(const Common& common, const std::string& to) {
  if (file_exists(to)) return make_error(Code::invalid, "There is a file " + to + " already; it was left as it is.");
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_TRY(centre->admin().backup(to));
  std::error_code error;
  std::cout << "Backup written and verified: " << to << " (" << std::filesystem::file_size(to, error) << " bytes).\n";
  if (!centre->config().service.backup_configured) {
    std::cout << "/backup/configured is false: tablets do not keep what a restore would need. See docs/OPERATING.md.\n";
  }
  return {};
}

Result<> restore(const Common& common, const std::string& from) {
  SATCHEL_ASSIGN(const Config config, load_config(common.config_file));
  const SystemClock clock;
  // Alone in there until this is done: whoever comes meanwhile waits at the door.
  const auto files = system_files();
  SATCHEL_ASSIGN(const Occupancy alone, Occupancy::enter(*files, config.service.data_dir));
  if (!alone.first()) {
    return make_error(Code::busy, "A satchel-server is running on " + config.service.data_dir + ". Stop it first.",
                      config.service.data_dir);
  }
  SATCHEL_TRY(check_backup(from));
  const std::string database = config.service.data_dir + "/centre.db";
  const std::string draft = database + ".restoring";
  std::error_code error;
  // Copied before anything is moved: a full disk leaves the centre as it was.
  std::filesystem::copy_file(from, draft, std::filesystem::copy_options::overwrite_existing, error);
  if (error) return make_error(Code::io, "Could not copy " + from + ": " + error.message() + ".", draft);
  std::filesystem::permissions(draft, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  SATCHEL_TRY(sync_file(draft));
  const bool was_there = file_exists(database);
  SATCHEL_ASSIGN(const std::string aside, move_aside(database, stamp_for_name(clock)));
  SATCHEL_TRY(rename_file(draft, database));
  std::cout << "Restored from " << from << ".\n";
  if (was_there) std::cout << "What was there is kept as " << aside << "\n";
  std::cout << "Start the server: it begins a new stretch of history, replays grants, suspensions and withdrawals\n"
               "from its ledger, and takes back from the tablets what the backup did not hold.\n";
  return {};
}

Result<> renew_sealing_key(const Common& common) {
  SATCHEL_ASSIGN(const Config config, load_config(common.config_file));
  SystemRandom random;
  SATCHEL_ASSIGN(const auto fresh, SealingKeys::renew(*system_files(), config.service.keys_dir, random));
  std::cout << "Key " << to_hex(fresh.id) << " is handed out from the next start on. The others stay in "
            << SealingKeys::path(config.service.keys_dir) << "\nand open what tablets sealed before. Back the file up.\n";
  return {};
}

Result<> verify(const Common& common) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_TRY(centre->admin().verify());
  std::cout << "In order: every record is what its history says.\n";
  return {};
}

}  // namespace satchel::server::cli

#include "server/backup.hpp"

#include <algorithm>

#include "server/first_sync.hpp"
#include "server/tables.hpp"

namespace satchel::server {
namespace {

struct Reached {
  int64_t org = 0;
  ScopeId scope;
  uint64_t head = 0;
  Hash256 log_digest;
};

// Opens the copy as a restore would, verifies it, and says up to where it reaches.
Result<std::vector<Reached>> verify_copy(const std::string& path, const std::string& vfs) {
  sqlite::OpenOptions options;
  options.path = path;
  options.create = false;
  options.application_id = centre_application_id;
  options.vfs = vfs;
  SATCHEL_ASSIGN(sqlite::Database copy, sqlite::Database::open(options));
  SATCHEL_TRY(verify_database(copy));
  std::vector<Reached> reached;
  log::Log log(copy);
  SATCHEL_ASSIGN(const auto orgs, organisations(copy));
  for (const int64_t org : orgs) {
    SATCHEL_ASSIGN(const auto scopes, log.scopes(org));
    for (const auto& scope : scopes) reached.push_back({org, scope.id, scope.head, scope.log_digest});
  }
  SATCHEL_TRY(copy.checkpoint(true));
  return reached;
}

Result<> move_kept_to(Centre& centre, const Reached& item) {
  SATCHEL_ASSIGN(const auto scope, centre.log().find_scope(item.org, item.scope));
  if (!scope || scope->head < item.head || scope->kept_to > item.head) return {};
  if (scope->kept_to == item.head && scope->layer == item.head) return {};
  // The same log, not just the same length: a restore may have come in between.
  SATCHEL_ASSIGN(const Hash256 digest, centre.log().log_digest_at(scope->key, item.head));
  if (digest != item.log_digest) return {};
  SATCHEL_TRY(centre.log().set_kept_to(scope->key, item.head));
  SATCHEL_ASSIGN(const bool pinned, is_pinned(centre, *scope));
  if (pinned) return {};  // the next backup moves it
  return centre.log().checkpoint(scope->key, item.head);
}

// In portions: devices go on writing in between.
Result<> move_all_kept_to(Centre& centre, const std::vector<Reached>& reached) {
  constexpr size_t portion = 64;
  for (size_t from = 0; from < reached.size(); from += portion) {
    SATCHEL_ASSIGN(Work work, Work::begin(centre));
    for (size_t i = from; i < std::min(from + portion, reached.size()); ++i) {
      SATCHEL_TRY(move_kept_to(centre, reached[i]));
    }
    SATCHEL_TRY(work.commit());
  }
  return {};
}

}  // namespace

Result<> verify_database(sqlite::Database& db) {
  SATCHEL_TRY(db.integrity_check());
  SATCHEL_ASSIGN(auto snapshot, sqlite::Transaction::begin(db, sqlite::Transaction::Kind::read));
  log::Log log(db);
  SATCHEL_ASSIGN(const auto orgs, organisations(db));
  for (const int64_t org : orgs) {
    SATCHEL_ASSIGN(const auto scopes, log.scopes(org));
    for (const auto& scope : scopes) SATCHEL_TRY(log.verify(scope.key));
  }
  return snapshot.commit();
}

Result<> backup_centre(Centre& centre, const std::string& to_path) {
  const std::string part = to_path + ".part";
  Files& files = *centre.options().files;
  const auto discard = [&] {
    for (const char* end : {"", "-wal", "-shm"}) static_cast<void>(files.remove(part + end).ok());
  };
  discard();
  const Result<> copied = centre.db().copy_into(part);
  if (!copied.ok()) {
    discard();
    return copied;
  }
  auto reached = verify_copy(part, centre.options().vfs);
  if (!reached.ok()) {
    discard();
    return make_error(reached.error().code, "The backup was made but is not good: " + reached.error().message, to_path);
  }
  SATCHEL_TRY(files.sync(part));
  const Result<> named = files.rename(part, to_path);
  if (!named.ok()) return make_error(named.error().code, "The backup cannot be given its name.", to_path);
  SATCHEL_TRY(move_all_kept_to(centre, *reached));
  centre.logger().log(LogLevel::info, "backup", {{"scopes", std::to_string(reached->size())}});
  return {};
}

}  // namespace satchel::server

// A damaged file: moved aside whole, what can be read of its outbox carried over into a new store with a new replica
// id.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "core/base/files.hpp"
#include "core/log/ord.hpp"
#include "core/store/create.hpp"
#include "core/store/overlay.hpp"
#include "core/store/salvage.hpp"
#include "core/store/set_aside.hpp"
#include "core/store/verify.hpp"

namespace satchel::store {
namespace {

namespace fs = std::filesystem;
constexpr const char* companions[] = {"", "-wal", "-shm"};

Result<> refuse_healthy(const Options& options, const Clock& clock, Random& random, Logger& logger) {
  Options as_is = options;
  as_is.create = false;
  auto store = Store::open(as_is, clock, random, logger);
  if (!store.ok()) {
    const Code code = store.error().code;
    if (code == Code::corrupt || code == Code::protocol || code == Code::internal) return {};
    return store.error();  // somebody else's, of a newer version, not there: not damaged
  }
  if (!(*store)->verify().ok()) return {};
  return make_error(Code::invalid, "This store is not damaged. Nothing was done.", options.path);
}

// A name of its own for the damaged file; that of a move which was cut short, when there is one.
std::string damaged_path(const std::string& path, const Clock& clock) {
  const std::string begin = fs::path(path).filename().string() + ".damaged-";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::absolute(path).parent_path(), ignored)) {
    if (entry.path().filename().string().rfind(begin, 0) != 0 || entry.path().string().size() < 4) continue;
    const std::string name = entry.path().string(), main = name.substr(0, name.size() - 4);
    const std::string suffix = name.substr(main.size());
    if ((suffix == "-wal" || suffix == "-shm") && !fs::exists(main)) return main;
  }
  const std::string wish = path + ".damaged-" + std::to_string(clock.wall_ms());
  std::string target = wish;
  for (int n = 2; fs::exists(target); ++n) target = wish + "-" + std::to_string(n);
  return target;
}

// The main file last: as long as it is in its place, what was moved before belongs to it.
Result<std::string> move_aside(const std::string& path, const Clock& clock) {
  const std::string target = damaged_path(path, clock);
  for (const char* suffix : {"-wal", "-shm", ""}) {
    if (!fs::exists(path + suffix)) continue;
    SATCHEL_TRY(rename_file(path + suffix, target + suffix));
  }
  return target;
}

// The newest: times are compared as numbers of equal length.
std::string newest_damaged(const std::string& path) {
  const std::string begin = fs::path(path).filename().string() + ".damaged-";
  std::string newest;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::absolute(path).parent_path(), ignored)) {
    const std::string name = entry.path().string();
    const bool companion = name.ends_with("-wal") || name.ends_with("-shm");
    if (entry.path().filename().string().rfind(begin, 0) == 0 && !companion) newest = std::max(newest, name);
  }
  return newest;
}

// A file that is worked on, with its companions: gone with the object.
class Scratch {
 public:
  explicit Scratch(std::string path) : path_(std::move(path)) { remove(); }
  ~Scratch() { remove(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  void remove() const {
    std::error_code ignored;
    for (const char* suffix : companions) fs::remove(path_ + suffix, ignored);
  }
  const std::string path_;
};

// Works on a copy: the damaged file itself stays as it was found.
Result<Salvage> salvage_copy(const Options& options) {
  const Scratch copy(options.path + ".copy");
  for (const char* suffix : {"", "-wal"}) {
    if (!fs::exists(options.path + suffix)) continue;
    std::error_code error;
    fs::copy_file(options.path + suffix, copy.path() + suffix, error);
    if (error)
      return make_error(Code::io, "The file could not be copied: " + error.message() + ".", copy.path() + suffix);
  }
  return salvage(copy.path(), options);
}

// What was saved goes into the new store as it was, under the ids that it has: perhaps the centre took it already (its row
// says so, or only its answer was lost), and then the centre says so instead of writing it twice. What builds on something that
// could not be read the centre will miss; fork.cpp issues that again.
class Refill {
 public:
  Refill(Work& work, const Salvage& found, Rescue& rescue) : work_(work), found_(found), rescue_(rescue) {}

  Result<> run() {
    for (const auto& scope : found_.scopes) SATCHEL_TRY(hold(scope));
    for (const auto& row : found_.outbox) SATCHEL_TRY(take(row));
    for (const auto& refused : found_.set_aside) {
      SATCHEL_TRY(insert_set_aside(work_.db, refused.id, refused.reason, refused.wall_ms, refused.bytes));
      ++rescue_.salvaged;
    }
    for (const auto& sealed : found_.sealed) SATCHEL_TRY(keep(sealed));
    Refresher refresher(work_);
    for (const auto& [scope, record] : touched_) SATCHEL_TRY(refresher.refresh(scope, record));
    return {};
  }

 private:
  Result<> hold(const HeldScope& scope) {
    HeldScope fresh;
    fresh.id = scope.id;
    fresh.kind = scope.kind;
    fresh.parent = scope.parent;
    fresh.role = scope.role;
    fresh.label = scope.label;
    fresh.opened = scope.opened;
    fresh.withdrawn = scope.withdrawn;
    return insert_held_scope(work_, fresh);
  }

  Result<> take(const Salvage::Row& row) {
    const auto decoded = proto::decode_transaction(work_.row.organisation, row.bytes);
    if (!decoded.ok()) {
      ++rescue_.unreadable;
      return {};
    }
    const model::Header& header = decoded->transaction.header;
    if (row.state == OutboxState::offer && header.worker != work_.row.worker) {
      return {};  // somebody else's, whose own device has it
    }
    const auto base = proto::decode_version(row.base);
    if (row.waiting) {
      SATCHEL_TRY(put_aside(header, row, "It builds on something that was not accepted."));
    } else if (decoded->hash.view() != row.hash || !base.ok()) {
      SATCHEL_TRY(put_aside(header, row, damaged_words));
    } else {
      SATCHEL_TRY(put_back(*decoded, *base, row));
    }
    ++rescue_.salvaged;
    return {};
  }

  Result<> put_aside(const model::Header& header, const Salvage::Row& row, std::string_view reason) {
    return insert_set_aside(work_.db, header.id, reason, header.wall_ms, row.bytes);
  }

  Result<> put_back(const proto::DecodedTransaction& decoded, const model::Version& base, const Salvage::Row& saved) {
    const model::Header& header = decoded.transaction.header;
    OutboxRow row;
    SATCHEL_ASSIGN(row.scope, scope_key(header));
    row.id = header.id;
    row.urgent = saved.urgent;
    row.hash = decoded.hash;
    row.base = base;
    row.bytes = saved.bytes;
    row.wall_ms = header.wall_ms;
    row.verdicts_known = header.verdicts_known;
    row.ord = ord_after(header);
    const auto records = touched_records(decoded.transaction.ops);
    SATCHEL_TRY(insert_outbox(work_.db, row, records));
    for (const auto& record : records) touched_.emplace(row.scope, record);
    return set_own_counter(work_.db, header.id.scope, header.id.replica, {header.id.counter, base});
  }

  // The device's guess, as at commit (DESIGN §2.8).
  uint64_t ord_after(const model::Header& header) {
    uint64_t& last = last_ord_[header.id.scope];
    log::OrdInput ord;
    ord.wall_ms = ord.sent_at_ms = header.wall_ms;
    ord.heard_ms = header.heard_ms;
    ord.received_ms = std::max(header.wall_ms, header.heard_ms);
    ord.greatest_in_base = last;
    return last = log::ord(ord);
  }

  Result<> keep(const Salvage::Sealed& sealed) {
    sqlite::Statement& q = work_.db.prepare(
        "INSERT OR IGNORE INTO sealed (scope_id, epoch, position, state, key_id, content) VALUES (?, ?, ?, 0, ?, ?)");
    q.bind_blob(0, sealed.scope.view()).bind_blob(1, sealed.epoch.view()).bind(2, number(sealed.position));
    return q.bind_blob(3, sealed.key_id).bind_blob(4, sealed.content).run();
  }

  Result<log::ScopeKey> scope_key(const model::Header& header) {
    SATCHEL_ASSIGN(auto held, find_held_scope(work_.db, header.id.scope));
    if (held) return held->key;
    HeldScope scope;  // its row was unreadable; the centre will say what it is
    scope.id = header.id.scope;
    scope.role = "writer";
    if (header.opening) {
      scope.kind = header.opening->kind;
      scope.parent = header.opening->parent;
      scope.opened = true;
    }
    SATCHEL_TRY(insert_held_scope(work_, scope));
    return scope.key;
  }

  Work& work_;
  const Salvage& found_;
  Rescue& rescue_;
  std::map<ScopeId, uint64_t> last_ord_;
  std::set<std::pair<log::ScopeKey, model::RecordKey>> touched_;
};

Result<> fill_new_store(Opened& opened, const Salvage& found, Rescue& result, const Clock& clock, Random& random,
                        Logger& logger) {
  SATCHEL_ASSIGN(auto transaction, sqlite::Transaction::begin(opened.db, sqlite::Transaction::Kind::write));
  SATCHEL_ASSIGN(StoreRow row, load_store_row(opened.db));
  Work work{opened.db, log::Log(opened.db), opened.schema, clock, random, logger, std::move(row)};
  SATCHEL_TRY(Refill(work, found, result).run());
  return transaction.commit();
}

// The new store, whole and closed, at rescued_path. The damaged file is still where it was: whoever is killed or has no
// room here begins again.
Result<> build_new_store(const Options& options, Rescue& result, const Clock& clock, Random& random, Logger& logger) {
  SATCHEL_ASSIGN(const Salvage found, salvage_copy(options));
  result.unreadable = found.unreadable;
  result.notes = found.notes;
  const Scratch part(rescued_path(options.path) + "-part");
  Options fresh = options;
  fresh.path = part.path();
  fresh.create = true;
  fresh.durability = sqlite::Durability::full;
  if (fresh.organisation.empty()) fresh.organisation = found.organisation;
  if (fresh.worker.empty()) fresh.worker = found.worker;
  if (fresh.schema_json.empty()) fresh.schema_json = found.schema_json;
  {
    SATCHEL_ASSIGN(Opened opened, open_file(fresh, clock, random, logger));
    SATCHEL_TRY(fill_new_store(opened, found, result, clock, random, logger));
    SATCHEL_TRY(opened.db.checkpoint(true));  // everything is in the one file that is renamed
  }
  return rename_file(part.path(), rescued_path(options.path));
}

// A rescue was cut short after its new store was complete.
Result<> take_up(const Options& options, Rescue& result, const Clock& clock, Random& random, Logger& logger) {
  Options ready = options;
  ready.path = rescued_path(options.path);
  ready.create = false;
  SATCHEL_ASSIGN(Opened opened, open_file(ready, clock, random, logger));
  SATCHEL_ASSIGN(auto* const count,
                 opened.db.prepare_dynamic("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM set_aside)"));
  {
    sqlite::StatementScope q(*count);
    SATCHEL_ASSIGN(const bool row, q->step());
    if (row) result.salvaged = static_cast<uint64_t>(q->int64(0));
  }
  result.notes.push_back("A rescue that had been interrupted was brought to its end.");
  return opened.db.checkpoint(true);
}

}  // namespace

Result<Rescue> rescue(const Options& given, const Clock& clock, Random& random, Logger& logger) {
  Rescue result;
  Options options = given;  // the new store's secret lies where that of the path is to lie, not beside its scratch file
  if (options.secrets == nullptr) options.secrets = make_file_secrets(options.path);
  const std::string ready = rescued_path(options.path);
  if (fs::exists(ready)) {
    SATCHEL_TRY(take_up(options, result, clock, random, logger));
  } else {
    SATCHEL_TRY(refuse_healthy(options, clock, random, logger));
    SATCHEL_TRY(build_new_store(options, result, clock, random, logger));
  }
  if (fs::exists(options.path)) {
    SATCHEL_ASSIGN(result.moved_to, move_aside(options.path, clock));
  } else {
    result.moved_to = newest_damaged(options.path);
  }
  SATCHEL_TRY(rename_file(ready, options.path));
  result.notes.push_back("The damaged file was moved to " + result.moved_to + ".");
  result.notes.push_back(std::to_string(result.salvaged) +
                         (result.salvaged == 1 ? " change was saved from it." : " changes were saved from it."));
  if (result.unreadable != 0) result.notes.push_back("Part of it could not be read.");
  logger.log(LogLevel::error, "store_rescued",
             {{"salvaged", std::to_string(result.salvaged)}, {"unreadable", std::to_string(result.unreadable)}});
  return result;
}

}  // namespace satchel::store

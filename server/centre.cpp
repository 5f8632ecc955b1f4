#include "server/centre.hpp"

#include "core/log/packing.hpp"
#include "core/merge/resolve.hpp"
#include "server/authorise.hpp"
#include "server/quarantine.hpp"
#include "server/tables.hpp"

namespace satchel::server {
namespace {

std::string database_path(const ServiceOptions& options) { return options.data_dir + "/centre.db"; }
std::string ledger_path(const ServiceOptions& options) { return options.data_dir + "/ledger.jsonl"; }

Place place_of(const ServiceOptions& options) {
  return {*options.files, options.data_dir, database_path(options), options.vfs};
}

ServiceOptions with_files(ServiceOptions options) {
  if (options.files == nullptr) options.files = system_files();
  return options;
}

Result<uint64_t> ledger_bytes(sqlite::Database& db) {
  SATCHEL_ASSIGN(const auto text, value_of(db, "ledger_bytes"));
  uint64_t bytes = 0;
  for (const char digit : text.value_or("")) bytes = bytes * 10 + static_cast<uint64_t>(digit - '0');
  return bytes;
}

// A release is a transaction in the log, and the decision is in the same database commit. Where only the ledger has it,
// the power went in between or the file was restored: the item waits on, until its release comes back from a tablet
// (Acceptance::offer) or a person releases it again.
bool is_release(const Event& event) {
  return event.kind == Event::Kind::decision && event.state == static_cast<int64_t>(Quarantined::State::released);
}

// SQLite takes an empty file for a new database. This one was in use: its ledger is not empty. Where the file is not there
// at all, somebody has decided so, and what tablets hold comes back.
Result<> refuse_emptied(Files& files, const std::string& database, const std::string& ledger) {
  if (!files.exists(database)) return {};
  SATCHEL_ASSIGN(const uint64_t database_bytes, files.size(database));
  SATCHEL_ASSIGN(const uint64_t ledger_bytes, files.size(ledger));
  if (database_bytes > 0 || ledger_bytes == 0) return {};
  return make_error(Code::corrupt,
                    "The database file is empty, and the ledger says that it was in use. Put the newest backup in its "
                    "place. To start with what the ledger says and what tablets give back, remove the file.",
                    database);
}

// UUIDv7 of now, but in any case later than `last`: a clock set back must not make an epoch compare lower.
EpochId next_epoch(const std::optional<EpochId>& last, int64_t now_ms, Random& random) {
  const EpochId fresh{uuid_v7(now_ms, random)};
  if (!last || *last < fresh) return fresh;
  int64_t last_ms = 0;
  for (int i = 0; i < 6; ++i) last_ms = (last_ms << 8) | last->bytes[static_cast<size_t>(i)];
  return EpochId{uuid_v7(last_ms + 1, random)};
}

}  // namespace

Centre::Centre(const ServiceOptions& options, model::Schema schema, const Clock& clock, Random& random, Logger& logger)
    : options_(with_files(options)),
      schema_(std::move(schema)),
      clock_(clock),
      random_(random),
      logger_(logger),
      ledger_(*options_.files, ledger_path(options)) {}

Result<std::unique_ptr<Centre>> Centre::open(const ServiceOptions& options, model::Schema schema, const Clock& clock,
                                             Random& random, Logger& logger) {
  std::unique_ptr<Centre> centre(new Centre(options, std::move(schema), clock, random, logger));
  SATCHEL_TRY(centre->start());
  return centre;
}

Result<> Centre::start() {
  SATCHEL_TRY(options_.files->make_directory(options_.data_dir));
  SATCHEL_ASSIGN(Occupancy occupancy, Occupancy::enter(*options_.files, options_.data_dir));
  occupancy_.emplace(std::move(occupancy));
  Bytes nonce, generation;
  if (occupancy_->first()) {
    SATCHEL_ASSIGN(nonce, take_shutdown_nonce(place_of(options_)));
    SATCHEL_ASSIGN(const bool aside, set_foreign_log_aside(place_of(options_), clock_.wall_ms()));
    if (aside) logger_.log(LogLevel::warning, "foreign_write_ahead_log_set_aside", {});
    SATCHEL_ASSIGN(generation, announce_generation(place_of(options_), random_));
  }
  SATCHEL_TRY(refuse_emptied(*options_.files, database_path(options_), ledger_path(options_)));
  sqlite::OpenOptions open;
  open.path = database_path(options_);
  open.vfs = options_.vfs;
  open.application_id = centre_application_id;
  open.cache_bytes = 64 << 20;
  SATCHEL_ASSIGN(sqlite::Database db, sqlite::Database::open(open));
  db_.emplace(std::move(db));
  log_.emplace(*db_);
  SATCHEL_TRY(migrate_centre(*db_));
  SATCHEL_TRY(load_keys());
  if (occupancy_->first()) {
    SATCHEL_TRY(settle_epoch(nonce));
    SATCHEL_TRY(mark_generation(*db_, place_of(options_), generation));
  }
  occupancy_->started();
  started_ = true;
  return {};
}

Result<> Centre::load_keys() {
  SATCHEL_ASSIGN(const auto fingerprint, value_of(*db_, "envelope_key"));
  const std::string& keys = options_.keys_dir.empty() ? options_.data_dir : options_.keys_dir;
  SATCHEL_ASSIGN(EnvelopeKey key, EnvelopeKey::load(*options_.files, keys, !fingerprint.has_value(), random_));
  if (fingerprint && *fingerprint != key.fingerprint().view()) {
    return make_error(Code::invalid, "The envelope key is not the one this database was written with.", keys);
  }
  key_.emplace(std::move(key));
  SATCHEL_ASSIGN(const auto handed_out, value_of(*db_, "sealing_key"));
  SATCHEL_ASSIGN(SealingKeys sealing, SealingKeys::load(*options_.files, keys, !handed_out.has_value(), random_));
  if (handed_out && !sealing.has(*handed_out)) {
    // After a restore it may be one that was taken out long ago, when nothing sealed to it was left anywhere.
    logger_.log(LogLevel::warning, "sealing_key_gone", {{"key", to_hex(*handed_out)}});
  }
  sealing_keys_.emplace(std::move(sealing));
  return {};
}

Result<> Centre::settle_epoch(BytesView nonce) {
  SATCHEL_ASSIGN(Work work, Work::begin(*this));
  SATCHEL_ASSIGN(const auto expected, value_of(*db_, "nonce"));
  const bool clean = !nonce.empty() && expected && equal_constant_time(*expected, nonce);
  if (!clean) {
    SATCHEL_ASSIGN(const EpochId epoch, work.begin_epoch());
    logger_.log(LogLevel::info, "epoch_begun", {{"epoch", epoch.text()}});
  }
  SATCHEL_TRY(set_value(*db_, "envelope_key", key_->fingerprint().view()));
  SATCHEL_TRY(set_value(*db_, "sealing_key", sealing_keys_->current().id));
  return work.commit();
}

Centre::~Centre() {
  if (!started_ || broken_ || !occupancy_->last_to_go()) return;
  Bytes nonce(16, '\0');
  random_.fill(nonce.data(), nonce.size());
  const auto closed = [&]() -> Result<> {
    SATCHEL_ASSIGN(Work work, Work::begin(*this));
    SATCHEL_TRY(set_value(*db_, "nonce", nonce));
    SATCHEL_TRY(work.commit());
    return db_->checkpoint(true);
  }();
  log_.reset();
  db_.reset();
  if (!closed.ok()) return;  // the next start begins an epoch: never wrong, only more work
  if (!leave_shutdown_nonce(place_of(options_), nonce).ok()) {
    logger_.log(LogLevel::warning, "shutdown_not_marked", {});
  }
}

Result<EpochId> Centre::epoch() {
  SATCHEL_ASSIGN(const auto raw, value_of(*db_, "epoch"));
  const auto id = EpochId::from_bytes(raw.value_or(""));
  if (!id) return make_error(Code::corrupt, "The database does not say which epoch this is.", "centre_values.epoch");
  return *id;
}

Result<ReplicaId> Centre::own_replica() {
  SATCHEL_ASSIGN(const auto raw, value_of(*db_, "own_replica"));
  const auto id = ReplicaId::from_bytes(raw.value_or(""));
  if (!id) {
    return make_error(Code::corrupt, "The database does not say under which name the centre writes.",
                      "centre_values.own_replica");
  }
  return *id;
}

Result<Work> Work::begin(Centre& centre) {
  if (centre.broken()) return make_error(Code::closed, "The central store has stopped after an internal error.");
  SATCHEL_ASSIGN(auto transaction, sqlite::Transaction::begin(centre.db(), sqlite::Transaction::Kind::write));
  Work work(centre, std::move(transaction));
  SATCHEL_TRY(work.catch_up());
  return work;
}

Result<> Work::catch_up() {
  SATCHEL_ASSIGN(const uint64_t known, ledger_bytes(centre_->db()));
  SATCHEL_ASSIGN(const Ledger::Tail tail, centre_->ledger().read(known));
  ledger_end_ = tail.end;
  if (tail.events.empty()) return {};
  // An append whose sync failed may have left them: the database must not count on what only memory has.
  SATCHEL_TRY(centre_->ledger().sync());
  // Scopes named by the ledger are made in the epoch of the database, or in the first one ever when there is none yet.
  SATCHEL_ASSIGN(const auto epoch, value_of(centre_->db(), "epoch"));
  if (!epoch) SATCHEL_TRY(begin_epoch());
  for (const Event& event : tail.events) {
    if (is_release(event)) continue;
    SATCHEL_TRY(apply_event(*centre_, event));
  }
  SATCHEL_TRY(set_value(centre_->db(), "ledger_bytes", std::to_string(ledger_end_)));
  centre_->logger().log(LogLevel::info, "ledger_replayed", {{"events", std::to_string(tail.events.size())}});
  return {};
}

Result<> Work::record(const Event& event) {
  lines_ += encode(event);
  return apply_event(*centre_, event);
}

Result<EpochId> Work::begin_epoch() {
  sqlite::Database& db = centre_->db();
  SATCHEL_ASSIGN(const auto raw, value_of(db, "epoch"));
  const EpochId epoch =
      next_epoch(raw ? EpochId::from_bytes(*raw) : std::nullopt, centre_->clock().wall_ms(), centre_->random());
  Event event;
  event.kind = Event::Kind::epoch;
  event.at_ms = centre_->clock().wall_ms();
  event.epoch = epoch;
  SATCHEL_TRY(record(event));
  SATCHEL_TRY(set_value(db, "own_replica", ReplicaId{random_128(centre_->random())}.view()));
  SATCHEL_ASSIGN(const auto orgs, organisations(db));
  for (const int64_t org : orgs) {
    SATCHEL_ASSIGN(const auto scopes, centre_->log().scopes(org));
    for (const auto& scope : scopes) SATCHEL_TRY(centre_->log().begin_epoch(scope.key, epoch));
  }
  centre_->epoch_is_new_ = true;
  return epoch;
}

Result<> Work::check_open() const {
  if (centre_->db().in_transaction()) return {};
  return make_error(Code::io, "The disk did not do what it was asked. Nothing was changed.", "sqlite rolled back");
}

Result<> Work::commit() {
  SATCHEL_TRY(check_open());  // before the ledger: it must not tell of what the database has forgotten
  if (!lines_.empty()) {
    SATCHEL_TRY(set_value(centre_->db(), "ledger_bytes", std::to_string(ledger_end_ + lines_.size())));
    SATCHEL_TRY(centre_->ledger().append(ledger_end_, lines_));
  }
  return transaction_.commit();
}

Result<Work::Part> Work::Part::begin(Work& work) {
  SATCHEL_TRY(work.check_open());
  SATCHEL_ASSIGN(auto savepoint, sqlite::Transaction::begin(work.centre().db(), sqlite::Transaction::Kind::write));
  return Part(work, std::move(savepoint));
}

Work::Part::Part(Part&& other) noexcept
    : work_(other.work_), savepoint_(std::move(other.savepoint_)), lines_(other.lines_) {
  other.work_ = nullptr;
}

Work::Part::~Part() {
  if (work_ != nullptr) work_->lines_.resize(lines_);
}

Result<> Work::Part::keep() {
  SATCHEL_TRY(savepoint_.commit());
  work_ = nullptr;
  return {};
}

Result<std::optional<merge::RecordState>> state_of(Centre& centre, log::ScopeKey scope, const model::RecordKey& key) {
  SATCHEL_ASSIGN(const auto bytes, centre.log().record_state(scope, key));
  if (!bytes) return std::optional<merge::RecordState>();
  SATCHEL_ASSIGN(merge::RecordState state, log::state_at_rest(*bytes, log::Parts::shown, "records"));
  return std::optional(std::move(state));
}

Result<Bytes> standing_value(const std::optional<merge::RecordState>& state, const model::Field& field) {
  if (!state) return Bytes();
  const merge::FieldState* found = state->field(field.name, field.kind);
  if (found == nullptr) return Bytes();
  const merge::Resolved resolved = merge::resolve(*found, &field);
  if (resolved.standing.empty()) return Bytes();
  const Bytes& encoded = resolved.standing.front()->value;
  if (encoded.empty()) return Bytes();
  SATCHEL_ASSIGN(const model::Value value, proto::decode_value(encoded));
  return std::holds_alternative<model::Null>(value) ? Bytes() : encoded;
}

}  // namespace satchel::server

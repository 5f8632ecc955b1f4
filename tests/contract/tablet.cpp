#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <condition_variable>

#include "proto/codec.hpp"
#include "tests/contract/world.hpp"
#include "tests/support/domain_schema.hpp"

namespace satchel::contract {

void SettableToken::token(std::function<void(Result<std::string>)> done) {
  std::string now;
  {
    std::lock_guard lock(mutex_);
    now = token_;
  }
  if (now.empty()) return done(make_error(Code::sign_in, "Please sign in again."));
  done(now);
}

void SettableToken::set(std::string token) {
  std::lock_guard lock(mutex_);
  token_ = std::move(token);
}

Tablet::Tablet(const Base& base, TabletOptions options) : options_(std::move(options)) {
  if (options_.file.empty()) options_.file = dir_.path("tablet.db");
  if (options_.port == 0) options_.port = base.port();
  if (options_.ca_file.empty() && options_.pins.empty()) options_.ca_file = base.ca_file();
  token.set(base.token(options_.worker));
  open();
}

Tablet::~Tablet() { close(); }

void Tablet::open() {
  executor_ = make_thread_executor();
  store::Options options;
  options.path = options_.file.string();
  options.schema_json = test::domain_schema_text();
  options.organisation = organisation;
  options.worker = options_.worker;
  options.vfs = options_.vfs;
  if (!options.vfs.empty()) options.secrets = secrets_;  // the device's, not a file beside a file that is none
  options.durability = options_.durability;
  store_ = take(store::Store::open(options, clock, random_, logger));
  reader_ = take(store_->reader());
  sync::CurlOptions curl;
  curl.base_url = "https://127.0.0.1:" + std::to_string(options_.port);
  if (options_.pins.empty()) curl.ca_file = options_.ca_file.string();
  curl.pins = options_.pins;
  curl.on_notice = [this](const std::string& words) {
    const std::lock_guard lock(status_mutex_);
    notices_.push_back(words);
  };
  transport_ = take(sync::make_curl_transport(curl));
  engine_ = sync::make_engine(*store_, *transport_, token, *executor_, clock, random_, logger, options_.engine);
  engine_->observe([this](const sync::EngineStatus& status) {
    std::lock_guard lock(status_mutex_);
    ++status_count_;
    phase_ = status.phase;
    status_moved_.notify_all();
  });
}

void Tablet::close() {
  if (!executor_) return;
  // The engine and the store end on their executor; what it still runs afterwards finds nothing of them.
  std::promise<void> gone;
  executor_->post([&] {
    engine_.reset();
    gone.set_value();
  });
  gone.get_future().wait();
  transport_.reset();
  executor_.reset();
  reader_.reset();
  store_.reset();
}

Result<sync::EngineStatus> Tablet::sync() {
  auto done = std::make_shared<std::promise<Result<sync::EngineStatus>>>();
  auto result = done->get_future();
  engine_->sync_once([done](Result<sync::EngineStatus> status) { done->set_value(std::move(status)); });
  return result.get();
}

void Tablet::watch() { engine_->start(); }

std::vector<std::string> Tablet::notices() {
  const std::lock_guard lock(status_mutex_);
  return notices_;
}

sync::Phase Tablet::phase() {
  std::lock_guard lock(status_mutex_);
  return phase_;
}

bool Tablet::until(const std::function<bool(Tablet&)>& holds, int64_t ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  for (;;) {
    uint64_t seen = 0;
    {
      std::lock_guard lock(status_mutex_);
      seen = status_count_;
    }
    if (holds(*this)) return true;
    std::unique_lock lock(status_mutex_);
    if (!status_moved_.wait_until(lock, deadline, [&] { return status_count_ != seen; })) return holds(*this);
  }
}

Result<store::Receipt> Tablet::try_commit(store::Draft draft) {
  auto receipt = on_store([&](store::Store& store) { return store.commit(draft); });
  if (receipt.ok()) engine_->local_commit();
  return receipt;
}

store::Receipt Tablet::commit(store::Draft draft) { return take(try_commit(std::move(draft))); }
store::Status Tablet::status() { return take(reader_->status()); }
std::vector<store::InboxEntry> Tablet::conflicts() { return take(reader_->conflicts()); }
std::vector<store::SetAside> Tablet::set_aside() { return take(reader_->set_aside()); }
std::vector<store::ScopeInfo> Tablet::scopes() { return take(reader_->scopes()); }

std::optional<store::Record> Tablet::record(const std::string& collection, const RecordId& id) {
  return take(reader_->record(collection, id));
}

bool Tablet::holds(const ScopeId& scope) {
  for (const auto& info : scopes())
    if (info.id == scope && !info.withdrawn) return true;
  return false;
}

namespace {

log::ScopeState scope_state(sqlite::Database& db, const ScopeId& scope) {
  const auto found = take(log::Log(db).find_scope(1, scope));
  REQUIRE(found.has_value());
  return *found;
}

}  // namespace

Hash256 Tablet::log_digest(const ScopeId& scope) { return scope_state(reader_->database(), scope).log_digest; }
Hash256 Tablet::state_digest(const ScopeId& scope) { return scope_state(reader_->database(), scope).state_digest; }
uint64_t Tablet::position(const ScopeId& scope) { return scope_state(reader_->database(), scope).head; }

void Tablet::verify() {
  take(on_store([](store::Store& store) { return store.verify(); }));
}

std::string Tablet::text(const std::string& collection, const RecordId& id, const std::string& field) {
  const auto found = record(collection, id);
  if (!found) return "";
  const auto* state = found->state.field(field);
  if (state == nullptr) return "";
  const auto resolved = merge::resolve(*state, store_->schema().field(collection, field));
  if (resolved.standing.empty()) return "";
  const auto value = take(proto::decode_value(resolved.standing.front()->value));
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : "";
}

RecordId new_record() {
  static SystemRandom random;
  return RecordId{uuid_v7(SystemClock().wall_ms(), random)};
}

model::Op create_op(const std::string& collection, const RecordId& record) {
  model::Op op;
  op.collection = collection;
  op.record = record;
  op.action = model::Action::create;
  return op;
}

model::Op assign_op(const std::string& collection, const RecordId& record, const std::string& field, model::Kind kind,
                    const model::Value& value, const std::string& reason) {
  model::Op op;
  op.collection = collection;
  op.record = record;
  op.field = field;
  op.kind = kind;
  op.value = proto::encode_value(value);
  op.reason = reason;
  return op;
}

store::Draft note(const ScopeId& scope, const std::string& body, RecordId* record) {
  const RecordId id = new_record();
  if (record != nullptr) *record = id;
  store::Draft draft;
  draft.changes.push_back({scope, create_op("visit_note", id)});
  draft.changes.push_back({scope, assign_op("visit_note", id, "body", model::Kind::text, body)});
  return draft;
}

store::Draft set_risk(const ScopeId& scope, const RecordId& record, const std::string& level, bool create,
                      const std::string& reason) {
  store::Draft draft;
  if (create) draft.changes.push_back({scope, create_op("risk", record)});
  draft.changes.push_back({scope, assign_op("risk", record, "level", model::Kind::severity, level, reason)});
  return draft;
}

}  // namespace satchel::contract

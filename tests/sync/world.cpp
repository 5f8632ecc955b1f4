#include "tests/sync/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/base/ids.hpp"
#include "proto/codec.hpp"
#include "tests/support/domain_schema.hpp"
#include "tests/support/memory_secrets.hpp"

namespace satchel::sync {

namespace fs = std::filesystem;
namespace {
const std::string organisation = "north-net";
}

void require_ok(bool ok, const Error& error) {
  INFO(error.message << " [" << error.place << "]");
  REQUIRE(ok);
}

void KeepingLogger::log(LogLevel, std::string_view event, std::initializer_list<LogField> fields) {
  text.append(event);
  for (const LogField& field : fields) text.append(" ").append(field.key).append("=").append(field.value);
  text += '\n';
}

// ---- centre ---------------------------------------------------------------------------------------------------------

Centre::Centre(Executor& executor, Random& random)
    : executor_(executor), local_(directory_.path(), organisation, clock, random, logger) {
  open();
}

void Centre::close() {
  parked_.clear();
  local_.close();
}

SlowHandler Centre::handler() {
  return [this](const HttpRequest& http, const Answer& answer) {
    ++requests_;
    if (instead) {
      if (auto other = instead(http)) return answer(*other);
    }
    if (local_.service() == nullptr) return;  // nobody there
    server::Request request;
    request.path = http.path;
    if (const auto found = http.headers.find("authorization"); found != http.headers.end()) {
      request.authorization = found->second;
    }
    const bool packed = http.headers.contains("content-encoding");
    request.body = packed ? take(proto::decompress(http.body, 64 << 20)) : http.body;
    ask(std::move(request), answer, true);
    wake_parked();
  };
}

void Centre::ask(server::Request request, const Answer& answer, bool zstd) {
  const server::Reply reply = local_.service()->handle({request}).front();
  if (reply.park_ms > 0 && !request.resumed) {
    request.resumed = true;
    auto parked = std::make_shared<Parked>(Parked{std::move(request), answer, zstd});
    parked_.push_back(parked);
    executor_.post_after(reply.park_ms, [this, parked] {
      if (std::erase(parked_, parked) == 0 || local_.service() == nullptr) return;
      ask(parked->request, parked->answer, parked->zstd);
    });
    return;
  }
  HttpResponse response;
  response.status = reply.status;
  response.headers["content-type"] = "application/x-protobuf";
  if (reply.retry_after_s > 0) response.headers["retry-after"] = std::to_string(reply.retry_after_s);
  response.body = zstd ? proto::compress(reply.body) : reply.body;
  if (zstd) response.headers["content-encoding"] = "zstd";
  answer(std::move(response));
}

// What is asked again and still has nothing stays parked.
void Centre::wake_parked() {
  if (local_.service() == nullptr || local_.service()->wake() == last_wake_) return;
  last_wake_ = local_.service()->wake();
  for (const auto& parked : std::vector(parked_)) {
    const server::Reply reply = local_.service()->handle({parked->request}).front();
    if (reply.park_ms > 0) continue;
    std::erase(parked_, parked);
    HttpResponse response{reply.status, {{"content-type", "application/x-protobuf"}}, reply.body};
    parked->answer(std::move(response));
  }
}

ScopeId Centre::grant(const std::string& worker, const std::string& kind, std::optional<ScopeId> scope) {
  const ScopeId id = take(local_.admin()->grant(organisation, worker, scope, kind, "writer", "a case", ScopeId{}));
  wake_parked();
  return id;
}

void Centre::withdraw(const std::string& worker, const ScopeId& scope) {
  take(local_.admin()->withdraw(organisation, worker, scope));
  wake_parked();
}

// ---- tablet ---------------------------------------------------------------------------------------------------------

void Token::token(std::function<void(Result<std::string>)> done) {
  ++asked;
  done(next);
}

Tablet::Tablet(World& w, std::string name, EngineOptions options, std::string vfs)
    : world(w), worker(std::move(name)), path(vfs.empty() ? directory.path("tablet.db") : "tablet.db") {
  tokens.next = world.centre.token(worker);
  store::Options opening;
  opening.path = path;
  opening.schema_json = test::domain_schema_text();
  opening.organisation = organisation;
  opening.worker = worker;
  opening.vfs = vfs;
  if (!vfs.empty()) opening.secrets = std::make_shared<support::MemorySecrets>();
  store = take(store::Store::open(opening, world.clock, world.random, logger));
  reader = take(store->reader());
  direct_ = make_in_process_transport(world.executor, world.centre.handler());
  link_ = make_faulty_transport(*direct_, world.executor,
                                [this](const HttpRequest& request) { return plan ? plan(request) : Fault{}; });
  engine = make_engine(*store, *link_, tokens, world.executor, world.clock, world.random, logger, options);
  engine->observe([this](const EngineStatus& status) {
    if (phases.empty() || phases.back() != status.phase) phases.push_back(status.phase);
    last_status = status;
  });
}

Tablet::~Tablet() = default;

Result<EngineStatus> Tablet::sync() {
  std::optional<Result<EngineStatus>> result;
  engine->sync_once([&](Result<EngineStatus> ended) { result = std::move(ended); });
  const int64_t end = world.clock.monotonic_ms() + 3'600'000;
  while (!result && world.clock.monotonic_ms() < end && world.executor.run_next()) {
  }
  REQUIRE(result);
  return *result;
}

store::Receipt Tablet::commit(const store::Draft& draft) {
  store::Receipt receipt = take(store->commit(draft));
  engine->local_commit();
  return receipt;
}

store::Status Tablet::status() { return take(reader->status()); }

std::string Tablet::note_text(const RecordId& id) {
  const auto record = take(reader->record("visit_note", id));
  const auto* body = record ? record->state.field("body") : nullptr;
  return body == nullptr ? "" : body->text.plain();
}

bool Tablet::holds(const ScopeId& scope) {
  for (const store::ScopeInfo& info : take(reader->scopes())) {
    if (info.id == scope && !info.withdrawn) return true;
  }
  return false;
}

Hash256 Tablet::state_digest(const ScopeId& scope) {
  const auto found = take(log::Log(reader->database()).find_scope(1, scope));
  REQUIRE(found);
  return found->state_digest;
}

Hash256 Tablet::log_digest(const ScopeId& scope) {
  const auto found = take(log::Log(reader->database()).find_scope(1, scope));
  REQUIRE(found);
  return found->log_digest;
}

store::Draft note(World& world, const ScopeId& scope, const std::string& body, RecordId* id) {
  const RecordId record{uuid_v7(world.clock.wall_ms(), world.random)};
  if (id != nullptr) *id = record;
  model::Op create;
  create.collection = "visit_note";
  create.record = record;
  create.action = model::Action::create;
  model::Op assign = create;
  assign.action = model::Action::assign;
  assign.field = "body";
  assign.kind = model::Kind::text;
  assign.value = proto::encode_value(body);
  store::Draft draft;
  draft.changes = {{scope, create}, {scope, assign}};
  return draft;
}

}  // namespace satchel::sync

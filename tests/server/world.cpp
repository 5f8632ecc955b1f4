#include "tests/server/world.hpp"

#include <stdlib.h>

namespace satchel::server::test {

Result<Claims> PlainIdentity::authenticate(std::string_view token) {
  const size_t slash = token.find('/');
  if (slash == token.npos) return make_error(Code::sign_in, "This token is not good.");
  return Claims{std::string(token.substr(0, slash)), std::string(token.substr(slash + 1)), INT64_MAX};
}

void Lines::log(LogLevel, std::string_view event, std::initializer_list<LogField> fields) {
  std::string line(event);
  for (const LogField& field : fields) line += " " + std::string(field.key) + "=" + field.value;
  lines.push_back(line);
}

bool Lines::has(std::string_view words) const {
  for (const std::string& line : lines) {
    if (line.find(words) != line.npos) return true;
  }
  return false;
}

World::World(model::Schema its_schema) : schema(std::move(its_schema)) {
  options.data_dir = directory / "life0";
  options.keys_dir = directory / "keys";
  start();
}

World::~World() {
  service.reset();
}

Result<> World::try_start() {
  SATCHEL_ASSIGN(service, Service::open(options, schema, identity, clock, random, logger));
  return {};
}

void World::start() { must(try_start()); }

void copy_over(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

void World::keep_for_tomorrow() {
  stop();
  copy_over(file("centre.db"), file("yesterday.db"));
  start();
}

void World::back_to_yesterday() {
  stop();
  copy_over(file("yesterday.db"), file("centre.db"));
  start();
}

void World::configure_backup() {
  stop();
  options.backup_configured = true;
  start();
}

// The files of a running process, copied, are what a killed one leaves behind. The first process ends afterwards, in a
// directory that nobody looks at any more.
void World::crash() {
  const std::string next = directory / ("life" + std::to_string(++lives_));
  std::filesystem::copy(options.data_dir, next);
  std::filesystem::remove(next + "/centre.db-shm");
  service.reset();
  options.data_dir = next;
}

std::unique_ptr<Admin> World::admin() { return must(Admin::open(options, schema, clock, random, logger)); }

ScopeId World::grant(const std::string& worker, const std::string& kind, const std::string& role) {
  return must(admin()->grant(org, worker, std::nullopt, kind, role, "", ScopeId{}));
}

void World::grant_in(const std::string& worker, const ScopeId& scope, const std::string& role) {
  must(admin()->grant(org, worker, scope, "", role, "", ScopeId{}));
}

Reply World::post(const std::string& path, const std::string& authorization, const Bytes& body, bool resumed) {
  std::vector<Reply> replies = service->handle({Request{path, authorization, body, resumed}});
  return std::move(replies.at(0));
}

model::Op create(const std::string& collection, const RecordId& record) {
  model::Op op;
  op.collection = collection;
  op.record = record;
  op.action = model::Action::create;
  return op;
}

model::Op write_text(const std::string& collection, const RecordId& record, const std::string& field,
                     const std::string& words, uint32_t at) {
  model::Op op = create(collection, record);
  op.action = model::Action::edit;
  op.field = field;
  op.kind = model::Kind::text;
  op.value = proto::encode_value(model::TextEdits{{{at, 0, words}}});
  return op;
}

model::Op assign(const std::string& collection, const RecordId& record, const std::string& field, model::Kind kind,
                 const std::string& text) {
  model::Op op = create(collection, record);
  op.action = model::Action::assign;
  op.field = field;
  op.kind = kind;
  op.value = proto::encode_value(text);
  return op;
}

namespace {
sqlite::Database memory_database() {
  sqlite::OpenOptions options;
  options.path = ":memory:";
  sqlite::Database db = must(sqlite::Database::open(options));
  must(db.exec(log::tables_sql));
  return db;
}
}  // namespace

Tablet::Tablet(World& its_world, std::string name)
    : world(its_world),
      worker(std::move(name)),
      replica{random_128(its_world.random)},
      proof(32, 'p'),
      db(memory_database()),
      mirror(db) {
  world.random.fill(proof.data(), proof.size());
  sign_in();
}

Reply Tablet::try_sign_in(const Bytes& with_proof) {
  proto::SessionRequest session;
  session.replica = replica;
  session.token = std::string(org) + "/" + worker;
  session.secret_proof = with_proof;
  return world.post("/v1/session", "", proto::encode(session));
}

void Tablet::sign_in() {
  const Reply reply = try_sign_in(proof);
  if (reply.status != 200) throw std::runtime_error("signed in with " + std::to_string(reply.status));
  credential = must(proto::decode_session_response(reply.body)).credential;
  all_sent_ = false;
}

log::ScopeKey Tablet::key(const ScopeId& scope) {
  auto known = must(mirror.find_scope(1, scope));
  if (known) return known->key;
  unheld_.insert(scope);
  return must(mirror.create_scope(1, org, scope, "", ScopeId{}, EpochId{}));
}

bool Tablet::holds(const ScopeId& scope) {
  const auto known = must(mirror.find_scope(1, scope));
  return known && unheld_.count(scope) == 0;
}

model::Version Tablet::version(const ScopeId& scope) { return must(mirror.version(key(scope))); }
log::ScopeState Tablet::state(const ScopeId& scope) { return must(mirror.scope(key(scope))); }

const Written& Tablet::write(const ScopeId& scope, std::vector<model::Op> ops,
                             const std::function<void(model::Header&)>& change) {
  Written next;
  model::Header& header = next.transaction.header;
  header.id = {scope, replica, ++counters_[scope]};
  header.worker = worker;
  header.wall_ms = world.clock.wall_ms();
  header.schema_version = 1;
  header.base = version(scope);
  header.base.join(bases_[scope]);
  header.base.set(replica, header.id.counter - 1);
  header.shown = header.base;
  next.transaction.ops = std::move(ops);
  if (change) change(header);
  auto encoded = must(proto::encode_transaction(org, next.transaction, bases_[scope], world.random));
  bases_[scope] = header.base;
  next.bytes = encoded.bytes;
  next.hash = encoded.hash;
  written.push_back(std::move(next));
  outbox.push_back(&written.back());
  return written.back();
}

const Written& Tablet::note(const ScopeId& scope, const std::string& words, const RecordId& record) {
  const RecordId id = record.is_nil() ? RecordId{random_128(world.random)} : record;
  return write(scope, {create("visit_note", id), write_text("visit_note", id, "body", words)});
}

proto::SyncRequest Tablet::request(bool with_outbox) {
  proto::SyncRequest request;
  request.sent_at_ms = world.clock.wall_ms();
  request.budget_bytes = budget;
  request.grants_version = grants_version;
  request.all_cursors = !all_sent_;
  request.purged = purged;
  for (const log::ScopeState& scope : must(mirror.scopes(1))) {
    proto::Cursor cursor;
    cursor.scope = scope.id;
    cursor.own_counter = counters_[scope.id];
    if (unheld_.count(scope.id) != 0) {
      if (under_way_.count(scope.id) != 0) cursor.snapshot = under_way_[scope.id];
      cursor.own_counter = 0;
    } else {
      const proto::History history = must(mirror.history(scope.key));
      for (const auto& item : history) {
        if (!cursor.epoch || item.first_position <= scope.head) cursor.epoch = item.epoch;
      }
      cursor.position = scope.head;
      cursor.log_digest = scope.log_digest;
      cursor.state_digest = scope.state_digest;
      if (ask_history.count(scope.id) != 0) cursor.history = history;
    }
    request.cursors.push_back(cursor);
  }
  for (const proto::Offer& offer : offers) request.push.push_back({{}, offer});
  if (with_outbox) {
    for (const Written* one : outbox) request.push.push_back({one->bytes, std::nullopt});
  }
  return request;
}

Reply Tablet::send(const proto::SyncRequest& request, bool resumed) {
  return world.post("/v1/sync", "Bearer " + credential, proto::encode(request), resumed);
}

proto::SyncResponse Tablet::answer(const proto::SyncRequest& request) {
  const Reply reply = send(request);
  if (reply.status != 200) throw std::runtime_error("answered with " + std::to_string(reply.status));
  return must(proto::decode_sync_response(reply.body));
}

proto::SyncResponse Tablet::sync() {
  proto::SyncResponse response = answer(request());
  purged.clear();
  apply(response);
  return response;
}

void Tablet::sync_all() {
  for (int i = 0; i < 200; ++i) {
    if (!sync().more) return;
  }
  throw std::runtime_error("the centre always has more");
}

proto::Verdict Tablet::push(const Written& one) {
  proto::SyncRequest alone = request(false);
  alone.push = {{one.bytes, std::nullopt}};
  return answer(alone).verdicts.at(0);
}

void Tablet::apply(const proto::SyncResponse& response) {
  all_sent_ = !response.send_all_cursors;
  for (const proto::Verdict& verdict : response.verdicts) {
    verdicts[verdict.id] = verdict;
    const bool final = verdict.kind != proto::VerdictKind::not_yet;
    std::erase_if(offers, [&](const proto::Offer& offer) { return final && offer.entry.id == verdict.id; });
    std::erase_if(outbox, [&](const Written* one) { return final && one->id() == verdict.id; });
  }
  if (response.grants_version != grants_version) grants = response.grants;
  grants_version = response.grants_version;
  for (const proto::Page& page : response.pages) apply_page(page);
}

void Tablet::apply_page(const proto::Page& page) {
  log::ScopeState scope = must(mirror.scope(key(page.scope)));
  if (!page.history.empty() && !page.rewind_to) must(mirror.set_history(scope.key, page.history));
  if (page.send_history) ask_history.insert(page.scope);
  if (page.restart) {
    ++restarts;
    unheld_.insert(page.scope);
    under_way_.erase(page.scope);
    return;
  }
  if (page.rewind_to) {
    ++rewinds;
    log::Touched touched;
    for (model::Entry& entry : must(mirror.rewind(scope.key, *page.rewind_to, touched))) {
      offers.push_back({page.scope, std::move(entry)});
    }
    must(mirror.set_history(scope.key, page.history));
    return;
  }
  if (!page.snapshot.empty() || page.snapshot_last) {
    if (under_way_.count(page.scope) == 0) must(mirror.begin_snapshot(scope.key, page.snapshot_position));
    must(mirror.add_snapshot_records(scope.key, page.snapshot));
    under_way_[page.scope] = {page.snapshot_position,
                              page.snapshot.empty() ? model::RecordKey{} : page.snapshot.back().key};
    if (page.snapshot_last) {
      ++snapshots;
      must(mirror.finish_snapshot(scope.key, page.snapshot_position, page.replicas, page.log_digest));
      under_way_.erase(page.scope);
      unheld_.erase(page.scope);
    }
  }
  for (const model::Entry& entry : page.entries) apply_entry(scope, entry);
  scope = must(mirror.scope(scope.key));
  if (page.head_log_digest && *page.head_log_digest != scope.log_digest) throw std::runtime_error("log digests differ");
  if (page.head_state_digest && *page.head_state_digest != scope.state_digest) {
    throw std::runtime_error("state digests differ");
  }
}

void Tablet::apply_entry(const log::ScopeState& scope, model::Entry entry) {
  if (entry.slot != model::Slot::content) {
    must(mirror.append(scope.key, entry, nullptr));
    return;
  }
  if (entry.bytes.empty()) {
    for (const Written& one : written) {
      if (one.id() == entry.id && one.hash == entry.hash) entry.bytes = one.bytes;
    }
  }
  auto decoded = must(proto::decode_transaction(org, entry.bytes));
  const auto before = must(mirror.replica(scope.key, entry.id.replica));
  must(decoded.complete(before ? before->base : model::Version()));
  must(mirror.append(scope.key, entry, &decoded));
}

std::vector<std::string> Tablet::values(const ScopeId& scope, const std::string& collection, const RecordId& record,
                                        const std::string& field) {
  std::vector<std::string> texts;
  const auto encoded = must(mirror.record_state(key(scope), {collection, record}));
  if (!encoded) return texts;
  const merge::RecordState record_state = must(merge::decode(*encoded));
  const merge::FieldState* found = record_state.field(field);
  if (found == nullptr) return texts;
  if (found->kind == model::Kind::text) return {found->text.plain()};
  for (const merge::Head& head : found->heads) {
    const model::Value value = must(proto::decode_value(head.value));
    const std::string* text = std::get_if<std::string>(&value);
    texts.push_back(text == nullptr ? "" : *text);
  }
  return texts;
}

}  // namespace satchel::server::test

#include "tests/store_support/tablet.hpp"

#include <filesystem>

#include "core/merge/resolve.hpp"
#include "tests/support/memory_secrets.hpp"
#include "tests/support/store_key.hpp"

namespace satchel::test {

const std::string& small_schema() {
  static const std::string json = R"json({
    "version": 1,
    "scopes": {
      "team": {"opened_by": []},
      "case": {"opened_by": ["writer"]},
      "case-restricted": {"opened_by": ["writer"], "parent": "case"}
    },
    "collections": {
      "person": {
        "scopes": ["case"],
        "fields": {
          "name": {"kind": "register", "type": "text", "indexed": true},
          "story": {"kind": "text", "type": "text"},
          "about": {"kind": "text", "type": "text", "between_people": "keep_all"},
          "email": {"kind": "register", "type": "text"},
          "wishes": {"kind": "keep_all", "type": "text", "indexed": true},
          "risk": {"kind": "severity", "type": "text", "levels": ["none_known", "low", "medium", "high"],
                   "lowering_needs_reason": true, "indexed": true},
          "no_voicemail": {"kind": "restrictive", "type": "boolean"},
          "status": {"kind": "state", "indexed": true,
                     "transitions": {"": ["referred"], "referred": ["active", "closed"], "active": ["closed"],
                                     "closed": ["active"]},
                     "beats": [["active", "closed"]]},
          "age": {"kind": "register", "type": "integer", "indexed": true},
          "weight": {"kind": "register", "type": "decimal", "indexed": true},
          "born": {"kind": "register", "type": "date", "indexed": true},
          "seen_at": {"kind": "register", "type": "instant", "indexed": true},
          "measure": {"kind": "frozen", "type": "integer"},
          "owner": {"kind": "server", "type": "text"},
          "needs": {"kind": "set", "type": "text"},
          "phones": {"kind": "set", "parts": {"number": "text", "kind": "text"}}
        }
      },
      "visit": {
        "scopes": ["case"],
        "fields": {
          "body": {"kind": "text", "type": "text", "submitted": {"amends": "amends"}, "indexed": true},
          "amends": {"kind": "register", "type": "reference", "references": "visit"}
        }
      },
      "diary": {"scopes": ["case"], "append_only": true, "fields": {"words": {"kind": "register", "type": "text"}}},
      "secret": {"scopes": ["case-restricted"], "fields": {"words": {"kind": "register", "type": "text"}}},
      "service": {"scopes": ["team"], "server_only": true, "fields": {"name": {"kind": "server", "type": "text"}}}
    }
  })json";
  return json;
}

store::Change create(const ScopeId& scope, const std::string& collection, const RecordId& id) {
  store::Change change;
  change.scope = scope;
  change.op.collection = collection;
  change.op.record = id;
  change.op.action = model::Action::create;
  return change;
}

store::Change remove(const std::string& collection, const RecordId& id) {
  store::Change change = create({}, collection, id);
  change.op.action = model::Action::void_;
  return change;
}

store::Change restore(const std::string& collection, const RecordId& id) {
  store::Change change = create({}, collection, id);
  change.op.action = model::Action::restore;
  return change;
}

store::Change assign(const std::string& collection, const RecordId& id, const std::string& field,
                     const model::Value& value, const std::string& reason) {
  static const model::Schema schema = take(model::Schema::parse(small_schema()));
  store::Change change;
  change.op.collection = collection;
  change.op.record = id;
  change.op.field = field;
  const model::Field* declared = schema.field(collection, field);
  change.op.kind = declared == nullptr ? model::Kind::register_ : declared->kind;
  change.op.action = model::Action::assign;
  change.op.value = std::holds_alternative<model::Null>(value) ? Bytes() : proto::encode_value(value);
  change.op.reason = reason;
  return change;
}

Tablet::Tablet(std::string file, std::string who, ManualClock& time, uint64_t seed, std::string disk)
    : path(std::move(file)), worker(std::move(who)), vfs(std::move(disk)), clock(time), random(seed) {
  if (!vfs.empty()) secrets = std::make_shared<support::MemorySecrets>();
  open();
}

// On a disk in memory every commit is synced, for the power that goes; elsewhere tests need not wait for the real one.
store::Options Tablet::options() const {
  store::Options options;
  options.path = path;
  options.schema_json = small_schema();
  options.organisation = "north";
  options.worker = worker;
  options.vfs = vfs;
  options.key = store_key();
  options.secrets = secrets;
  options.durability = vfs.empty() ? sqlite::Durability::grouped : sqlite::Durability::full;
  return options;
}

void Tablet::open() { store = take(store::Store::open(options(), clock, random, logger)); }

Result<store::Receipt> Tablet::try_commit(std::vector<store::Change> changes, const store::ReadToken& shown) {
  store::Draft draft;
  draft.changes = std::move(changes);
  draft.shown = shown;
  return store->commit(draft);
}

store::Receipt Tablet::commit(std::vector<store::Change> changes, const store::ReadToken& shown) {
  return take(try_commit(std::move(changes), shown));
}

ScopeId Tablet::open_scope(const std::string& kind, const ScopeId& parent) {
  const ScopeId id{random_128(random)};
  store::Draft draft;
  draft.open.push_back({id, {kind, parent}});
  take(store->commit(draft));
  return id;
}

RecordId Tablet::person(const ScopeId& scope, const std::string& name) {
  const RecordId id = new_id();
  commit({create(scope, "person", id), assign("person", id, "name", name)});
  return id;
}

store::ReadToken Tablet::token() { return take(take(store->reader())->token()); }

std::optional<store::Record> Tablet::record(const std::string& collection, const RecordId& id) {
  return take(take(store->reader())->record(collection, id));
}

std::vector<std::string> Tablet::standing(const RecordId& id, const std::string& field) {
  const auto found = record("person", id);
  if (!found) return {};
  const model::Field* declared = store->schema().field("person", field);
  const merge::FieldState* state = found->state.field(field, declared->kind);
  if (state == nullptr) return {};
  std::vector<std::string> texts;
  for (const merge::Head* head : merge::resolve(*state, declared).standing) {
    const auto value = take(proto::decode_value(head->value));
    if (const auto* text = std::get_if<std::string>(&value)) texts.push_back(*text);
  }
  return texts;
}

std::string Tablet::text(const RecordId& id, const std::string& field) {
  const auto texts = standing(id, field);
  return texts.empty() ? std::string() : texts.front();
}

void copy_store_file(const std::string& from, const std::string& to) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", ".not-for-backup"}) {
    std::filesystem::remove(to + suffix, ignored);
    if (std::filesystem::exists(from + suffix)) std::filesystem::copy_file(from + suffix, to + suffix);
  }
  std::filesystem::remove(to + "-shm", ignored);
}

void Tablet::save_file(const std::string& to) {
  close();
  copy_store_file(path, to);
  open();
}

void Tablet::put_back_file(const std::string& from) {
  close();
  copy_store_file(from, path);
  open();
}

store::Status Tablet::status() { return take(take(store->reader())->status()); }
std::vector<store::SetAside> Tablet::set_aside() { return take(take(store->reader())->set_aside()); }
std::vector<store::InboxEntry> Tablet::conflicts() { return take(take(store->reader())->conflicts()); }

proto::SyncRequest Tablet::request(size_t push_bytes) {
  store::SessionMemory sent;
  store::RequestLimits with = limits;
  with.push_bytes = push_bytes;
  return take(store->build_request(with, sent));
}

// By way of the wire, so that what is not encoded cannot be relied on.
store::Applied Tablet::apply(const proto::SyncResponse& response, const proto::SyncRequest& sent) {
  return take(store->apply(take(proto::decode_sync_response(proto::encode(response))), sent));
}

store::Applied Tablet::round(SmallCentre& centre) {
  const proto::SyncRequest sent = take(proto::decode_sync_request(proto::encode(request(limits.push_bytes))));
  return apply(centre.answer(sent, store->identity().replica, worker), sent);
}

void Tablet::lose_answer(SmallCentre& centre) {
  const proto::SyncRequest sent = request(limits.push_bytes);
  centre.answer(sent, store->identity().replica, worker);
}

store::Applied Tablet::round_without_pages(SmallCentre& centre) {
  const auto sent = request();
  auto response = centre.answer(sent, store->identity().replica, worker);
  response.pages.clear();
  response.more = true;
  return apply(response, sent);
}

std::vector<std::string> Tablet::sync(SmallCentre& centre) {
  std::vector<std::string> notes;
  for (int rounds = 0; rounds < 200; ++rounds) {
    const store::Applied applied = round(centre);
    notes.insert(notes.end(), applied.notes.begin(), applied.notes.end());
    if (!applied.more) return notes;
  }
  throw std::runtime_error("the store asks for more and more");
}

World::World() : centre(clock, directory.path()) {}

Tablet& World::tablet(const std::string& worker, const std::string& file) {
  const std::string path = directory.path(file.empty() ? worker + ".db" : file);
  tablets_.push_back(std::make_unique<Tablet>(path, worker, clock, ++seed_));
  return *tablets_.back();
}

ScopeId World::shared_case(std::vector<Tablet*> tablets) {
  const ScopeId scope = centre.add_scope("case");
  for (Tablet* tablet : tablets) centre.grant(tablet->worker, scope);
  for (Tablet* tablet : tablets) tablet->sync(centre);
  return scope;
}

void World::settle(std::vector<Tablet*> tablets) {
  for (int i = 0; i < 2; ++i) {
    for (Tablet* tablet : tablets) tablet->sync(centre);
  }
}

}  // namespace satchel::test

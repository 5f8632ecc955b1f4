#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/sqlite/database.hpp"
#include "tests/store_support/tablet.hpp"
#include "tests/support/store_key.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

store::Options options_of(const Tablet& tablet) {
  store::Options options;
  options.path = tablet.path;
  options.key = store_key();
  return options;
}

Result<std::unique_ptr<store::Store>> open(Tablet& tablet, const store::Options& options) {
  return store::Store::open(options, tablet.clock, tablet.random, tablet.logger);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("a store belongs to one organisation and one worker") {
  World world;
  Tablet& amy = world.tablet("amy");
  store::Options options = options_of(amy);
  options.worker = "ben";
  CHECK(open(amy, options).error().code == Code::wrong_owner);
  options.worker = "amy";
  options.organisation = "south";
  CHECK(open(amy, options).error().code == Code::wrong_owner);
  options.organisation = "north";
  CHECK(open(amy, options).ok());
  proto::SessionResponse session;
  session.organisation = "north";
  session.worker = "ben";
  CHECK(amy.store->check_owner(session).error().code == Code::wrong_owner);
  session.worker = "amy";
  CHECK(amy.store->check_owner(session).ok());
}

TEST_CASE("a file of a newer version is refused and left byte for byte") {
  World world;
  Tablet& amy = world.tablet("amy");
  amy.close();
  {
    const auto raw = raw_file(amy.path);
    auto db = take(sqlite::Database::open(raw));
    take(db.exec("PRAGMA user_version = 99"));
    take(db.checkpoint(true));
  }
  const std::string before = content(amy.path);
  const auto result = open(amy, options_of(amy));
  REQUIRE(!result.ok());
  CHECK(result.error().code == Code::newer_format);
  CHECK(content(amy.path) == before);
}

TEST_CASE("a file of another program is refused and left as it is") {
  World world;
  Tablet& amy = world.tablet("amy");
  store::Options options = options_of(amy);
  options.path = world.directory.path("letter.txt");
  std::ofstream(options.path) << std::string(5000, 'x');
  const std::string before = content(options.path);
  CHECK(open(amy, options).error().code == Code::corrupt);
  CHECK(content(options.path) == before);
}

TEST_CASE("a new store needs a schema, an organisation and a worker") {
  World world;
  Tablet& amy = world.tablet("amy");
  store::Options options;
  options.path = world.directory.path("new.db");
  options.key = store_key();
  options.organisation = "north";
  options.worker = "amy";
  CHECK(open(amy, options).error().place == "schema");
  options.schema_json = small_schema();
  options.worker.clear();
  CHECK(open(amy, options).error().place == "worker");
  options.worker = "a\nmy";
  CHECK(open(amy, options).error().place == "worker");
  options.worker = "amy";
  options.create = false;
  options.path = world.directory.path("nowhere.db");
  CHECK(open(amy, options).error().code == Code::not_found);
  options.create = true;
  options.schema_json = "{";
  CHECK(open(amy, options).error().code == Code::invalid);
}

TEST_CASE("a newer schema indexes what is there, the same version with other content is refused") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId id = amy.person(scope, "Edith");
  amy.commit({assign("person", id, "email", "e@example.org")});
  store::Options options = options_of(amy);
  const std::string indexed = replaced(small_schema(), R"("email": {"kind": "register", "type": "text"})",
                                       R"("email": {"kind": "register", "type": "text", "indexed": true})");
  options.schema_json = indexed;
  CHECK(open(amy, options).error().code == Code::invalid);
  options.schema_json = replaced(indexed, R"("version": 1)", R"("version": 2)");
  auto second = take(open(amy, options));
  CHECK(second->schema().field("person", "email")->indexed);
  take(second->verify());
  // Another process that is still open follows.
  amy.commit({assign("person", id, "email", "f@example.org")});
  CHECK(amy.store->schema().version() == 2);
  amy.verify();
  // An older app opens it and goes on with the newer schema.
  options.schema_json = small_schema();
  CHECK(take(open(amy, options))->schema().version() == 2);
  // A kind is for ever.
  options.schema_json =
      replaced(replaced(small_schema(), R"("version": 1)", R"("version": 3)"),
               R"("email": {"kind": "register", "type": "text"})", R"("email": {"kind": "keep_all", "type": "text"})");
  const auto bent = open(amy, options);
  REQUIRE(!bent.ok());
  CHECK(bent.error().place == "person.email");
}

TEST_CASE("data_version moves with this store's writes and with another's") {
  World world;
  Tablet& amy = world.tablet("amy");
  auto other = take(open(amy, options_of(amy)));
  const int64_t first = take(amy.store->data_version());
  CHECK(take(amy.store->data_version()) == first);
  const ScopeId scope = amy.open_scope("case");
  const int64_t second = take(amy.store->data_version());
  CHECK(second != first);
  store::Draft draft;
  draft.changes = {create(scope, "person", amy.new_id())};
  take(other->commit(draft));
  CHECK(take(amy.store->data_version()) != second);
}

TEST_CASE("a reader that is open while a newer app brings its schema reads by that one") {
  World world;
  Tablet& amy = world.tablet("amy");
  auto reader = take(amy.store->reader());
  store::Options newer = amy.options();
  newer.schema_json.replace(newer.schema_json.find("\"version\": 1"), 12, "\"version\": 2");
  newer.schema_json.replace(newer.schema_json.find("\"email\": {"), 10, "\"landline\": {\"kind\": \"register\", \"type\": \"text\"}, \"email\": {");
  const auto other = take(store::Store::open(newer, amy.clock, amy.random, amy.logger));
  CHECK(reader->schema().version() == 1);
  take(reader->begin());
  CHECK(reader->schema().version() == 2);
  CHECK(reader->schema().field("person", "landline") != nullptr);
}

TEST_CASE("the inbox follows a newer schema, for a reader that is open and for a new one") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId edith = amy.person(scope, "Edith");
  world.settle({&amy, &ben});
  amy.commit({assign("person", edith, "about", std::string("Loves gardening."))});
  ben.commit({assign("person", edith, "about", std::string("Was a baker."))});
  world.settle({&amy, &ben});
  auto reader = take(amy.store->reader());
  const auto before = take(reader->conflicts());
  REQUIRE(before.size() == 1);
  CHECK(before.front().conflict.rule == merge::Rule::all_kept);
  store::Options newer = amy.options();
  newer.schema_json = replaced(replaced(small_schema(), R"("version": 1)", R"("version": 2)"),
                               R"("type": "text", "between_people": "keep_all")", R"("type": "text")");
  const auto other = take(open(amy, newer));
  const auto state = take(reader->record("person", edith))->state;
  const auto now = merge::conflicts(state, other->schema().collection("person"));
  CHECK((now.empty() || now.front().rule != merge::Rule::all_kept));
  const auto fresh = take(amy.store->reader());
  for (store::Reader* each : {reader.get(), fresh.get()}) {
    std::vector<merge::Conflict> read;
    for (const auto& entry : take(each->conflicts())) read.push_back(entry.conflict);
    CHECK(read == now);
  }
}

#ifndef SQLITE_HAS_CODEC
TEST_CASE("a build that cannot encrypt refuses a key and a rekey, and leaves the store as it is") {
  World world;
  Tablet& amy = world.tablet("amy");
  const RecordId edith = amy.person(amy.open_scope("case"), "Edith");
  amy.close();
  const SecretBytes key(std::string(sqlite::key_bytes, 'k'));
  const std::string before = content(amy.path);
  store::Options options = amy.options();
  CHECK(store::rekey(options, key).error().place == "key");
  options.key = key;
  CHECK(open(amy, options).error().place == "key");
  CHECK(content(amy.path) == before);
  amy.open();
  CHECK(amy.text(edith, "name") == "Edith");
}
#endif

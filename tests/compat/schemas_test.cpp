// Apps of two releases at one centre of either release: what the older has no word for is kept, passed on and not
// shown.
#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "proto/codec.hpp"
#include "tests/compat_support/world.hpp"

namespace satchel::compat {
namespace {

using nlohmann::json;

constexpr const char* gwen = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d41001";
constexpr const char* fresh = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d41002";
constexpr const char* risk = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d41003";

// The next release: a field, a set, a level, a move of a state and a collection more.
std::string next_schema() {
  json schema = json::parse(test::domain_schema_text());
  schema["version"] = schema.at("version").get<int>() + 1;
  json& collections = schema["collections"];
  collections["person"]["fields"]["calls_herself"] = {{"kind", "register"}, {"type", "text"}, {"indexed", true}};
  collections["person"]["fields"]["pets"] = {{"kind", "set"}, {"parts", {{"name", "text"}}}};
  collections["risk"]["fields"]["level"]["levels"].push_back("at_once");
  collections["action"]["fields"]["status"]["transitions"][""].push_back("wished_for");
  collections["garden"] = {{"scopes", {"case"}},
                           {"fields", {{"words", {{"kind", "keep_all"}, {"type", "text"}, {"indexed", true}}}}}};
  return schema.dump();
}

json change(const char* action, const char* collection, const std::string& record, json more) {
  more["action"] = action;
  more["collection"] = collection;
  more["record"] = record;
  return more;
}

json commit(json changes) { return {{"changes", std::move(changes)}}; }

// Amira's app is of the older release, Beth's of the newer.
struct Releases {
  explicit Releases(const std::string& of_centre) : centre(clock, of_centre, 1) {
    must(centre.open());
    scope = must(centre.admin()->grant(organisation, "amira", std::nullopt, "case", "writer", "Shared", ScopeId{}));
    must(centre.admin()->grant(organisation, "beth", scope, "", "writer", "Shared", ScopeId{}));
    both_sync();
  }

  void both_sync() {
    for (Tablet* who : {&amira, &beth, &amira}) who->sync(centre);
  }

  void agree() {
    both_sync();
    for (Tablet* who : {&amira, &beth}) {
      INFO(who->worker);
      CHECK(differences(*who, centre).empty());
      CHECK(who->store->verify().ok());
      CHECK(must(who->reader->status()).unsent == 0);
      CHECK(must(who->reader->set_aside()).empty());
    }
    must(centre.admin()->verify());
  }

  json fields(Tablet& who, const char* collection, const char* record) {
    return who.contents().at("records").at(std::string(collection) + "/" + record).at("fields");
  }

  ManualClock clock;
  Centre centre;
  Tablet amira{clock, "amira", test::domain_schema_text(), 2};
  Tablet beth{clock, "beth", next_schema(), 3};
  ScopeId scope;
};

void write_as_both(Releases& world) {
  const std::string scope = world.scope.text();
  world.beth.write(commit(
      {change("create", "person", gwen,
              {{"scope", scope},
               {"fields", {{"preferred_name", "Gwen"}, {"calls_herself", "Gwennie"}, {"pets", {{{"name", "Mot"}}}}}}}),
       change("create", "risk", risk, {{"scope", scope}, {"fields", {{"level", "at_once"}}}}),
       change("create", "garden", fresh, {{"scope", scope}, {"fields", {{"words", "Roses."}}}})}));
  world.both_sync();
  // Both, without seeing each other: the older app beside fields that it does not know.
  world.amira.write(
      commit({change("set", "person", gwen, {{"fields", {{"preferred_name", "Gwenllian"}, {"pronoun", "she"}}}}),
              change("set", "risk", risk, {{"field", "last_reviewed"}, {"value", "2026-11-22"}})}));
  world.beth.write(
      commit({change("set", "person", gwen, {{"fields", {{"calls_herself", "Mrs O"}, {"gender", "||woman"}}}}),
              change("set", "garden", fresh, {{"field", "words"}, {"value", "Roses and beans."}})}));
  world.agree();
}

void for_each_centre(const std::function<void(Releases&)>& test) {
  for (const bool newer : {false, true}) {
    INFO((newer ? "the centre is of the newer release" : "the centre is of the older release"));
    Releases world(newer ? next_schema() : test::domain_schema_text());
    write_as_both(world);
    test(world);
  }
}

}  // namespace

TEST_CASE("apps of two releases agree, at a centre of either") {
  for_each_centre([](Releases& world) {
    for (Tablet* who : {&world.amira, &world.beth}) {
      const json person = world.fields(*who, "person", gwen);
      CHECK(person.at("preferred_name") == "Gwenllian");
      CHECK(person.at("pronoun") == "she");
      CHECK(person.at("gender").at("display") == "woman");
    }
    const json person = world.fields(world.beth, "person", gwen);
    CHECK(person.at("calls_herself") == "Mrs O");
    CHECK(person.at("pets").at(0).at("name") == "Mot");
    CHECK(world.fields(world.beth, "garden", fresh).at("words") == "Roses and beans.");
    CHECK(world.fields(world.beth, "risk", risk).at("last_reviewed") == "2026-11-22");
  });
}

TEST_CASE("an older app does not show what it has no word for, and cannot write it") {
  for_each_centre([](Releases& world) {
    const json person = world.fields(world.amira, "person", gwen);
    CHECK_FALSE(person.contains("calls_herself"));
    CHECK_FALSE(person.contains("pets"));
    CHECK_FALSE(world.amira.contents().at("records").contains(std::string("garden/") + fresh));
    // A level that it does not know is the highest: it is shown, and not lowered without a reason.
    CHECK(world.fields(world.amira, "risk", risk).at("level") == "at_once");
    const auto lower = change("set", "risk", risk, {{"field", "level"}, {"value", "high"}});
    CHECK_FALSE(world.amira.try_write(commit({lower})).ok());
    const auto refused =
        world.amira.try_write(commit({change("set", "person", gwen, {{"field", "calls_herself"}, {"value", "G"}})}));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Code::invalid);
  });
}

TEST_CASE("an app that is updated shows what it kept, without fetching it again") {
  for_each_centre([](Releases& world) {
    world.amira.close();
    world.amira.schema = next_schema();
    must(world.amira.open());
    CHECK(world.amira.store->verify().ok());
    CHECK(world.amira.contents().at("records") == world.beth.contents().at("records"));
    world.amira.write(commit({change("set", "person", gwen, {{"field", "calls_herself"}, {"value", "Gwennie"}})}));
    world.agree();
    CHECK(world.fields(world.beth, "person", gwen).at("calls_herself") == "Gwennie");
  });
}

TEST_CASE("a centre that is updated or put back to an older release goes on with both") {
  Releases world(test::domain_schema_text());
  write_as_both(world);
  for (const std::string& schema : {next_schema(), test::domain_schema_text()}) {
    world.centre.close();
    world.centre.schema = schema;
    must(world.centre.open());
    world.beth.write(
        commit({change("set", "garden", fresh, {{"field", "words"}, {"value", "Beans " + schema.substr(0, 1)}})}));
    world.amira.write(commit({change("set", "person", gwen, {{"field", "pronoun"}, {"value", "they"}})}));
    world.agree();
  }
}

TEST_CASE("a write of a kind that nobody knows yet is kept on every side, shown by none") {
  for_each_centre([](Releases& world) {
    store::Draft draft;
    model::Op op;
    op.collection = "person";
    op.record = *RecordId::parse(gwen);
    op.action = model::Action::assign;
    op.field = "drawing";
    op.kind = static_cast<model::Kind>(77);
    op.value = proto::encode_value(std::string("strokes"));
    model::Transaction transaction;
    model::Header& header = transaction.header;
    header.id = {world.scope, ReplicaId{random_128(world.centre.random)}, 1};
    header.worker = "beth";
    header.wall_ms = world.clock.wall_ms();
    header.schema_version = 99;
    transaction.ops = {op};
    const auto encoded = must(proto::encode_transaction(organisation, transaction, {}, world.centre.random));
    proto::SessionRequest session;
    session.replica = header.id.replica;
    session.token = std::string(organisation) + "/beth";
    session.secret_proof = Bytes(32, 'p');
    const auto opened = world.centre.ask("/v1/session", "", proto::encode(session));
    REQUIRE(opened.status == 200);
    const std::string credential = "Bearer " + must(proto::decode_session_response(opened.body)).credential;
    proto::SyncRequest request;
    request.sent_at_ms = world.clock.wall_ms();
    request.push.push_back({encoded.bytes, std::nullopt, std::nullopt, false});
    const auto reply = world.centre.ask("/v1/sync", credential, proto::encode(request));
    REQUIRE(reply.status == 200);
    const auto answer = must(proto::decode_sync_response(reply.body));
    REQUIRE(answer.verdicts.size() == 1);
    CHECK(answer.verdicts[0].kind == proto::VerdictKind::accepted);
    world.agree();
    for (Tablet* who : {&world.amira, &world.beth}) {
      CHECK_FALSE(world.fields(*who, "person", gwen).contains("drawing"));
      const auto record = must(who->reader->record("person", op.record));
      REQUIRE(record.has_value());
      CHECK(record->state.field("drawing") != nullptr);
      CHECK(who->contents().at("conflicts").empty());
    }
  });
}

TEST_CASE("another version of the protocol is refused as a whole, in words that say what to do") {
  Releases world(test::domain_schema_text());
  proto::SessionRequest session;
  session.replica = ReplicaId{random_128(world.centre.random)};
  session.token = std::string(organisation) + "/amira";
  session.secret_proof = Bytes(32, 'p');
  const auto opened = world.centre.ask("/v1/session", "", proto::encode(session));
  const std::string credential = "Bearer " + must(proto::decode_session_response(opened.body)).credential;
  session.protocol = proto::protocol_version + 1;
  proto::SyncRequest request;
  request.protocol = proto::protocol_version + 1;
  for (const auto& reply : {world.centre.ask("/v1/session", "", proto::encode(session)),
                            world.centre.ask("/v1/sync", credential, proto::encode(request))}) {
    CHECK(reply.status == 426);
    const auto failure = must(proto::decode_failure(reply.body));
    CHECK(failure.code == "protocol_version");
    CHECK(failure.message.find("Please update the app") != std::string::npos);
  }
  // The one that it speaks goes on.
  request.protocol = proto::protocol_version;
  CHECK(world.centre.ask("/v1/sync", credential, proto::encode(request)).status == 200);
}

}  // namespace satchel::compat

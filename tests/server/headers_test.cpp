// Headers of cases in their team's scope: what the centre writes there, when, and what never gets there.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/merge/resolve.hpp"
#include "server/headers.hpp"
#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;
using model::Kind;
using proto::VerdictKind;
namespace fs = std::filesystem;

namespace {

model::Op act(const RecordId& record, model::Action action) {
  model::Op op = create("episode", record);
  op.action = action;
  return op;
}

// The domain's schema, with another header for episodes; null: without one.
model::Schema with_header(const nlohmann::json& header) {
  auto source = nlohmann::json::parse(domain_schema().source());
  nlohmann::json& episode = source["collections"]["episode"];
  if (header.is_null())
    episode.erase("header");
  else
    episode["header"] = header;
  return must(model::Schema::parse(source.dump()));
}

struct Team {
  explicit Team(model::Schema schema = domain_schema())
      : world(std::move(schema)), team(world.grant("ana", "team")), ana(world, "ana") {
    world.grant_in("tom", team, "reader");
    tom.emplace(world, "tom");
    settle();
  }
  // A case that ana opens on her tablet, with an episode.
  ScopeId open_case(const RecordId& record, const std::string& kind = "case", const ScopeId& parent = {}) {
    const ScopeId scope{random_128(world.random)};
    ana.write(scope,
              {create("episode", record), assign("episode", record, "status", Kind::state, "referred"),
               assign("episode", record, "priority", Kind::severity, "soon")},
              [&](model::Header& header) { header.opening = model::Opening{kind, parent}; });
    return scope;
  }
  void write(const ScopeId& scope, std::vector<model::Op> ops) {
    world.clock.advance(10);
    ana.write(scope, std::move(ops),
              [](model::Header& header) { header.verdicts_known = header.id.counter - 1; });
  }
  void settle() {
    for (int i = 0; i < 3; ++i) {
      ana.sync_all();
      tom->sync_all();
    }
    CHECK(ana.state(team).state_digest == tom->state(team).state_digest);
  }
  std::string header(const ScopeId& scope, const RecordId& record, const std::string& field) {
    const auto values = tom->values(team, "case_header", server::header_id("case_header", scope, record), field);
    return values.size() == 1 ? values[0] : std::to_string(values.size()) + " values";
  }
  void start_with(model::Schema schema) {
    world.stop();
    world.schema = std::move(schema);
    world.start();
    ana.sign_in();
    tom->sign_in();
    settle();
  }
  // What a reader sees: of several, the one that is picked; empty: nothing.
  std::string stands(const ScopeId& scope, const RecordId& record, const std::string& field) {
    const RecordId id = server::header_id("case_header", scope, record);
    const auto state = must(merge::decode(*must(tom->mirror.record_state(tom->state(team).key, {"case_header", id}))));
    const auto resolved = merge::resolve(*state.field(field), domain_schema().field("case_header", field));
    if (resolved.standing.empty() || resolved.standing[0]->value.empty()) return {};
    return std::get<std::string>(must(proto::decode_value(resolved.standing[0]->value)));
  }
  bool present(const ScopeId& scope, const RecordId& record) {
    const RecordId id = server::header_id("case_header", scope, record);
    const auto bytes = must(tom->mirror.record_state(tom->state(team).key, {"case_header", id}));
    return bytes && must(merge::decode(*bytes)).present();
  }
  uint64_t written() { return tom->state(team).head; }

  World world;
  ScopeId team;
  Tablet ana;
  std::optional<Tablet> tom;
  RecordId episode{random_128(world.random)};
};

}  // namespace

TEST_CASE("a case opened without signal has its header in the team's list with the push that brings it") {
  Team t;
  const ScopeId scope = t.open_case(t.episode, "case", t.team);
  t.settle();
  CHECK(t.written() == 1);
  CHECK(t.header(scope, t.episode, "status") == "referred");
  CHECK(t.header(scope, t.episode, "priority") == "soon");
  CHECK(t.header(scope, t.episode, "case_scope") == scope.text());
  CHECK(t.header(scope, t.episode, "owner") == "0 values");
  CHECK((server::header_id("case_header", scope, t.episode).bytes[6] >> 4) == 8);  // UUIDv8
  const auto entry = must(t.tom->mirror.entries_after(t.tom->state(t.team).key, 0, SIZE_MAX)).at(0);
  const auto decoded = must(proto::decode_transaction(org, entry.bytes));
  CHECK(decoded.transaction.header.author == model::Author::centre);
  CHECK(decoded.transaction.header.worker == "centre");
  CHECK_FALSE(t.tom->holds(scope));  // the list, not the case
}

TEST_CASE("a header follows its record, and nothing is written when nothing of it changes") {
  Team t;
  const ScopeId scope = t.open_case(t.episode, "case", t.team);
  t.settle();
  t.write(scope, {assign("episode", t.episode, "status", Kind::state, "active"),
                  assign("episode", t.episode, "priority", Kind::severity, "urgent")});
  t.settle();
  CHECK(t.header(scope, t.episode, "status") == "active");
  CHECK(t.header(scope, t.episode, "priority") == "urgent");
  const uint64_t before = t.written();
  t.write(scope, {assign("episode", t.episode, "status", Kind::state, "active")});  // a contact: the same label
  t.ana.note(scope, "Mrs Pomegranate has moved");
  t.settle();
  CHECK(t.written() == before);
  t.write(scope, {assign("episode", t.episode, "priority", Kind::severity, "emergency")});
  t.settle();
  CHECK(t.written() == before + 1);
}

TEST_CASE("a header is void while its record is, and comes back with it") {
  Team t;
  const ScopeId scope = t.open_case(t.episode, "case", t.team);
  t.settle();
  CHECK(t.present(scope, t.episode));
  t.write(scope, {act(t.episode, model::Action::void_)});
  t.settle();
  CHECK_FALSE(t.present(scope, t.episode));
  t.write(scope, {act(t.episode, model::Action::restore),
                  assign("episode", t.episode, "status", Kind::state, "active")});
  t.settle();
  CHECK(t.present(scope, t.episode));
  CHECK(t.header(scope, t.episode, "status") == "active");
  t.write(scope, {act(t.episode, model::Action::void_)});
  t.settle();
  CHECK_FALSE(t.present(scope, t.episode));
}

TEST_CASE("nothing goes up from a case without a team, from a restricted part, or from another's parent") {
  Team t;
  const ScopeId alone = t.open_case(t.episode);
  const RecordId other{random_128(t.world.random)}, hidden{random_128(t.world.random)};
  const ScopeId scope = t.open_case(other, "case", t.team);
  t.settle();
  CHECK(t.written() == 1);
  const ScopeId restricted = t.open_case(hidden, "case-restricted", scope);
  t.settle();
  CHECK(t.written() == 1);
  CHECK_FALSE(t.present(alone, t.episode));
  CHECK_FALSE(t.present(restricted, hidden));
  CHECK_FALSE(t.present(scope, hidden));
}

TEST_CASE("a caseload that arrives at once is one transaction in the team's scope") {
  Team t;
  std::vector<std::pair<ScopeId, RecordId>> cases;
  for (int i = 0; i < 50; ++i) {
    const RecordId episode{random_128(t.world.random)};
    cases.emplace_back(t.open_case(episode, "case", t.team), episode);
  }
  t.settle();
  CHECK(t.written() == 1);
  for (const auto& [scope, episode] : cases) CHECK(t.header(scope, episode, "status") == "referred");
  must(t.world.admin()->verify());
}

TEST_CASE("nobody but the centre writes a header") {
  Team t;
  const ScopeId scope = t.open_case(t.episode, "case", t.team);
  t.settle();
  const RecordId id = server::header_id("case_header", scope, t.episode);
  const auto& forged = t.ana.write(t.team, {assign("case_header", id, "status", Kind::server, "closed")});
  CHECK(t.ana.push(forged).kind == VerdictKind::quarantined);
  t.settle();
  CHECK(t.header(scope, t.episode, "status") == "referred");
}

TEST_CASE("a release that changes the record changes its header") {
  Team t;
  const ScopeId scope = t.open_case(t.episode, "case", t.team);
  t.settle();
  t.world.grant_in("rea", scope, "reader");
  Tablet rea(t.world, "rea");
  rea.sync_all();
  const auto& refused = rea.write(scope, {assign("episode", t.episode, "priority", Kind::severity, "emergency")});
  CHECK(rea.push(refused).kind == VerdictKind::quarantined);
  t.settle();
  CHECK(t.header(scope, t.episode, "priority") == "soon");
  must(t.world.admin()->release(org, refused.id()));
  t.settle();
  CHECK(t.header(scope, t.episode, "priority") == "emergency");
}

TEST_CASE("after a restore the headers come back with their cases, whoever syncs first") {
  for (const bool team_first : {true, false}) {
    Team t;
    const ScopeId scope = t.open_case(t.episode, "case", t.team);
    t.settle();
    t.world.stop();
    fs::copy_file(t.world.file("centre.db"), t.world.directory / "yesterday.db");
    t.world.start();
    t.write(scope, {assign("episode", t.episode, "status", Kind::state, "active")});
    t.settle();
    t.write(scope, {assign("episode", t.episode, "priority", Kind::severity, "urgent")});
    t.settle();
    t.world.stop();
    fs::copy_file(t.world.directory / "yesterday.db", t.world.file("centre.db"),
                  fs::copy_options::overwrite_existing);
    t.world.start();
    t.world.clock.advance(1000);
    t.ana.sign_in();
    t.tom->sign_in();
    for (int i = 0; i < 6; ++i) {
      Tablet& next = (i % 2 == 0) == team_first ? *t.tom : t.ana;
      next.sync_all();
      while (!next.offers.empty()) next.sync_all();
    }
    t.settle();
    CHECK(t.header(scope, t.episode, "case_scope") == scope.text());
    CHECK(t.stands(scope, t.episode, "status") == "active");
    CHECK(t.stands(scope, t.episode, "priority") == "urgent");
    must(t.world.admin()->verify());
  }
}

TEST_CASE("a header that comes back without what it is of is put away, and comes again with it") {
  Team t;
  const ScopeId scope = t.open_case(RecordId{random_128(t.world.random)}, "case", t.team);
  t.settle();
  t.world.stop();
  fs::copy_file(t.world.file("centre.db"), t.world.directory / "yesterday.db");
  t.world.start();
  t.write(scope, {create("episode", t.episode), assign("episode", t.episode, "status", Kind::state, "referred")});
  t.settle();
  REQUIRE(t.stands(scope, t.episode, "status") == "referred");
  t.world.stop();
  fs::copy_file(t.world.directory / "yesterday.db", t.world.file("centre.db"),
                fs::copy_options::overwrite_existing);
  t.world.start();
  t.world.clock.advance(1000);
  t.tom->sign_in();
  const auto present = [&] {
    for (int i = 0; i < 3 || !t.tom->offers.empty(); ++i) t.tom->sync_all();
    const RecordId id = server::header_id("case_header", scope, t.episode);
    const auto state = must(t.tom->mirror.record_state(t.tom->state(t.team).key, {"case_header", id}));
    return state && must(merge::decode(*state)).present();
  };
  CHECK(!present());  // Ana's tablet, which alone has the episode, is still away
  t.ana.sign_in();
  for (int i = 0; i < 3 || !t.ana.offers.empty(); ++i) t.ana.sync_all();
  CHECK(present());
  CHECK(t.stands(scope, t.episode, "status") == "referred");
  must(t.world.admin()->verify());
}

// ---- cases from before the schema said it, or when it said something else

TEST_CASE("cases from before the schema had headers are in the team's list after the next start") {
  Team t(with_header(nullptr));
  const ScopeId first = t.open_case(t.episode, "case", t.team), alone = t.open_case(t.episode);
  RecordId other{random_128(t.world.random)};
  const ScopeId second = t.open_case(other, "case", t.team);
  t.settle();
  t.write(second, {assign("episode", other, "status", Kind::state, "active"), act(t.episode, model::Action::create)});
  t.write(second, {act(t.episode, model::Action::void_)});
  t.settle();
  REQUIRE(t.written() == 0);
  t.start_with(domain_schema());
  CHECK(t.header(first, t.episode, "status") == "referred");
  CHECK(t.header(first, t.episode, "case_scope") == first.text());
  CHECK(t.header(second, other, "status") == "active");
  CHECK_FALSE(t.present(second, t.episode));
  CHECK_FALSE(t.present(alone, t.episode));
  CHECK(t.written() == 1);
  t.start_with(domain_schema());
  CHECK(t.written() == 1);
  must(t.world.admin()->verify());
}

TEST_CASE("headers made under another definition say what the schema says now, and nothing that it says no more") {
  Team t(with_header({{"collection", "case_header"}, {"fields", {"status", "review_due"}}}));
  const ScopeId scope = t.open_case(t.episode, "case", t.team);
  t.settle();
  CHECK(t.header(scope, t.episode, "priority") == "0 values");
  CHECK(t.header(scope, t.episode, "case_scope") == "0 values");
  t.start_with(with_header({{"collection", "case_header"}, {"fields", {"priority"}}, {"scope_field", "case_scope"}}));
  CHECK(t.header(scope, t.episode, "priority") == "soon");
  CHECK(t.header(scope, t.episode, "case_scope") == scope.text());
  CHECK(t.stands(scope, t.episode, "status").empty());
  t.write(scope, {assign("episode", t.episode, "status", Kind::state, "active")});
  t.settle();
  CHECK(t.stands(scope, t.episode, "status").empty());
}

TEST_CASE("when the schema has a header no more, those that were written are put away, and come back with it") {
  Team t;
  const ScopeId scope = t.open_case(t.episode, "case", t.team);
  t.settle();
  REQUIRE(t.present(scope, t.episode));
  t.start_with(with_header(nullptr));
  CHECK_FALSE(t.present(scope, t.episode));
  t.start_with(domain_schema());
  CHECK(t.present(scope, t.episode));
  CHECK(t.header(scope, t.episode, "status") == "referred");
}

TEST_CASE("an operator's command with another schema leaves the headers to the server") {
  Team t(with_header(nullptr));
  t.open_case(t.episode, "case", t.team);
  t.settle();
  t.world.schema = domain_schema();
  must(t.world.admin()->verify());
  t.settle();
  CHECK(t.written() == 0);
  t.start_with(domain_schema());
  CHECK(t.written() == 1);
}

TEST_CASE("a renewal of headers that is cut short begins again at the next start, and writes nothing twice") {
  Team t(with_header(nullptr));
  std::vector<std::pair<ScopeId, RecordId>> cases;
  for (int i = 0; i < 300; ++i) {  // more than one portion
    const RecordId episode{random_128(t.world.random)};
    cases.emplace_back(t.open_case(episode, "case", t.team), episode);
  }
  t.settle();
  t.start_with(domain_schema());
  const uint64_t written = t.written();
  CHECK(written == 2);
  for (const auto& [scope, episode] : cases) CHECK(t.present(scope, episode));
  t.world.stop();
  {
    auto db = must(sqlite::Database::open({.path = t.world.file("centre.db")}));
    must(db.exec(
        "UPDATE centre_values SET value = CAST('{\"now\": {}, \"before\": {}}' AS BLOB) WHERE name = 'headers'"));
  }
  t.start_with(domain_schema());
  CHECK(t.written() == written);
}

// The invented caseload has the volumes of the work, fits the schema, and follows from its seed.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "core/query/query.hpp"
#include "core/store/store.hpp"
#include "demo/caseload/caseload.hpp"
#include "platform/c/json_in.hpp"
#include "tests/support/domain_schema.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using namespace satchel;
using nlohmann::json;

constexpr const char* team = "5d1c9d52-1f6e-4a43-9d6b-0c5a5f1f0a01";
constexpr const char* supervision = "5d1c9d52-1f6e-4a43-9d6b-0c5a5f1f0a02";

demo::Surroundings surroundings(uint64_t seed = 1) {
  demo::Surroundings around;
  around.seed = seed;
  around.team = team;
  return around;
}

struct Counted {
  std::map<std::string, size_t> records;
  std::vector<size_t> note_words, note_bytes;

  size_t all() const {
    size_t sum = 0;
    for (const auto& [collection, count] : records) sum += count;
    return sum;
  }

  void add(const json& commit) {
    for (const json& change : commit.at("changes")) {
      if (change.at("action") != "create") continue;
      const std::string collection = change.at("collection");
      ++records[collection];
      if (collection != "visit_note") continue;
      const std::string body = change.at("fields").at("body");
      if (body.starts_with("No answer.")) continue;
      note_words.push_back(static_cast<size_t>(std::count(body.begin(), body.end(), ' ')) + 1);
      note_bytes.push_back(body.size());
    }
  }
};

Counted count(unsigned cases) {
  Counted counted;
  for (unsigned i = 0; i < cases; ++i)
    for (const json& commit : demo::invent_case(surroundings(), i).commits) counted.add(commit);
  for (const json& commit : demo::invent_papers(surroundings(), supervision).commits) counted.add(commit);
  return counted;
}

bool within(size_t value, size_t wanted, size_t per_cent) {
  return value * 100 >= wanted * (100 - per_cent) && value * 100 <= wanted * (100 + per_cent);
}

}  // namespace

TEST_CASE("450 cases give the 27,000 records of a tablet, 900 the 53,000 of a heavy one") {
  CHECK(within(count(450).all(), 27'000, 2));
  CHECK(within(count(900).all(), 53'000, 2));
}

TEST_CASE("invented notes are as long as notes are") {
  Counted counted = count(450);
  std::sort(counted.note_words.begin(), counted.note_words.end());
  const size_t notes = counted.note_words.size();
  REQUIRE(notes > 3000);
  CHECK(within(counted.note_words[notes / 2], 180, 12));
  CHECK(within(counted.note_words[notes * 95 / 100], 600, 12));
  CHECK(*std::max_element(counted.note_bytes.begin(), counted.note_bytes.end()) <= 20'000);
}

TEST_CASE("every collection that a worker may write in appears") {
  const auto schema = model::Schema::parse(test::domain_schema_text());
  REQUIRE(schema.ok());
  const Counted counted = count(60);
  for (const auto& [name, collection] : schema->collections()) {
    INFO(name);
    CHECK((counted.records.count(name) == 1) == !collection.server_only);
  }
}

TEST_CASE("the same seed gives the same caseload, another seed another") {
  const auto commits = [](uint64_t seed, unsigned number) {
    return json(demo::invent_case(surroundings(seed), number).commits);
  };
  CHECK(commits(1, 7) == commits(1, 7));
  CHECK(commits(1, 7) != commits(1, 8));
  CHECK(commits(1, 7) != commits(2, 7));
  CHECK(json(demo::invent_papers(surroundings(1), supervision).commits) ==
        json(demo::invent_papers(surroundings(1), supervision).commits));
}

TEST_CASE("no two records of a caseload have the same id") {
  std::set<std::string> ids;
  size_t records = 0;
  for (unsigned i = 0; i < 100; ++i) {
    const auto made = demo::invent_case(surroundings(), i);
    records += made.records;
    for (const json& commit : made.commits)
      for (const json& change : commit.at("changes"))
        if (change.at("action") == "create") ids.insert(change.at("record"));
  }
  CHECK(ids.size() == records);
}

TEST_CASE("a store takes every commit of a caseload") {
  const test::TemporaryDirectory directory;
  const SystemClock clock;
  SystemRandom random;
  NullLogger logger;
  store::Options options;
  options.path = directory.path("tablet.db");
  options.schema_json = test::domain_schema_text();
  options.organisation = "north-net";
  options.worker = "amira";
  options.durability = sqlite::Durability::off;
  auto store = store::Store::open(options, clock, random, logger);
  REQUIRE(store.ok());
  auto reader = (*store)->reader();
  REQUIRE(reader.ok());
  const auto take = [&](const json& commit) {
    const auto draft = abi::parse_draft(commit.dump(), {**reader, clock, random});
    INFO(commit.dump());
    if (!draft.ok()) FAIL(draft.error().message << " " << draft.error().place);
    const auto receipt = (*store)->commit(draft->draft);
    if (!receipt.ok()) FAIL(receipt.error().message << " " << receipt.error().place);
  };
  // As an answer of the centre says it: the team and the scope of supervision are this worker's.
  proto::SyncResponse granted;
  granted.grants_version = 1;
  granted.grants = {{*ScopeId::parse(team), "team", ScopeId{}, "writer", false, "Harbour"},
                    {*ScopeId::parse(supervision), "supervision", ScopeId{}, "supervisor", false, "With Beth"}};
  REQUIRE((*store)->apply(granted, {}).ok());
  const demo::Surroundings around = surroundings();
  uint64_t records = 0;
  std::vector<demo::InventedCase> cases;
  for (unsigned i = 0; i < 30; ++i) {
    cases.push_back(demo::invent_case(around, i));
    for (const json& commit : cases.back().commits) take(commit);
    records += cases.back().records;
  }
  const auto papers = demo::invent_papers(around, supervision);
  for (const json& commit : papers.commits) take(commit);
  records += papers.records;
  for (unsigned i = 0; i < 30; ++i) take(demo::invent_disagreement(around, cases[i], i).one);
  REQUIRE((*store)->verify().ok());
  uint64_t found = 0;
  for (const auto& [name, collection] : (*store)->schema().collections()) {
    query::Query all;
    all.collection = name;
    const auto some = query::count(**reader, all);
    REQUIRE(some.ok());
    found += *some;
  }
  CHECK(found == records);
}

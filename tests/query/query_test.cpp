#include "core/query/query.hpp"

#include <sqlite3.h>

#include <catch2/catch_test_macros.hpp>

#include "core/query/continuation.hpp"
#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;
using query::Compare;

namespace {

struct People {
  World world;
  Tablet& amy = world.tablet("amy");
  ScopeId scope = amy.open_scope("case"), other = amy.open_scope("case");
  std::vector<RecordId> ids;

  RecordId add(const ScopeId& where, const std::string& name, std::optional<int64_t> age = {}) {
    world.clock.advance(1000);
    const RecordId id = amy.new_id();
    std::vector<store::Change> changes = {create(where, "person", id), assign("person", id, "name", name)};
    if (age) changes.push_back(assign("person", id, "age", *age));
    amy.commit(changes);
    ids.push_back(id);
    return id;
  }

  std::vector<std::string> names(query::Query q) {
    q.collection = "person";
    auto reader = take(amy.store->reader());
    std::vector<std::string> found;
    const query::Page page = take(query::run(*reader, q));
    for (const auto& record : page.records) found.push_back(amy.text(record.key.record, "name"));
    return found;
  }

  Error error(query::Query q) {
    if (q.collection.empty()) q.collection = "person";
    auto reader = take(amy.store->reader());
    auto result = query::run(*reader, q);
    REQUIRE(!result.ok());
    return result.error();
  }

  uint64_t count(query::Query q) {
    q.collection = "person";
    auto reader = take(amy.store->reader());
    return take(query::count(*reader, q));
  }
};

query::Query where(const std::string& field, Compare compare, model::Value value) {
  query::Query q;
  q.filters.push_back({field, compare, std::move(value)});
  return q;
}

using Names = std::vector<std::string>;

// How often statements of this connection had to sort what they found.
int sorts(sqlite::Database& db) {
  int sum = 0;
  for (sqlite3_stmt* at = sqlite3_next_stmt(db.handle(), nullptr); at != nullptr; at = sqlite3_next_stmt(db.handle(), at))
    sum += sqlite3_stmt_status(at, SQLITE_STMTSTATUS_SORT, 0);
  return sum;
}

}  // namespace

TEST_CASE("a page is read in the order of an index, however many records have the same value") {
  People p;
  for (int i = 0; i < 10; ++i) p.add(i % 2 == 0 ? p.scope : p.other, "Ann", 30);
  const auto reader = take(p.amy.store->reader());
  std::vector<query::Query> queries(3);
  queries[1].order_by = "name";
  queries[2] = where("name", Compare::equal, std::string("Ann"));
  for (query::Query& q : queries) {
    q.collection = "person";
    q.limit = 4;
    for (const bool descending : {false, true}) {
      q.descending = descending;
      q.after.clear();
      const query::Page first = take(query::run(*reader, q));
      REQUIRE(first.records.size() == 4);
      q.after = first.next;
      const query::Page second = take(query::run(*reader, q));
      REQUIRE(second.records.size() == 4);
      CHECK((first.records.back().key < second.records.front().key) != descending);
    }
  }
  CHECK(sorts(reader->database()) == 0);
}

TEST_CASE("without an order records come as they were created") {
  People p;
  p.add(p.scope, "Zoë");
  p.add(p.other, "Ann");
  p.add(p.scope, "Ben");
  CHECK(p.names({}) == Names{"Zoë", "Ann", "Ben"});
  query::Query q;
  q.descending = true;
  CHECK(p.names(q) == Names{"Ben", "Ann", "Zoë"});
  q = {};
  q.scope = p.scope;
  CHECK(p.names(q) == Names{"Zoë", "Ben"});
  CHECK(p.count(q) == 2);
  q.scope = ScopeId{random_128(p.amy.random)};
  CHECK(p.names(q).empty());
}

TEST_CASE("filters compare folded text, numbers and levels") {
  People p;
  const RecordId llyr = p.add(p.scope, "Llŷr", 40), ann = p.add(p.scope, "ann", 7), lily = p.add(p.scope, "Lily", 9);
  p.add(p.scope, "Nobody");
  CHECK(p.names(where("name", Compare::equal, "LLYR")) == Names{"Llŷr"});
  CHECK(p.names(where("name", Compare::starts_with, "l")) == Names{"Llŷr", "Lily"});
  CHECK(p.names(where("age", Compare::less, int64_t{40})) == Names{"ann", "Lily"});
  CHECK(p.names(where("age", Compare::less_or_equal, int64_t{40})) == Names{"Llŷr", "ann", "Lily"});
  CHECK(p.names(where("age", Compare::greater, int64_t{9})) == Names{"Llŷr"});
  CHECK(p.names(where("age", Compare::greater_or_equal, int64_t{9})) == Names{"Llŷr", "Lily"});
  CHECK(p.names(where("age", Compare::equal, model::Null{})) == Names{"Nobody"});
  CHECK(p.names(where("age", Compare::not_equal, int64_t{9})) == Names{"Llŷr", "ann", "Nobody"});
  p.amy.commit({assign("person", llyr, "risk", "low")});
  p.amy.commit({assign("person", ann, "risk", "high")});
  p.amy.commit({assign("person", lily, "risk", "none_known")});
  CHECK(p.names(where("risk", Compare::greater_or_equal, "low")) == Names{"Llŷr", "ann"});
  query::Query q = where("risk", Compare::greater, "none_known");
  q.order_by = "risk";
  q.descending = true;
  CHECK(p.names(q) == Names{"ann", "Llŷr"});
  q.filters.push_back({"name", Compare::equal, "llyr"});
  CHECK(p.names(q) == Names{"Llŷr"});
  CHECK(p.count(q) == 1);
}

TEST_CASE("a value that stands beside another is found too") {
  People p;
  const RecordId id = p.add(p.scope, "Edith");
  const store::ReadToken form = p.amy.token();
  p.amy.commit({assign("person", id, "wishes", "dancing")}, form);
  p.amy.commit({assign("person", id, "wishes", "singing")}, form);
  CHECK(p.names(where("wishes", Compare::equal, "dancing")) == Names{"Edith"});
  CHECK(p.names(where("wishes", Compare::equal, "singing")) == Names{"Edith"});
  query::Query q;
  q.order_by = "wishes";
  CHECK(p.names(q) == Names{"Edith"});
}

TEST_CASE("pages follow each other without a gap or a repeat, in any order and while others write") {
  People p;
  for (int i = 0; i < 57; ++i) p.add(i % 2 == 0 ? p.scope : p.other, "Name " + std::to_string(i % 7), i % 5);
  for (const std::string& order : {std::string(), std::string("name"), std::string("age"), std::string("risk")}) {
    for (const bool descending : {false, true}) {
      query::Query q;
      q.collection = "person";
      q.order_by = order;
      q.descending = descending;
      q.limit = 1000;
      auto reader = take(p.amy.store->reader());
      const query::Page all = take(query::run(*reader, q));
      REQUIRE(all.records.size() >= 57);
      CHECK(all.next.empty());
      q.limit = 10;
      std::vector<RecordId> paged;
      do {
        const query::Page page = take(query::run(*reader, q));
        for (const auto& record : page.records) paged.push_back(record.key.record);
        q.after = page.next;
      } while (!q.after.empty());
      REQUIRE(paged.size() == all.records.size());
      for (size_t i = 0; i < paged.size(); ++i) CHECK(paged[i] == all.records[i].key.record);
    }
    p.add(p.scope, "Later");
  }
}

TEST_CASE("voided records are left out unless asked for") {
  People p;
  p.add(p.scope, "Ann");
  p.amy.commit({remove("person", p.add(p.scope, "Ben"))});
  CHECK(p.names({}) == Names{"Ann"});
  CHECK(p.count({}) == 1);
  query::Query q;
  q.include_voided = true;
  CHECK(p.names(q) == Names{"Ann", "Ben"});
}

TEST_CASE("a query that cannot be answered says why") {
  People p;
  CHECK(p.error(where("email", Compare::equal, "x")).place == "filters");
  CHECK(p.error(where("shoe_size", Compare::equal, "x")).place == "filters");
  CHECK(p.error(where("age", Compare::equal, "seven")).code == Code::invalid);
  CHECK(p.error(where("age", Compare::starts_with, "7")).code == Code::invalid);
  CHECK(p.error(where("age", Compare::less, model::Null{})).code == Code::invalid);
  query::Query q;
  q.order_by = "email";
  CHECK(p.error(q).place == "order_by");
  q = {};
  q.limit = 0;
  CHECK(p.error(q).place == "limit");
  q.limit = 1001;
  CHECK(p.error(q).place == "limit");
  q = {};
  q.after = "nonsense";
  CHECK(p.error(q).place == "after");
  q = {};
  q.collection = "unicorn";
  CHECK(p.error(q).place == "collection");
}

TEST_CASE("a page is of one moment and its token names it") {
  People p;
  const RecordId id = p.add(p.scope, "Ann");
  auto reader = take(p.amy.store->reader());
  const store::ReadToken pinned = take(reader->begin());
  p.amy.commit({assign("person", id, "name", "Anna")});
  query::Query q = where("name", Compare::equal, "ann");
  q.collection = "person";
  const query::Page page = take(query::run(*reader, q));
  CHECK(page.records.size() == 1);
  CHECK(page.token == pinned);
  CHECK(reader->pinned());
  reader->end();
  CHECK(take(query::run(*reader, q)).records.empty());
  CHECK(!reader->pinned());
}

TEST_CASE("continuations survive their text form") {
  query::Continuation at;
  at.key = std::string("\0\xff.x", 4);
  at.record.bytes.fill(7);
  at.scope = 42;
  CHECK(take(query::decode_continuation(query::encode(at))) == at);
}

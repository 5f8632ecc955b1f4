#include "core/query/live.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;
using query::Compare;
using query::Difference;

namespace {

constexpr size_t told_apart = 1024;

// A list as an app keeps it: of the differences alone.
class Followed {
 public:
  // most: of more changes at once it hears only that anything may have changed.
  Followed(Tablet& tablet, query::Query q, size_t most = told_apart)
      : reader_(take(tablet.store->reader())), query_(std::move(q)), live_(query_), most_(most) {}

  // What was told; empty: nothing.
  std::optional<Difference> look() {
    take(reader_->begin());
    const auto changes = take(store::changes_after(reader_->database(), last_, most_));
    last_ = changes.until;
    auto difference = take(live_.look(*reader_, changes));
    if (difference) apply(*difference);
    const query::Page page = take(query::run(*reader_, query_));
    REQUIRE(list_.size() == page.records.size());
    for (size_t i = 0; i < list_.size(); ++i) {
      REQUIRE(list_[i].key == page.records[i].key);
      REQUIRE(merge::encode(list_[i].state) == merge::encode(page.records[i].state));
      REQUIRE(list_[i].unsent == page.records[i].unsent);
    }
    REQUIRE(next_ == page.next);
    reader_->end();
    return difference;
  }

 private:
  void apply(const Difference& difference) {
    std::vector<store::Record> moving;
    std::vector<size_t> out;
    for (const auto& gone : difference.removed) {
      REQUIRE(list_[gone.from].key.record == gone.id);
      out.push_back(gone.from);
    }
    std::vector<Difference::Placed> in = difference.inserted;
    for (const auto& moved : difference.moved) {
      REQUIRE(list_[moved.from].key.record == moved.id);
      out.push_back(moved.from);
      in.push_back({moved.to, list_[moved.from]});
    }
    std::sort(out.rbegin(), out.rend());
    for (const size_t at : out) list_.erase(list_.begin() + static_cast<ptrdiff_t>(at));
    std::sort(in.begin(), in.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    for (const auto& each : in) list_.insert(list_.begin() + static_cast<ptrdiff_t>(each.at), each.record);
    for (const auto& each : difference.updated) list_[each.at] = each.record;
    next_ = difference.next;
  }

  std::unique_ptr<store::Reader> reader_;
  query::Query query_;
  query::LiveQuery live_;
  size_t most_;
  int64_t last_ = 0;
  std::vector<store::Record> list_;
  std::string next_;
};

query::Query people(uint32_t limit = 50, const std::string& order = "name") {
  query::Query q;
  q.collection = "person";
  q.order_by = order;
  q.limit = limit;
  return q;
}

struct Case {
  World world;
  Tablet& amy = world.tablet("amy");
  ScopeId scope = amy.open_scope("case"), other = amy.open_scope("case");
};

}  // namespace

TEST_CASE("what is followed comes whole at first and then by what is different") {
  Case c;
  const RecordId ben = c.amy.person(c.scope, "Ben");
  Followed list(c.amy, people());
  auto told = list.look();
  REQUIRE(told);
  CHECK(told->first);
  CHECK(told->inserted.size() == 1);
  CHECK(!list.look());

  const RecordId ann = c.amy.person(c.other, "Ann");
  told = list.look();
  REQUIRE(told);
  CHECK(!told->first);
  REQUIRE(told->inserted.size() == 1);
  CHECK(told->inserted[0].at == 0);
  CHECK((told->updated.empty() && told->moved.empty() && told->removed.empty()));

  c.amy.commit({assign("person", ann, "email", "ann@example.org")});
  told = list.look();
  REQUIRE(told);
  REQUIRE(told->updated.size() == 1);
  CHECK(told->updated[0].at == 0);
  CHECK((told->inserted.empty() && told->moved.empty() && told->removed.empty()));

  c.amy.commit({assign("person", ann, "name", "Zoe")});
  told = list.look();
  REQUIRE(told);
  CHECK(told->moved.size() == 1);
  CHECK(told->updated.size() == 1);

  c.amy.commit({remove("person", ben)});
  told = list.look();
  REQUIRE(told);
  REQUIRE(told->removed.size() == 1);
  CHECK(told->removed[0].id == ben);
}

TEST_CASE("several commits between two looks are told in one go") {
  Case c;
  Followed list(c.amy, people());
  list.look();
  const RecordId ann = c.amy.person(c.scope, "Ann");
  c.amy.commit({assign("person", ann, "name", "Anna")});
  c.amy.commit({remove("person", c.amy.person(c.scope, "Nobody"))});
  const auto told = list.look();
  REQUIRE(told);
  CHECK(told->inserted.size() == 1);
  CHECK((told->updated.empty() && told->removed.empty()));
}

TEST_CASE("a full page is told of what comes in, what falls out, and whether there is more") {
  Case c;
  std::vector<RecordId> ids;
  for (const char* name : {"B", "D", "F"}) ids.push_back(c.amy.person(c.scope, name));
  Followed list(c.amy, people(3));
  list.look();
  const RecordId last = c.amy.person(c.scope, "H");  // behind the end: all that is different is that there is more
  auto told = list.look();
  REQUIRE(told);
  CHECK(told->empty());
  CHECK(!told->next.empty());
  const RecordId behind = c.amy.person(c.scope, "J");
  CHECK(!list.look());
  c.amy.commit({remove("person", behind)});
  CHECK(!list.look());
  c.amy.commit({remove("person", last)});
  told = list.look();
  REQUIRE(told);
  CHECK(told->next.empty());
  c.amy.person(c.scope, "C");  // pushes F out
  told = list.look();
  REQUIRE(told);
  CHECK(told->inserted.size() == 1);
  CHECK(told->removed.size() == 1);
  c.amy.commit({remove("person", ids[0])});  // F comes back
  told = list.look();
  REQUIRE(told);
  CHECK(told->inserted.size() == 1);
  CHECK(told->removed.size() == 1);
}

TEST_CASE("nothing is told of other collections, other scopes, and what the filters leave out") {
  Case c;
  query::Query q = people();
  q.scope = c.scope;
  q.filters.push_back({"age", Compare::greater, int64_t{60}});
  Followed list(c.amy, q);
  list.look();
  const RecordId young = c.amy.person(c.scope, "Young"), elsewhere = c.amy.person(c.other, "Elsewhere");
  c.amy.commit({assign("person", young, "age", int64_t{30}), assign("person", elsewhere, "age", int64_t{90})});
  CHECK(!list.look());
  c.amy.commit({assign("person", young, "age", int64_t{61})});
  CHECK(list.look());
  c.amy.commit({assign("person", young, "age", int64_t{60})});
  CHECK(list.look());
}

TEST_CASE("what a sync brings, sends and takes away is told") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  Followed list(amy, people());
  list.look();
  const RecordId id = ben.person(scope, "Ann");
  world.settle({&amy, &ben});
  auto told = list.look();
  REQUIRE(told);
  CHECK(told->inserted.size() == 1);
  amy.commit({assign("person", id, "email", "a@b")});
  REQUIRE(list.look());
  world.settle({&amy, &ben});  // it is no longer unsent
  told = list.look();
  REQUIRE(told);
  CHECK(told->updated.size() == 1);
  world.centre.withdraw("amy", scope);
  world.settle({&amy, &ben});
  told = list.look();
  REQUIRE(told);
  CHECK(told->removed.size() == 1);
}

TEST_CASE("differences lead to what a query finds, whatever is written, in any order and page") {
  Case c;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SeededRandom random(seed);
    query::Query q = people(1 + static_cast<uint32_t>(random.below(6)), seed % 2 == 0 ? "age" : seed % 3 == 0 ? "" : "name");
    q.descending = random.below(2) == 1;
    q.include_voided = random.below(3) == 0;
    if (random.below(2) == 1) q.scope = c.scope;
    if (random.below(2) == 1) q.filters.push_back({"age", Compare::less, int64_t{6}});
    Followed list(c.amy, q, seed == 3 ? 2 : told_apart);
    list.look();
    std::vector<RecordId> ids;
    for (int i = 0; i < 150; ++i) {
      const uint64_t act = ids.size() < 4 ? 0 : random.below(6);
      const std::string name = "Name " + std::to_string(random.below(9));
      if (act == 0) {
        ids.push_back(c.amy.person(random.below(2) == 0 ? c.scope : c.other, name));
      } else {
        const RecordId id = ids[random.below(ids.size())];
        const store::Change void_it = remove("person", id), again = restore("person", id);
        const store::Change changes[] = {assign("person", id, "name", name),
                                         assign("person", id, "age", static_cast<int64_t>(random.below(10))),
                                         assign("person", id, "email", name), void_it, again};
        (void)c.amy.try_commit({changes[act - 1]});
      }
      if (random.below(3) != 0) list.look();
    }
    list.look();
  }
}

TEST_CASE("whoever has not looked for long reads everything again, and is told only of differences") {
  Case c;
  const RecordId ann = c.amy.person(c.scope, "Ann");
  c.amy.person(c.scope, "Zoe");
  Followed list(c.amy, people(1));
  list.look();
  for (size_t i = 0; i <= told_apart; ++i) c.amy.commit({assign("person", ann, "age", static_cast<int64_t>(i))});
  const auto told = list.look();
  REQUIRE(told);
  CHECK(told->updated.size() == 1);
  CHECK(told->inserted.empty());
}

TEST_CASE("a count, a record and the inbox are told when they change, and only then") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  auto reader = take(amy.store->reader());
  int64_t last = 0;
  query::LiveCount count(people());
  const RecordId id = amy.new_id();
  query::LiveRecord record("person", id);
  query::LiveInbox inbox;
  std::optional<uint64_t> counted;
  std::optional<query::LiveRecord::Seen> seen;
  std::optional<std::vector<store::InboxEntry>> entries;
  const auto look = [&] {
    take(reader->begin());
    const auto changes = take(store::changes_after(reader->database(), last, told_apart));
    last = changes.until;
    counted = take(count.look(*reader, changes));
    seen = take(record.look(*reader, changes));
    entries = take(inbox.look(*reader, changes));
    reader->end();
  };
  look();
  CHECK(counted == 0u);
  REQUIRE(seen);
  CHECK(!seen->record);
  REQUIRE(entries);
  CHECK(entries->empty());
  amy.commit({create(scope, "person", id), assign("person", id, "name", "Ann")});
  look();
  CHECK(counted == 1u);
  REQUIRE(seen);
  CHECK(seen->record);
  CHECK(!entries);
  amy.person(scope, "Ben");
  look();
  CHECK(counted == 2u);
  CHECK(!seen);
  world.settle({&amy, &ben});
  look();
  CHECK(!counted);
  CHECK(seen);  // it is at base
  amy.commit({assign("person", id, "name", "Anna")});
  ben.commit({assign("person", id, "name", "Anne")});
  world.settle({&amy, &ben});
  look();
  REQUIRE(entries);
  CHECK(entries->size() == 1);
  amy.commit({assign("person", id, "name", "Annie")});
  look();
  REQUIRE(entries);
  CHECK(entries->empty());
}

TEST_CASE("the fewest are said to move") {
  using query::fewest_moves;
  using Moves = std::vector<query::Move>;
  CHECK(fewest_moves({}).empty());
  CHECK(fewest_moves({{0, 0}, {1, 1}, {2, 2}}).empty());
  CHECK(fewest_moves({{0, 2}, {1, 0}, {2, 1}}) == Moves{{0, 2}});
  CHECK(fewest_moves({{0, 1}, {1, 2}, {2, 3}, {3, 0}}) == Moves{{3, 0}});
  CHECK(fewest_moves({{0, 1}, {1, 0}}).size() == 1);
}

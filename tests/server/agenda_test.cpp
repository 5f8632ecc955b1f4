// What a tablet without anything is sent first: what is on the agenda, by the tablet's own clock.
#include <catch2/catch_test_macros.hpp>

#include "core/model/calendar.hpp"
#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;

namespace {

constexpr int64_t hour_ms = 3'600'000;

// A worker with many cases, and a second one who has the same and an empty tablet.
struct Morning {
  ScopeId scope(int notes) {
    const ScopeId scope = world.grant("ana");
    world.grant_in("ben", scope);
    for (int i = 0; i < notes; ++i) ana.note(scope, std::string(900, 'a'));
    return scope;
  }
  RecordId put(const ScopeId& scope, const std::string& collection, const std::string& field, model::Kind kind,
               const model::Value& value) {
    const RecordId record{uuid_v7(world.clock.wall_ms(), world.random)};
    model::Op op = assign(collection, record, field, kind, "");
    op.value = proto::encode_value(value);
    ana.write(scope, {create(collection, record), op});
    return record;
  }
  RecordId visit(const ScopeId& scope, int64_t in_hours) {
    return put(scope, "encounter", "start", model::Kind::frozen,
               model::Instant{world.clock.wall_ms() + in_hours * hour_ms, 0, {}});
  }
  // In the order of the pages of a first answer.
  std::vector<ScopeId> order() {
    ana.sync_all();
    std::vector<ScopeId> scopes;
    for (const auto& page : ben.answer(ben.request()).pages) scopes.push_back(page.scope);
    return scopes;
  }
  World world;
  Tablet ana{world, "ana"}, ben{world, "ben"};
};

}  // namespace

TEST_CASE("an empty tablet gets the cases with a visit to come first, the soonest of them before the others") {
  Morning morning;
  const ScopeId small = morning.scope(1), later = morning.scope(9), soon = morning.scope(12), large = morning.scope(15);
  morning.visit(later, 50);
  morning.visit(soon, 400);
  morning.visit(soon, 2);
  CHECK(morning.order() == std::vector<ScopeId>{soon, later, small, large});
}

TEST_CASE("a visit of days ago is not on the agenda, nor is a removed one; one of this morning is") {
  Morning morning;
  const ScopeId small = morning.scope(1), past = morning.scope(5), removed = morning.scope(7), today = morning.scope(9);
  morning.visit(past, -26);
  model::Op away = create("encounter", morning.visit(removed, 2));
  away.action = model::Action::void_;
  morning.ana.write(removed, {away});
  morning.visit(today, -6);
  CHECK(morning.order() == std::vector<ScopeId>{today, small, past, removed});
}

TEST_CASE("a task that is due today counts although the day has begun") {
  Morning morning;
  const ScopeId small = morning.scope(1), due = morning.scope(5);
  morning.world.clock.advance(24 * hour_ms - morning.world.clock.wall_ms() % (24 * hour_ms) + 20 * hour_ms);
  morning.ana.sign_in();
  morning.ben.sign_in();
  const int64_t days = morning.world.clock.wall_ms() / (24 * hour_ms);
  model::Date today{2026, 9, 1};
  while (model::days_since_1970(today) < days) ++today.day;
  REQUIRE(model::days_since_1970(today) == days);
  morning.put(due, "task", "due", model::Kind::severity, today);
  CHECK(morning.order() == std::vector<ScopeId>{due, small});
}

TEST_CASE("the tablet's clock says what is to come, not the centre's") {
  Morning morning;
  const ScopeId small = morning.scope(1), visited = morning.scope(5);
  morning.visit(visited, 2);
  morning.ana.sync_all();
  proto::SyncRequest request = morning.ben.request();
  request.sent_at_ms += 30 * hour_ms;
  const auto answer = morning.ben.answer(request);
  REQUIRE(answer.pages.size() == 2);
  CHECK(answer.pages[0].scope == small);
}

TEST_CASE("what is urgent goes before the agenda, and the agenda stands from part to part of a first sync") {
  Morning morning;
  const ScopeId urgent = morning.scope(15), soon = morning.scope(12), small = morning.scope(1);
  morning.visit(soon, 2);
  morning.ana.sync_all();
  morning.ben.budget = 4000;
  std::vector<ScopeId> order;
  for (bool more = true; more;) {
    proto::SyncRequest request = morning.ben.request();
    request.urgent = {urgent};
    const auto answer = morning.ben.answer(request);
    for (const auto& page : answer.pages) {
      if (order.empty() || order.back() != page.scope) order.push_back(page.scope);
    }
    morning.ben.apply(answer);
    more = answer.more;
  }
  CHECK(order == std::vector<ScopeId>{urgent, soon, small});
}

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

std::vector<model::TransactionId> pushed(const proto::SyncRequest& request) {
  std::vector<model::TransactionId> ids;
  for (const auto& push : request.push) {
    ids.push_back(take(proto::decode_transaction("north", push.transaction)).transaction.header.id);
  }
  return ids;
}

}  // namespace

TEST_CASE("with 5,000 unsent notes elsewhere one urgent risk is in the first request") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId notes = world.shared_case({&amy}), urgent = world.shared_case({&amy});
  const RecordId fred = amy.person(urgent, "Fred");
  amy.commit({assign("person", fred, "risk", "low")});
  amy.sync(world.centre);
  amy.commit({assign("person", fred, "risk", "high")});
  const RecordId edith = amy.person(notes, "Edith");
  for (int i = 0; i < 5000; ++i) amy.commit({assign("person", edith, "email", "note " + std::to_string(i))});
  const auto request = amy.request(16 << 10);
  const auto ids = pushed(request);
  REQUIRE(!ids.empty());
  CHECK(ids.front().scope == urgent);
  CHECK(request.urgent == std::vector<ScopeId>{urgent});
  CHECK(ids.size() < 500);
  // With all the room in the world the urgent one still travels light, and the rest comes afterwards.
  const auto roomy = amy.request(100 << 20);
  CHECK(pushed(roomy).front().scope == urgent);
  CHECK(roomy.push.size() > 1);
  CHECK(proto::encode(roomy).size() < 40'000);
  amy.sync(world.centre);
  CHECK(amy.status().unsent == 0);
}

TEST_CASE("inside a scope pushes are causal and the budget takes at least one") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  for (int i = 0; i < 20; ++i) amy.commit({assign("person", edith, "email", std::to_string(i))});
  const auto all = pushed(amy.request());
  REQUIRE(all.size() == 21);
  for (size_t i = 0; i < all.size(); ++i) CHECK(all[i].counter == i + 1);
  CHECK(pushed(amy.request(1)).size() == 1);
}

TEST_CASE("a lowering and a first form are not urgent") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.commit({assign("person", edith, "risk", "none_known"), assign("person", edith, "no_voicemail", false)});
  CHECK(amy.request().urgent.empty());
  amy.commit({assign("person", edith, "no_voicemail", true)});
  CHECK(amy.request().urgent.size() == 1);
  amy.sync(world.centre);
  amy.commit({assign("person", edith, "no_voicemail", false, "she asked")});
  CHECK(amy.request().urgent.empty());
}

TEST_CASE("a scope's opening goes before what is opened under it, however urgent that is") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId parent = amy.open_scope("case");
  for (int i = 0; i < 50; ++i) amy.person(parent, "Somebody");
  const ScopeId child = amy.open_scope("case-restricted", parent);
  const auto ids = pushed(amy.request());
  size_t parent_at = ids.size(), child_at = ids.size();
  for (size_t i = ids.size(); i-- > 0;) (ids[i].scope == parent ? parent_at : child_at) = i;
  CHECK(parent_at < child_at);
  amy.sync(world.centre);
  CHECK(amy.status().unsent == 0);
  CHECK(take(take(amy.store->reader())->scopes()).size() == 2);
  (void)child;
}

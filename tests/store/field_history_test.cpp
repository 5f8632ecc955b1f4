// The history of a field: every version, who wrote it, and what became of it.
#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

struct Two {
  Two() : amy(world.tablet("amy")), ben(world.tablet("ben")), scope(world.shared_case({&amy, &ben})) {
    edith = amy.person(scope, "Edith");
    world.settle({&amy, &ben});
  }
  Result<std::vector<store::FieldVersion>> versions(Tablet& tablet, const std::string& field) {
    return take(tablet.store->reader())->field_history("person", edith, field);
  }
  World world;
  Tablet &amy, &ben;
  ScopeId scope;
  RecordId edith;
};

std::string text_of(const store::FieldVersion& version) {
  return std::get<std::string>(take(proto::decode_value(version.value)));
}

}  // namespace

TEST_CASE("the history of a field has every version in the order of the log, what is not yet at base last") {
  Two two;
  take(two.amy.store->keep_history(two.scope, true));
  two.amy.commit({assign("person", two.edith, "name", "Edith A")});
  two.world.settle({&two.amy, &two.ben});
  two.ben.commit({assign("person", two.edith, "name", "Edith B")});
  two.world.settle({&two.amy, &two.ben});
  two.amy.commit({assign("person", two.edith, "name", "Edith C")});
  const auto versions = take(two.versions(two.amy, "name"));
  std::vector<std::string> texts;
  for (const auto& version : versions) texts.push_back(version.worker + ": " + text_of(version));
  CHECK(texts == std::vector<std::string>{"amy: Edith", "amy: Edith A", "ben: Edith B", "amy: Edith C"});
  REQUIRE(versions.size() == 4);
  for (const auto& version : versions) CHECK(version.stood);
  CHECK(versions[2].received_ms > 0);
  CHECK_FALSE(versions[2].unsent);
  CHECK(versions[3].received_ms == 0);
  CHECK(versions[3].unsent);
}

TEST_CASE("a version that lost to another one is in the history, with the rule that it lost by") {
  Two two;
  take(two.amy.store->keep_history(two.scope, true));
  two.amy.commit({assign("person", two.edith, "name", "Amy's")});
  two.ben.commit({assign("person", two.edith, "name", "Ben's")});
  two.world.settle({&two.amy, &two.ben});
  const auto versions = take(two.versions(two.amy, "name"));
  REQUIRE(versions.size() == 3);
  CHECK(versions[1].rule == merge::Rule::only_one);
  CHECK(versions[2].rule == merge::Rule::latest);
}

TEST_CASE("the history says so when what was written before is not here") {
  Two two;
  Tablet& late = two.world.tablet("late");
  two.world.centre.grant("late", two.scope);
  two.world.centre.snapshot_at = two.world.centre.state(two.scope).head;
  late.sync(two.world.centre);
  CHECK(two.versions(late, "name").error().code == Code::not_found);
  CHECK(take(two.amy.store->reader())->field_history("person", RecordId{}, "name").error().code == Code::not_found);
}

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

void copy_store(const std::string& from, const std::string& to) {
  for (const char* suffix : {"", "-wal"}) {
    std::error_code ignored;
    std::filesystem::remove(to + suffix, ignored);
    if (std::filesystem::exists(from + suffix)) std::filesystem::copy_file(from + suffix, to + suffix);
  }
  std::error_code ignored;
  std::filesystem::remove(to + "-shm", ignored);
}

}  // namespace

TEST_CASE("a copied store and its original both go on, and nothing of either is lost") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  amy.commit({assign("person", edith, "email", "before the copy")});
  amy.close();
  copy_store(amy.path, world.directory.path("copy.db"));
  amy.open();
  Tablet& copy = world.tablet("amy", "copy.db");
  REQUIRE(copy.store->identity().replica == amy.store->identity().replica);

  const RecordId from_original = amy.person(scope, "Written on the original");
  const RecordId from_copy = copy.person(scope, "Written on the copy");
  copy.commit({assign("person", from_copy, "email", "also on the copy")});
  const ReplicaId shared = copy.store->identity().replica;
  amy.sync(world.centre);
  const auto notes = copy.sync(world.centre);
  REQUIRE(notes.size() == 1);
  CHECK(copy.store->identity().replica != shared);
  CHECK(amy.store->identity().replica == shared);
  world.settle({&amy, &copy});
  for (Tablet* tablet : {&amy, &copy}) {
    CHECK(tablet->text(from_original, "name") == "Written on the original");
    CHECK(tablet->text(from_copy, "name") == "Written on the copy");
    CHECK(tablet->text(from_copy, "email") == "also on the copy");
    CHECK(tablet->text(edith, "email") == "before the copy");
    CHECK(tablet->status().unsent == 0);
    CHECK(tablet->conflicts().empty());  // what was issued again still knows what it had seen
    tablet->verify();
  }
  CHECK(world.centre.state(scope).head == 5);
}

TEST_CASE("a fork is noticed on pull before the outbox is emptied") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.close();
  copy_store(amy.path, world.directory.path("copy.db"));
  amy.open();
  Tablet& copy = world.tablet("amy", "copy.db");
  const RecordId first = amy.person(scope, "Original"), second = copy.person(scope, "Copy");
  amy.sync(world.centre);
  // The copy hears of the other content in a page; its own push never arrived.
  auto request = copy.request();
  request.push.clear();
  const auto response = world.centre.answer(request, copy.store->identity().replica, "amy");
  const auto applied = copy.apply(response, request);
  CHECK(applied.forked);
  CHECK(copy.text(second, "name") == "Copy");
  copy.verify();
  world.settle({&copy, &amy});
  CHECK(copy.text(first, "name") == "Original");
  CHECK(amy.text(second, "name") == "Copy");
  copy.verify();
}

TEST_CASE("a store put back by a day takes a new name and gets back what it had sent") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  amy.close();
  copy_store(amy.path, world.directory.path("yesterday.db"));
  amy.open();
  amy.commit({assign("person", edith, "name", "Edie")});
  amy.commit({assign("person", edith, "email", "today")});
  amy.sync(world.centre);
  amy.close();
  copy_store(world.directory.path("yesterday.db"), amy.path);
  amy.open();
  const ReplicaId before = amy.store->identity().replica;
  CHECK(amy.text(edith, "name") == "Edith");
  SECTION("without a change of its own") {
    amy.sync(world.centre);
    CHECK(amy.text(edith, "name") == "Edie");
  }
  SECTION("with a change under a counter that is taken") {
    amy.commit({assign("person", edith, "wishes", "written after it was put back")});
    amy.sync(world.centre);
    CHECK(amy.text(edith, "wishes") == "written after it was put back");
    CHECK(amy.text(edith, "name") == "Edie");
    CHECK(world.centre.state(scope).head == 4);
  }
  CHECK(amy.store->identity().replica != before);
  CHECK(amy.text(edith, "email") == "today");
  amy.commit({assign("person", edith, "email", "later")});
  amy.sync(world.centre);
  CHECK(amy.status().unsent == 0);
  amy.verify();
}

TEST_CASE("after a fork no token claims to have seen what the other copy wrote") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId edith = ben.person(scope, "Edith");
  world.settle({&ben, &amy});
  amy.close();
  copy_store(amy.path, world.directory.path("copy.db"));
  amy.open();
  Tablet& copy = world.tablet("amy", "copy.db");
  amy.commit({assign("person", edith, "risk", "high")});
  copy.commit({assign("person", edith, "email", "one")});
  copy.commit({assign("person", edith, "email", "two")});
  const store::ReadToken form = copy.token();
  world.settle({&amy, &copy});
  REQUIRE(copy.text(edith, "risk") == "high");
  // The form was opened on the copy before the alarm; the ids of both were the same then.
  copy.commit({assign("person", edith, "risk", "low")}, form);
  CHECK(copy.text(edith, "risk") == "high");
  copy.sync(world.centre);
  CHECK(copy.text(edith, "risk") == "high");
  copy.verify();
}

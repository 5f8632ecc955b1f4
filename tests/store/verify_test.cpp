#include <catch2/catch_test_macros.hpp>

#include "core/sqlite/database.hpp"
#include "tests/store_support/tablet.hpp"
#include "tests/support/store_key.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

// A tablet with something unsent and something in the inbox, after `sql` was done to its file behind the store's back.
Tablet& tampered(World& world, const std::string& sql) {
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  const store::ReadToken form = amy.token();
  amy.commit({assign("person", edith, "wishes", "dancing")}, form);
  amy.commit({assign("person", edith, "wishes", "singing")}, form);
  amy.verify();
  amy.close();
  {
    const auto raw = raw_file(amy.path);
    take(take(sqlite::Database::open(raw)).exec(sql.c_str()));
  }
  amy.open();
  return amy;
}

Code verdict_after(const std::string& sql) {
  World world;
  const auto result = tampered(world, sql).store->verify();
  return result.ok() ? Code{} : result.error().code;
}

}  // namespace

TEST_CASE("verify finds whatever does not follow from log and outbox") {
  CHECK(verdict_after("SELECT 1") == Code{});
  CHECK(verdict_after("UPDATE records SET state = x''") != Code{});
  CHECK(verdict_after("DELETE FROM overlay") == Code::corrupt);
  CHECK(verdict_after("INSERT INTO overlay SELECT scope, 'person', randomblob(16), state FROM overlay") ==
        Code::corrupt);
  CHECK(verdict_after("DELETE FROM conflicts") == Code::corrupt);
  CHECK(verdict_after("UPDATE conflicts SET know = 7") == Code::corrupt);
  CHECK(verdict_after("UPDATE conflicts SET entries = x''") == Code::corrupt);
  CHECK(verdict_after("UPDATE conflicts SET entries = CAST(replace(entries, 'wishes', 'wished') AS BLOB)") ==
        Code::corrupt);
  CHECK(verdict_after("INSERT INTO conflicts SELECT scope, collection, randomblob(16), 0, 1, entries FROM conflicts") ==
        Code::corrupt);
  CHECK(verdict_after("DELETE FROM field_index WHERE field = 'name'") == Code::corrupt);
  CHECK(verdict_after("UPDATE field_index SET pick = 0") == Code::corrupt);
  CHECK(verdict_after("UPDATE record_index SET present = 0") == Code::corrupt);
  CHECK(verdict_after("INSERT INTO record_index SELECT collection, randomblob(16), scope, 1 FROM record_index") ==
        Code::corrupt);
  CHECK(verdict_after("UPDATE outbox SET hash = randomblob(32)") == Code::corrupt);
  CHECK(verdict_after("UPDATE own_counters SET counter = 1") == Code::corrupt);
  CHECK(verdict_after("DELETE FROM outbox_records") == Code::corrupt);
}

TEST_CASE("an inbox that was damaged on the disk says so and harms nobody") {
  World world;
  Tablet& amy = tampered(world, "UPDATE conflicts SET entries = x'0a0908ffff'");
  const auto inbox = take(amy.store->reader())->conflicts();
  REQUIRE_FALSE(inbox.ok());
  CHECK(inbox.error().code == Code::corrupt);
  CHECK(inbox.error().place == "conflicts.entries");
}

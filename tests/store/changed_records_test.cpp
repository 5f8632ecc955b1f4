#include "core/store/changed_records.hpp"

#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"
#include "tests/support/store_key.hpp"

using namespace satchel;
using namespace satchel::test;

TEST_CASE("the newest changes are known each once; who heard of none of them hears that anything changed") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = amy.open_scope("case");
  const RecordId ann = amy.person(scope, "Ann"), ben = amy.person(scope, "Ben");
  auto reader = take(amy.store->reader());
  const int64_t start = take(store::last_change(reader->database()));
  CHECK(take(store::changes_after(reader->database(), start, 10)).records.empty());
  for (int i = 0; i < 3; ++i) amy.commit({assign("person", i == 1 ? ann : ben, "age", int64_t{i})});
  auto changes = take(store::changes_after(reader->database(), start, 10));
  CHECK(!changes.anything);
  CHECK(changes.records.size() == 2);
  CHECK(take(store::changes_after(reader->database(), changes.until, 10)).records.empty());
  CHECK(take(store::changes_after(reader->database(), start, 2)).anything);
  reader.reset();
  amy.close();

  const auto options = raw_file(amy.path);
  auto db = take(sqlite::Database::open(options));
  auto transaction = take(sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
  for (int64_t i = 0; i < 2 * store::changes_kept; ++i) take(store::note_changed(db, {1, 1}, {"person", ann}));
  changes = take(store::changes_after(db, start, SIZE_MAX));
  CHECK(changes.anything);
  CHECK(take(store::changes_after(db, changes.until - store::changes_kept, SIZE_MAX)).records.size() == 1);
  take(store::note_anything_changed(db));
  CHECK(take(store::changes_after(db, changes.until, 10)).anything);
}

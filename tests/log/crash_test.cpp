// Several processes at one file, and a file whose process died.
#include <catch2/catch_test_macros.hpp>

#include "core/log/appender.hpp"
#include "tests/log/support.hpp"
#include "tests/support/memory_disk.hpp"

namespace satchel::log {
namespace {

using namespace test;
using sqlite::Transaction;
using support::MemoryDisk;

sqlite::OpenOptions on(const MemoryDisk& disk) {
  sqlite::OpenOptions options;
  options.path = "log.db";
  options.vfs = disk.vfs();
  options.busy_timeout_ms = 0;
  return options;
}

TEST_CASE("two connections take positions from the one row of the scope: no hole, none twice") {
  const MemoryDisk disk;
  sqlite::Database one = must(sqlite::Database::open(on(disk)));
  must(one.exec(tables_sql));
  sqlite::Database two = must(sqlite::Database::open(on(disk)));
  World world(5);
  const ScopeKey key = world.create(one);
  world.history(20);
  for (size_t i = 0; i < world.entries.size(); ++i) {
    sqlite::Database& db = i % 3 == 0 ? two : one;
    sqlite::Database& other = i % 3 == 0 ? one : two;
    Transaction transaction = must(Transaction::begin(db, Transaction::Kind::write));
    Appender appender = must(Appender::open(db, key));
    CHECK(appender.scope().head == i);  // what the other one committed
    must(appender.append(world.entries[i].entry, world.entries[i].content()));
    CHECK(Transaction::begin(other, Transaction::Kind::write).error().code == Code::busy);
    CHECK(must(Log(other).scope(key)).head == i);  // a reader goes no further than what is committed
    must(appender.flush());
    must(transaction.commit());
  }
  must(Log(one).verify(key));
  CHECK(must(Log(two).entries_after(key, 0, SIZE_MAX)).size() == 20);
}

// Appends, folds away and goes back, one transaction each, until the power goes; returns the head after the last
// commit that returned.
uint64_t work_until_dark(const MemoryDisk& disk, const World& world, ScopeKey& key) {
  auto opened = sqlite::Database::open(on(disk));
  if (!opened.ok()) return 0;
  sqlite::Database& db = *opened;
  Log log(db);
  key = {1, 1};
  uint64_t head = 0;
  const auto commit = [&](auto work) {
    auto transaction = Transaction::begin(db, Transaction::Kind::write);
    return transaction.ok() && work().ok() && transaction->commit().ok();
  };
  const auto create = [&]() -> Result<> {
    SATCHEL_TRY(db.exec(tables_sql));
    SATCHEL_TRY(log.create_scope(1, organisation, world.scope, "case", ScopeId{}, world.epoch));
    return {};
  };
  if (!commit(create)) return 0;
  for (const Sequenced& s : world.entries) {
    if (!commit([&] { return log.append(key, s.entry, s.content()); })) return head;
    head = s.entry.position;
    if (head == 8 && !commit([&] { return log.fold_away(key, 5); })) return head;
  }
  Touched touched;
  if (commit([&] { return log.rewind(key, 9, touched); })) head = 9;
  return head;
}

TEST_CASE("whenever the power goes, the log is whole and holds what had been committed") {
  World world(3);
  world.history(12);
  MemoryDisk whole;
  ScopeKey key;
  REQUIRE(work_until_dark(whole, world, key) == 9);
  for (uint64_t at = 0; at < whole.operations(); ++at) {
    INFO("after operation " << at);
    MemoryDisk disk;
    disk.power_cut_after(at, at);
    const uint64_t committed = work_until_dark(disk, world, key);
    if (!disk.dead()) disk.power_cut(at);
    disk.revive();
    sqlite::Database db = must(sqlite::Database::open(on(disk)));
    auto tables = must(db.prepare_dynamic("SELECT count(*) FROM sqlite_schema"));
    REQUIRE(must(tables->step()));
    const bool created = tables->int64(0) > 0;
    tables->reset();
    if (!created) {
      CHECK(committed == 0);
      continue;
    }
    const ScopeState scope = must(Log(db).scope(key));
    // The last commit may be there although it did not return: one entry more, or the way back.
    CHECK((scope.head == committed || scope.head == committed + 1 || (committed == 12 && scope.head == 9)));
    must(Log(db).verify(key));
  }
}

}  // namespace
}  // namespace satchel::log

// A commit that returned survives a power cut, at whatever operation of the disk it comes.
#include <catch2/catch_test_macros.hpp>

#include "core/sqlite/database.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/store_key.hpp"

using namespace satchel;
using support::MemoryDisk;

namespace {

sqlite::OpenOptions on(const MemoryDisk& disk, sqlite::Durability durability) {
  sqlite::OpenOptions options;
  options.path = "power.db";
  options.key = test::store_key();
  options.vfs = disk.vfs();
  options.durability = durability;
  return options;
}

// Writes row after row until the power goes; returns how many commits had returned by then.
int64_t write_until_dark(MemoryDisk& disk, sqlite::Durability durability) {
  auto db = sqlite::Database::open(on(disk, durability));
  if (!db.ok()) return 0;
  if (!db->exec("CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY, filling BLOB)").ok()) return 0;
  for (int64_t n = 1; n <= 40; ++n) {
    auto& insert = db->prepare("INSERT INTO t VALUES(?, zeroblob(700))");
    if (!insert.bind(0, n).run().ok()) return n - 1;
  }
  disk.power_cut(1);
  return 40;
}

int64_t rows_afterwards(MemoryDisk& disk) {
  disk.revive();
  auto db = sqlite::Database::open(on(disk, sqlite::Durability::full));
  REQUIRE(db.ok());
  REQUIRE(db->integrity_check().ok());
  auto count = db->prepare_dynamic("SELECT count(*) FROM t");
  if (!count.ok()) return 0;  // not even the table: the first commit had not returned
  REQUIRE((*count)->step().ok());
  return (*count)->int64(0);
}

// Over every operation and some seeds: how often was a commit lost that had returned?
int lost(sqlite::Durability durability) {
  int times = 0;
  for (uint64_t at = 0; at < 150; at += durability == sqlite::Durability::full ? 1 : 5) {
    for (uint64_t seed = 0; seed < 3; ++seed) {
      MemoryDisk disk;
      disk.power_cut_after(at, seed * 1000 + at);
      const int64_t returned = write_until_dark(disk, durability);
      if (rows_afterwards(disk) < returned) ++times;
    }
  }
  return times;
}

}  // namespace

TEST_CASE("a commit that returned survives a power cut at any operation, when each commit is synced") {
  CHECK(lost(sqlite::Durability::full) == 0);
}

TEST_CASE("the power-cut test notices when nothing is synced") {
  // Without syncs a power cut may lose commits or the whole database: either shows.
  int times = 0;
  for (uint64_t seed = 0; seed < 40 && times == 0; ++seed) {
    MemoryDisk disk;
    disk.power_cut_after(60 + seed, seed);
    const int64_t returned = write_until_dark(disk, sqlite::Durability::off);
    disk.revive();
    auto db = sqlite::Database::open(on(disk, sqlite::Durability::full));
    if (!db.ok() || !db->integrity_check().ok()) { ++times; continue; }
    auto count = db->prepare_dynamic("SELECT count(*) FROM t");
    if (!count.ok()) { times += returned > 0; continue; }
    const auto row = (*count)->step();
    if (!row.ok() || (*count)->int64(0) < returned) ++times;
  }
  CHECK(times > 0);
}

TEST_CASE("what was committed before a checkpoint survives a power cut, also while somebody reads") {
  for (const bool from_the_log : {false, true}) {  // a view of the file alone, or of what is in the log so far
    MemoryDisk disk;
    {
      auto db = sqlite::Database::open(on(disk, sqlite::Durability::grouped)).value();
      REQUIRE(db.exec("CREATE TABLE t(n INTEGER PRIMARY KEY)").ok());
      REQUIRE(db.checkpoint(true).ok());
      if (from_the_log) REQUIRE(db.exec("INSERT INTO t VALUES (1)").ok());
      auto reader = sqlite::Database::open(on(disk, sqlite::Durability::grouped)).value();
      REQUIRE(reader.exec("BEGIN; SELECT * FROM t").ok());
      REQUIRE(db.checkpoint(false).ok());
      REQUIRE(db.exec("INSERT INTO t VALUES (2)").ok());
      REQUIRE(db.checkpoint(false).ok());
      disk.power_cut(7);
    }
    CHECK(rows_afterwards(disk) == (from_the_log ? 2 : 1));
  }
}

TEST_CASE("a full disk refuses the commit with disk_full, and what was there stays") {
  MemoryDisk disk;
  auto db = sqlite::Database::open(on(disk, sqlite::Durability::full));
  REQUIRE(db.ok());
  REQUIRE(db->exec("CREATE TABLE t(n INTEGER PRIMARY KEY, filling BLOB); INSERT INTO t VALUES(1, zeroblob(100))").ok());
  disk.set_capacity(disk.used() + 4096);
  const auto full = db->exec("INSERT INTO t VALUES(2, zeroblob(100000))");
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().code == Code::disk_full);
  disk.set_capacity(UINT64_MAX);
  REQUIRE(db->exec("INSERT INTO t VALUES(3, zeroblob(100))").ok());
  auto& count = db->prepare("SELECT count(*) FROM t");
  REQUIRE(count.step().ok());
  CHECK(count.int64(0) == 2);
}

TEST_CASE("what was copied row by row and checkpointed is there after a power cut at once, and has its row ids") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    MemoryDisk disk;
    auto from = sqlite::Database::open(on(disk, sqlite::Durability::full)).value();
    const char* tables = "CREATE TABLE t(n ANY, filling BLOB) STRICT;"
                         "CREATE TABLE \"odd \"\" name\"(a TEXT PRIMARY KEY, b) WITHOUT ROWID;"
                         "CREATE VIRTUAL TABLE words USING fts5 (text, content='')";
    REQUIRE(from.exec(tables).ok());
    const char* rows = "INSERT INTO t(rowid, n, filling) VALUES (7, 1.5, zeroblob(9000)), (9, NULL, x'00ff'), (-3, 'x', x'');"
                       "INSERT INTO \"odd \"\" name\" VALUES ('k', 1);"
                       "INSERT INTO words(rowid, text) VALUES (4, 'kettle')";
    REQUIRE(from.exec(rows).ok());
    {
      sqlite::OpenOptions copy = on(disk, sqlite::Durability::full);
      copy.path = "copy.db";
      auto to = sqlite::Database::open(copy).value();
      REQUIRE(to.exec(tables).ok());
      REQUIRE(to.exec("INSERT INTO t VALUES ('not of the original', x'')").ok());
      REQUIRE(sqlite::copy_rows(from, to).ok());
      REQUIRE(to.checkpoint(true).ok());
    }
    disk.power_cut(seed);
    disk.revive();
    sqlite::OpenOptions copy = on(disk, sqlite::Durability::full);
    copy.path = "copy.db";
    copy.create = false;
    auto db = sqlite::Database::open(copy).value();
    CHECK(db.integrity_check().ok());
    auto& q = db.prepare("SELECT group_concat(rowid || typeof(n) || length(filling)), (SELECT a || b FROM \"odd \"\" name\"),"
                         " (SELECT rowid FROM words WHERE words MATCH 'kettle') FROM (SELECT rowid, * FROM t ORDER BY rowid)");
    REQUIRE(q.step().value());
    CHECK(q.text(0) == "-3text0,7real9000,9null2");
    CHECK(q.text(1) == "k1");
    CHECK(q.int64(2) == 4);
  }
}

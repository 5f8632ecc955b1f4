#include <catch2/catch_test_macros.hpp>

#include "tests/sqlite/opened.hpp"

using namespace satchel;
using namespace satchel::sqlite;
using Kind = Transaction::Kind;

namespace {

int64_t rows(Database& db) {
  StatementScope statement(db.prepare("SELECT count(*) FROM t"));
  REQUIRE(statement->step().value());
  return statement->int64(0);
}

Database with_table(const TemporaryDirectory& scratch) {
  auto db = open(scratch.path("a.db"));
  REQUIRE(db.exec("CREATE TABLE IF NOT EXISTS t (a)").ok());
  return db;
}

}  // namespace

TEST_CASE("what is not committed is rolled back") {
  const TemporaryDirectory scratch;
  auto db = with_table(scratch);
  {
    auto transaction = Transaction::begin(db, Kind::write).value();
    REQUIRE(db.exec("INSERT INTO t VALUES (1)").ok());
  }
  CHECK(rows(db) == 0);
  CHECK_FALSE(db.in_transaction());
  {
    auto first = Transaction::begin(db, Kind::write).value();
    Transaction moved(std::move(first));
    REQUIRE(db.exec("INSERT INTO t VALUES (1)").ok());
    REQUIRE(moved.commit().ok());
  }
  CHECK(rows(db) == 1);
}

TEST_CASE("a transaction inside another is undone alone") {
  const TemporaryDirectory scratch;
  auto db = with_table(scratch);
  auto outer = Transaction::begin(db, Kind::write).value();
  REQUIRE(db.exec("INSERT INTO t VALUES (1)").ok());
  {
    auto undone = Transaction::begin(db, Kind::write).value();
    REQUIRE(db.exec("INSERT INTO t VALUES (2)").ok());
    auto deeper = Transaction::begin(db, Kind::write).value();
    REQUIRE(db.exec("INSERT INTO t VALUES (3)").ok());
    REQUIRE(deeper.commit().ok());
  }
  auto kept = Transaction::begin(db, Kind::write).value();
  REQUIRE(db.exec("INSERT INTO t VALUES (4)").ok());
  REQUIRE(kept.commit().ok());
  REQUIRE(outer.commit().ok());
  CHECK(rows(db) == 2);
}

TEST_CASE("a read transaction sees one moment from its begin on and does not hold up the writer") {
  const TemporaryDirectory scratch;
  auto reader = with_table(scratch);
  auto writer = with_table(scratch);
  {
    auto moment = Transaction::begin(reader, Kind::read).value();
    REQUIRE(writer.exec("INSERT INTO t VALUES (1)").ok());
    CHECK(rows(reader) == 0);
  }
  CHECK(rows(reader) == 1);
}

TEST_CASE("a second writer is told that the store is busy, and may try again") {
  const TemporaryDirectory scratch;
  auto first = with_table(scratch);
  auto second = open(scratch.path("a.db"), 0);
  auto held = Transaction::begin(first, Kind::write).value();
  const auto refused = Transaction::begin(second, Kind::write);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::busy);
  CHECK(refused.error().retryable);
}

TEST_CASE("after SQLite rolled back by itself, commit says that nothing was kept") {
  const TemporaryDirectory scratch;
  auto db = with_table(scratch);
  auto transaction = Transaction::begin(db, Kind::write).value();
  REQUIRE(db.exec("INSERT INTO t VALUES (1)").ok());
  REQUIRE(db.exec("ROLLBACK").ok());
  CHECK(transaction.commit().error().code == Code::io);
}

TEST_CASE("migrations run once each, in order, and go on where they stopped") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  const Migration good[] = {{1, "CREATE TABLE t (a)"}, {2, "INSERT INTO t VALUES (1)"}, {3, "INSERT INTO t VALUES (2)"}};
  const Migration stops[] = {{1, "CREATE TABLE t (a)"}, {2, "INSERT INTO t VALUES (1); INSERT INTO nowhere VALUES (1)"}};
  CHECK_FALSE(migrate(db, stops, 2).ok());
  CHECK(rows(db) == 0);  // the second was undone whole, the first stays
  REQUIRE(migrate(db, good, 3).ok());
  REQUIRE(migrate(db, good, 3).ok());
  CHECK(rows(db) == 2);
}

TEST_CASE("a file of a newer version is refused and not written") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  const Migration both[] = {{1, "CREATE TABLE t (a)"}, {2, "CREATE TABLE u (a)"}};
  REQUIRE(migrate(db, both, 2).ok());
  auto older = open(scratch.path("a.db"));
  const int64_t before = db.data_version().value();
  const auto refused = migrate(older, both, 1);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::newer_format);
  CHECK(db.data_version().value() == before);
}

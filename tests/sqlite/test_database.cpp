#include <sqlite3.h>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>

#include "tests/sqlite/opened.hpp"

using namespace satchel;
using namespace satchel::sqlite;

namespace {

int64_t ask(Database& db, const char* sql) {
  StatementScope statement(db.prepare(sql));
  REQUIRE(statement->step().value());
  return statement->int64(0);
}

std::string ask_text(Database& db, const char* sql) {
  StatementScope statement(db.prepare(sql));
  REQUIRE(statement->step().value());
  return std::string(statement->text(0));
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("a connection is set up as open_options says") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  CHECK(ask_text(db, "PRAGMA journal_mode") == "wal");
  CHECK(ask(db, "PRAGMA synchronous") == 2);
  CHECK(ask(db, "PRAGMA foreign_keys") == 1);
  CHECK(ask(db, "PRAGMA cell_size_check") == 1);
  CHECK(ask(db, "PRAGMA trusted_schema") == 0);
  CHECK(ask(db, "PRAGMA temp_store") == 2);
  CHECK(ask(db, "PRAGMA mmap_size") == 0);
  CHECK(ask(db, "PRAGMA cache_size") == -8192);
  CHECK(ask(db, "PRAGMA wal_autocheckpoint") == 1000);
  CHECK(ask(db, "PRAGMA busy_timeout") == 10'000);
}

TEST_CASE("durability chooses when the disk is waited for") {
  const TemporaryDirectory scratch;
  OpenOptions options = satchel::test::raw_file(scratch.path("a.db"));
  options.durability = Durability::grouped;
  auto grouped = Database::open(options).value();
  CHECK(ask(grouped, "PRAGMA synchronous") == 1);
  options.durability = Durability::off;
  auto off = Database::open(options).value();
  CHECK(ask(off, "PRAGMA synchronous") == 0);
}

TEST_CASE("positions count from 0, empty is not null, bytes pass unchanged") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  REQUIRE(db.exec("CREATE TABLE t (a INTEGER, b TEXT, c BLOB, d ANY, e REAL) STRICT").ok());
  auto& insert = db.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
  REQUIRE(insert.bind(0, int64_t{-5}).bind_text(1, "").bind_blob(2, BytesView()).bind_null(3).bind(4, 0.5).run().ok());
  StatementScope select(db.prepare("SELECT a, b, c, d, e FROM t"));
  REQUIRE(select->step().value());
  CHECK(select->column_count() == 5);
  CHECK(select->int64(0) == -5);
  CHECK_FALSE(select->is_null(1));
  CHECK_FALSE(select->is_null(2));
  CHECK(select->blob(2).empty());
  CHECK(select->is_null(3));
  CHECK(select->real(4) == 0.5);
  CHECK_FALSE(select->step().value());
}

TEST_CASE("SQL that does not fit our tables is our mistake; dynamic SQL gets an error") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  CHECK_THROWS_AS(db.prepare("SELECT nothing FROM nowhere"), CheckFailure);
  const auto dynamic = db.prepare_dynamic("SELECT nothing FROM nowhere");
  REQUIRE_FALSE(dynamic.ok());
  CHECK(dynamic.error().code == Code::internal);
  CHECK_THROWS_AS(db.prepare("SELECT 1").bind(0, int64_t{1}), CheckFailure);
}

TEST_CASE("a statement is found by its text, wherever that lies, and never by the place of another's") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  char place[] = "SELECT 1";
  Statement& one = db.prepare(place);
  CHECK(ask(db, place) == 1);
  CHECK(&db.prepare(place) == &one);
  CHECK(&db.prepare("SELECT 1") == &one);
  place[7] = '2';
  CHECK(ask(db, place) == 2);
  CHECK(&db.prepare(place) != &one);
  place[7] = '1';
  CHECK(ask(db, place) == 1);
}

// A statement over a partial index is not planned anew for each value: sqlite3_stmt_status counts.
TEST_CASE("binding another value does not prepare a statement again") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  REQUIRE(db.exec("CREATE TABLE t(state INTEGER, n INTEGER); CREATE INDEX waiting ON t(n) WHERE state = 0").ok());
  Statement& q = db.prepare("SELECT n FROM t WHERE state = ? ORDER BY n");
  for (int64_t state = 0; state < 5; ++state) {
    q.bind(0, state);
    REQUIRE(q.run().ok());
  }
  CHECK(sqlite3_stmt_status(q.handle(), SQLITE_STMTSTATUS_REPREPARE, 0) == 0);
}

TEST_CASE("a kept dynamic statement in use is not handed out twice") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  const char* sql = "SELECT value FROM json_each('[1,2]')";
  Statement* outer = db.prepare_dynamic(sql).value();
  REQUIRE(outer->step().value());
  Statement* inner = db.prepare_dynamic(sql).value();
  CHECK(inner != outer);
  for (int i = 0; i < 600; ++i) REQUIRE(db.prepare_dynamic("SELECT " + std::to_string(i)).ok());
  REQUIRE(outer->step().value());
  CHECK(outer->int64(0) == 2);
}

TEST_CASE("a file that is not a database, or another program's, is refused and left alone") {
  const TemporaryDirectory scratch;
  const std::string text(4096, 'x');
  std::ofstream(scratch.path("a.db")) << text;
  OpenOptions options = satchel::test::raw_file(scratch.path("a.db"));
  options.application_id = 0x53544348;
  auto refused = Database::open(options);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::corrupt);
  CHECK(content(scratch.path("a.db")) == text);

  options.path = scratch.path("other.db");
  options.application_id = 7;
  REQUIRE(Database::open(options).value().exec("CREATE TABLE t (a)").ok());
  const std::string before = content(options.path);
  options.application_id = 8;
  CHECK(Database::open(options).error().code == Code::corrupt);
  CHECK(content(options.path) == before);
  options.application_id = 7;
  CHECK(Database::open(options).ok());
}

TEST_CASE("a file whose header lets nobody write is damaged, and left alone") {
  const TemporaryDirectory scratch;
  const std::string path = scratch.path("a.db");
  const OpenOptions options = satchel::test::raw_file(path);
  { REQUIRE(Database::open(options).value().exec("CREATE TABLE t(a)").ok()); }
  std::fstream(path, std::ios::binary | std::ios::in | std::ios::out).seekp(18).put(9);  // the version that writing takes
  const std::string before = content(path);
  const auto damaged = Database::open(options);
  REQUIRE_FALSE(damaged.ok());
  CHECK(damaged.error().code == Code::corrupt);
  CHECK(damaged.error().place.rfind(path, 0) == 0);  // encrypted, its first page cannot be read at all
  CHECK(content(path) == before);
}

TEST_CASE("a file cut to a few bytes is damaged, not new") {
  const TemporaryDirectory scratch;
  for (const size_t size : {2, 99, 511}) {  // one byte counts as none: SQLite writes it itself on some file systems
    const std::string path = scratch.path(std::to_string(size)), before(size, '\0');
    std::ofstream(path, std::ios::binary) << before;
    const auto cut = Database::open(satchel::test::raw_file(path));
    REQUIRE_FALSE(cut.ok());
    CHECK(cut.error().code == Code::corrupt);
    CHECK(content(path) == before);
  }
}

TEST_CASE("opening what is not there says so") {
  const TemporaryDirectory scratch;
  OpenOptions options;
  options.path = scratch.path("none.db");
  options.create = false;
  CHECK(Database::open(options).error().code == Code::not_found);
  CHECK_FALSE(std::filesystem::exists(options.path));
  options.create = true;
  options.path = scratch.path("no/such/folder.db");
  CHECK(Database::open(options).error().code == Code::io);
}

TEST_CASE("a full disk and a damaged page have their own codes") {
  const TemporaryDirectory scratch;
  {
    auto db = open(scratch.path("a.db"));
    REQUIRE(db.exec("CREATE TABLE t (a BLOB); PRAGMA max_page_count = 4").ok());
    auto& insert = db.prepare("INSERT INTO t VALUES (zeroblob(100000))");
    const auto full = insert.run();
    REQUIRE_FALSE(full.ok());
    CHECK(full.error().code == Code::disk_full);
    REQUIRE(db.exec("PRAGMA max_page_count = 100000").ok());
    for (int i = 0; i < 50; ++i) REQUIRE(insert.run().ok());
    REQUIRE(db.integrity_check().ok());
  }
  {
    std::fstream file(scratch.path("a.db"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(4096, '\xff');
  }
  auto db = open(scratch.path("a.db"));
  CHECK(db.prepare("SELECT count(*) FROM t").step().error().code == Code::corrupt);
  const auto check = db.integrity_check();
  REQUIRE_FALSE(check.ok());
  CHECK(check.error().code == Code::corrupt);
}

TEST_CASE("data_version moves when another connection commits, and only then") {
  const TemporaryDirectory scratch;
  auto mine = open(scratch.path("a.db"));
  auto other = open(scratch.path("a.db"));
  REQUIRE(mine.exec("CREATE TABLE t (a)").ok());
  const int64_t before = mine.data_version().value();
  REQUIRE(mine.exec("INSERT INTO t VALUES (1)").ok());
  CHECK(mine.data_version().value() == before);
  REQUIRE(other.exec("INSERT INTO t VALUES (2)").ok());
  CHECK(mine.data_version().value() != before);
}

TEST_CASE("a backup is one moment of the store, while another connection writes") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  REQUIRE(db.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)").ok());
  auto writer = open(scratch.path("a.db"));
  {
    auto open_write = Transaction::begin(writer, Transaction::Kind::write).value();
    REQUIRE(writer.exec("INSERT INTO t VALUES (2)").ok());
    REQUIRE(db.backup_to(scratch.path("copy.db")).ok());
    REQUIRE(open_write.commit().ok());
  }
  auto copy = open(scratch.path("copy.db"));
  CHECK(ask(copy, "SELECT count(*) FROM t") == 1);
  CHECK_FALSE(std::filesystem::exists(scratch.path("copy.db.part")));
  const auto nowhere = db.backup_to(scratch.path("no/folder/copy.db"));
  REQUIRE_FALSE(nowhere.ok());
  CHECK(nowhere.error().code == Code::io);
}

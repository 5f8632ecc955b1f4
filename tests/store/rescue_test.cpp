#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "core/sqlite/database.hpp"
#include "tests/store_support/tablet.hpp"
#include "tests/support/store_key.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

struct Damaged {
  World world;
  Tablet& amy = world.tablet("amy");
  ScopeId scope;
  RecordId edith, fred;
  ReplicaId before;

  Damaged() {
    scope = world.shared_case({&amy});
    edith = amy.person(scope, "Edith");
    amy.sync(world.centre);
    fred = amy.person(scope, "Fred");
    amy.commit({assign("person", fred, "email", "f@example.org"), assign("person", edith, "name", "Edie")});
    before = amy.store->identity().replica;
    amy.close();
    const auto raw = raw_file(amy.path);
    take(take(sqlite::Database::open(raw)).checkpoint(true));
  }

  void overwrite(size_t at, size_t size) {
    std::fstream file(amy.path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file << std::string(size, '\xee');
  }

  store::Options options() {
    store::Options options;
    options.path = amy.path;
    options.key = store_key();
    options.organisation = "north";
    options.worker = "amy";
    options.schema_json = small_schema();
    return options;
  }

  void change(const char* sql) const {
    const auto raw = raw_file(amy.path);
    auto db = take(sqlite::Database::open(raw));
    take(db.exec(sql));
    take(db.checkpoint(true));
  }

  Code opened() {
    const auto store = store::Store::open(options(), amy.clock, amy.random, amy.logger);
    return store.ok() ? Code{} : store.error().code;
  }

  Result<store::Rescue> rescue() { return store::rescue(options(), amy.clock, amy.random, amy.logger); }
};

// While it lives no file grows beyond this, as on a full disk.
class NoRoom {
 public:
  explicit NoRoom(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now = before_;
    now.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~NoRoom() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

// Page on which the table begins.
size_t root_page(const std::string& path, const std::string& table) {
  const auto raw = raw_file(path);
  auto db = take(sqlite::Database::open(raw));
  sqlite::StatementScope q(
      *take(db.prepare_dynamic("SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'")));
  take(q->step());
  return static_cast<size_t>(q->int64(0));
}

}  // namespace

TEST_CASE("a store whose first page is damaged is refused untouched, then rescued with its outbox") {
  Damaged d;
  d.overwrite(0, 4096);
  const auto opened = store::Store::open(d.options(), d.amy.clock, d.amy.random, d.amy.logger);
  REQUIRE(!opened.ok());
  CHECK(opened.error().code == Code::corrupt);

  const store::Rescue rescue = take(d.rescue());
  CHECK(rescue.salvaged == 2);
  CHECK(std::filesystem::exists(rescue.moved_to));
  d.amy.open();
  CHECK(d.amy.store->identity().replica != d.before);
  CHECK(d.amy.text(d.fred, "name") == "Fred");
  CHECK(d.amy.text(d.fred, "email") == "f@example.org");
  d.amy.verify();
  d.amy.sync(d.world.centre);
  CHECK(d.amy.status().unsent == 0);
  CHECK(d.amy.text(d.edith, "name") == "Edie");
  CHECK(d.amy.text(d.fred, "name") == "Fred");
  CHECK(d.world.centre.state(d.scope).head == 3);
  d.amy.verify();
}

TEST_CASE("a store with a damaged page of records is rescued") {
  Damaged d;
  d.overwrite((root_page(d.amy.path, "records") - 1) * 4096, 4096);
  const store::Rescue rescue = take(d.rescue());
  CHECK(rescue.salvaged == 2);
  d.amy.open();
  d.amy.sync(d.world.centre);
  CHECK(d.amy.text(d.edith, "name") == "Edie");
  d.amy.verify();
}

TEST_CASE("what cannot be read of the outbox is counted, the rest is saved") {
  Damaged d;
  d.amy.open();
  for (int i = 0; i < 60; ++i) {
    d.amy.commit({assign("person", d.fred, "email", std::string(500, 'a' + static_cast<char>(i % 26)))});
  }
  d.amy.close();
  size_t size = 0;
  {
    const auto raw = raw_file(d.amy.path);
    take(take(sqlite::Database::open(raw)).checkpoint(true));
    size = std::filesystem::file_size(d.amy.path);
  }
  // Several leaf pages near the end, where the outbox grew last.
  for (size_t page = size / 4096 - 6; page < size / 4096 - 4; ++page) d.overwrite(page * 4096, 4096);
  const auto rescue = d.rescue();
  REQUIRE(rescue.ok());
  CHECK(rescue->salvaged >= 2);
  CHECK(rescue->salvaged <= 62);
  d.amy.open();
  d.amy.verify();
  d.amy.sync(d.world.centre);
  CHECK(d.amy.status().unsent == 0);
}

TEST_CASE("a rescue that finds no room leaves everything as it was, and is made again") {
  Damaged d;
  d.overwrite(0, 4096);
  {
    const NoRoom no_room(8192);
    CHECK(!d.rescue().ok());
  }
  const auto opened = store::Store::open(d.options(), d.amy.clock, d.amy.random, d.amy.logger);
  REQUIRE(!opened.ok());  // no empty store came into being
  CHECK(opened.error().code == Code::corrupt);
  CHECK(take(d.rescue()).salvaged == 2);
  d.amy.open();
  CHECK(d.amy.text(d.fred, "name") == "Fred");
}

TEST_CASE("a rescue that was killed between its steps is brought to its end") {
  Damaged d;
  d.overwrite(0, 4096);
  const std::string path = d.amy.path, moved = take(d.rescue()).moved_to;
  std::filesystem::rename(path, path + ".rescued");
  std::ofstream(moved + "-wal") << "its log";
  SECTION("before the damaged file was moved, after its log was") { std::filesystem::rename(moved, path); }
  SECTION("before the new store took its place") {}
  const auto opened = store::Store::open(d.options(), d.amy.clock, d.amy.random, d.amy.logger);
  REQUIRE(!opened.ok());
  CHECK(opened.error().code == Code::corrupt);
  d.amy.clock.advance(5);
  const store::Rescue rescue = take(d.rescue());
  CHECK(rescue.salvaged == 2);
  CHECK(std::filesystem::equivalent(rescue.moved_to, moved));  // with its log, not under a second name
  CHECK_FALSE(std::filesystem::exists(path + ".rescued"));
  d.amy.open();
  CHECK(d.amy.store->identity().replica != d.before);
  CHECK(d.amy.text(d.fred, "name") == "Fred");
  d.amy.sync(d.world.centre);
  CHECK(d.amy.status().unsent == 0);
  d.amy.verify();
}

TEST_CASE("a store whose own schema cannot be read any more is damaged") {
  Damaged d;
  d.change("UPDATE app_schema SET json = substr(json, 2)");
  CHECK(d.opened() == Code::corrupt);
  CHECK(take(d.rescue()).salvaged == 2);
  d.amy.open();
  CHECK(d.amy.text(d.fred, "name") == "Fred");
  d.amy.verify();
}

TEST_CASE("a store that lacks a table is damaged: no check of its own fails") {
  Damaged d;
  d.change("ALTER TABLE arrivals RENAME TO arrivalz");
  {
    const auto store = store::Store::open(d.options(), d.amy.clock, d.amy.random, d.amy.logger);
    REQUIRE(store.ok());
    store::Draft draft;
    draft.changes = {assign("person", d.fred, "name", "Freddy")};
    const auto written = (*store)->commit(draft);
    REQUIRE_FALSE(written.ok());
    CHECK(written.error().code == Code::corrupt);
  }
  d.change("ALTER TABLE store RENAME TO stor");
  CHECK(d.opened() == Code::corrupt);
  CHECK(take(d.rescue()).salvaged == 2);
}

TEST_CASE("a rescue does not believe a damaged row that says there is nothing in it, or that it is done") {
  Damaged d;
  SECTION("no content") { d.change("UPDATE outbox SET slot = 0"); }
  SECTION("at the centre") { d.change("UPDATE outbox SET state = 1"); }
  d.overwrite(0, 4096);
  CHECK(take(d.rescue()).salvaged == 2);
  d.amy.open();
  CHECK(d.amy.status().unsent == 2);
  d.amy.sync(d.world.centre);
  CHECK(d.amy.text(d.fred, "name") == "Fred");
}

TEST_CASE("a file that was emptied beside its write-ahead log is damaged, and the log is read") {
  Damaged d;
  d.amy.open();
  d.amy.commit({assign("person", d.fred, "name", "Freddy")});
  std::filesystem::copy_file(d.amy.path + "-wal", d.amy.path + "-kept");
  d.amy.close();
  std::ofstream(d.amy.path, std::ios::trunc).close();
  std::filesystem::rename(d.amy.path + "-kept", d.amy.path + "-wal");
  CHECK(d.opened() == Code::corrupt);
  CHECK(std::filesystem::exists(d.amy.path + "-wal"));
  CHECK(take(d.rescue()).salvaged > 0);
  d.amy.open();
  CHECK(d.amy.text(d.fred, "name") == "Freddy");
}

TEST_CASE("a store that is not damaged is not rescued") {
  Damaged d;
  const auto rescue = d.rescue();
  REQUIRE(!rescue.ok());
  CHECK(rescue.error().code == Code::invalid);
  d.amy.open();
  CHECK(d.amy.store->identity().replica == d.before);
}

TEST_CASE("what was set aside is still readable after a rescue") {
  Damaged d;
  d.world.centre.refuse = [](const model::Transaction&) { return "No."; };
  d.amy.open();
  d.amy.sync(d.world.centre);
  REQUIRE(d.amy.set_aside().size() == 2);
  d.amy.close();
  {
    const auto raw = raw_file(d.amy.path);
    take(take(sqlite::Database::open(raw)).checkpoint(true));
  }
  d.overwrite(0, 4096);
  take(d.rescue());
  d.amy.open();
  CHECK(d.amy.set_aside().size() == 2);
}

TEST_CASE("what the centre had taken already when the file was damaged stands once") {
  Damaged d;
  d.amy.open();
  d.amy.lose_answer(d.world.centre);  // both were taken
  CHECK(d.amy.status().unsent == 2);
  d.amy.close();
  {
    const auto raw = raw_file(d.amy.path);
    take(take(sqlite::Database::open(raw)).checkpoint(true));
  }
  d.overwrite(0, 4096);
  CHECK(take(d.rescue()).salvaged == 2);
  d.amy.open();
  d.amy.sync(d.world.centre);
  CHECK(d.amy.status().unsent == 0);
  CHECK(d.world.centre.state(d.scope).head == 3);
  d.amy.commit({assign("person", d.fred, "name", "Frederick")});
  d.amy.sync(d.world.centre);
  CHECK(d.world.centre.state(d.scope).head == 4);
  CHECK(d.amy.text(d.fred, "name") == "Frederick");
  d.amy.verify();
}

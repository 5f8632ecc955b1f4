// A file has the key that it was made with, or none; whoever comes with another is told so and changes nothing.
#include <sqlite3.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>

#include "tests/sqlite/opened.hpp"

using namespace satchel;
using namespace satchel::sqlite;

namespace {

// Every file of the folder with what is in it.
std::map<std::string, std::string> files_in(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ostringstream content;
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    files[entry.path().filename().string()] = content.str();
  }
  return files;
}

OpenOptions with(const std::string& path, SecretBytes key) {
  OpenOptions options;
  options.path = path;
  options.create = false;
  options.key = std::move(key);
  return options;
}

SecretBytes other_key() { return SecretBytes(std::string(key_bytes, 'o')); }

Error refused(const OpenOptions& options) {
  const auto opened = Database::open(options);
  REQUIRE_FALSE(opened.ok());
  return opened.error();
}

void refuses_untouched(const TemporaryDirectory& scratch, const std::string& path, SecretBytes key, const char* words) {
  const auto before = files_in(scratch.path());
  for (const bool read_only : {false, true}) {
    OpenOptions options = with(path, key);
    options.read_only = read_only;
    const Error error = refused(options);
    CHECK(error.code == Code::invalid);
    CHECK(error.place == "key");
    CHECK(error.message.find(words) != std::string::npos);
  }
  CHECK((files_in(scratch.path()) == before));
}

// A closed file with a row, and one whose last commit is in the log alone, as after a kill.
void make(const TemporaryDirectory& scratch, const SecretBytes& key) {
  OpenOptions options = with(scratch.path("a.db"), key);
  options.create = true;
  auto db = Database::open(options).value();
  REQUIRE(db.exec("CREATE TABLE t (a); INSERT INTO t VALUES ('kettle')").ok());
  REQUIRE(db.checkpoint(true).ok());
  REQUIRE(db.exec("INSERT INTO t VALUES ('teapot')").ok());
  std::filesystem::copy_file(scratch.path("a.db"), scratch.path("b.db"));
  std::filesystem::copy_file(scratch.path("a.db-wal"), scratch.path("b.db-wal"));
}

// Does something in the middle of the next opening: the file was found by its name, and nothing of it was read.
class OnceOpened {
 public:
  explicit OnceOpened(std::function<void()> act) {
    act_ = std::move(act);
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(call));
  }
  ~OnceOpened() { stop(); }
  OnceOpened(const OnceOpened&) = delete;
  OnceOpened& operator=(const OnceOpened&) = delete;

 private:
  static void stop() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(call)); }
  static int call(sqlite3*, const char**, const sqlite3_api_routines*) {
    stop();
    act_();
    return SQLITE_OK;
  }
  inline static std::function<void()> act_;
};

int64_t rows(const OpenOptions& options) {
  auto db = Database::open(options).value();
  StatementScope q(db.prepare("SELECT count(*) FROM t"));
  REQUIRE(q->step().value());
  return q->int64(0);
}

}  // namespace

TEST_CASE("full-text search is there, whichever SQLite this is") {
  const TemporaryDirectory scratch;
  auto db = open(scratch.path("a.db"));
  CHECK(db.exec("CREATE VIRTUAL TABLE words USING fts5 (text)").ok());
}

TEST_CASE("a key is 32 bytes") {
  const TemporaryDirectory scratch;
  for (const size_t size : {1, 16, 31, 33, 64}) {
    OpenOptions options = with(scratch.path("new.db"), SecretBytes(std::string(size, 'k')));
    options.create = true;
    CHECK(refused(options).place == "key");
  }
  CHECK(files_in(scratch.path()).empty());
}

TEST_CASE("who holds a file alone keeps others out") {
  const TemporaryDirectory scratch;
  make(scratch, {});
  const std::string path = scratch.path("a.db");
  std::optional<Database> alone = Database::open(with(path, {})).value();
  {
    const auto other = Database::open(with(path, {}));
    CHECK(alone->take_alone().error().code == Code::busy);
  }
  REQUIRE(alone->take_alone().ok());
  CHECK_FALSE(std::filesystem::exists(path + "-wal"));
  OpenOptions impatient = with(path, {});
  impatient.busy_timeout_ms = 0;
  CHECK(refused(impatient).code == Code::busy);
  impatient.read_only = true;
  CHECK(refused(impatient).code == Code::busy);
  alone.reset();
  CHECK(rows(with(path, {})) == 2);
}

TEST_CASE("who found a file by its name does not go on with it when another has taken its place") {
  const TemporaryDirectory scratch;
  make(scratch, {});
  const std::string path = scratch.path("a.db");
  const bool in_use = GENERATE(false, true);  // by somebody who has a log beside it
  {
    const OnceOpened then([&] {
      auto alone = Database::open(with(path, {})).value();
      REQUIRE(alone.take_alone().ok());
      std::filesystem::rename(scratch.path("b.db"), path);
      if (in_use) std::filesystem::rename(scratch.path("b.db-wal"), path + "-wal");
    });
    CHECK(refused(with(path, {})).code == Code::busy);
  }
  CHECK(rows(with(path, {})) == (in_use ? 2 : 1));
}

#ifdef SQLITE_HAS_CODEC

TEST_CASE("another key, or none, opens no encrypted file and changes nothing in it") {
  const TemporaryDirectory scratch;
  make(scratch, test::store_key());
  for (const char* name : {"a.db", "b.db"}) {
    refuses_untouched(scratch, scratch.path(name), other_key(), "not the key");
    refuses_untouched(scratch, scratch.path(name), {}, "is encrypted");
    CHECK(rows(with(scratch.path(name), test::store_key())) == 2);
  }
}

TEST_CASE("a key for a file that is not encrypted is refused, and the way to encrypt it named") {
  const TemporaryDirectory scratch;
  make(scratch, {});
  for (const char* name : {"a.db", "b.db"}) {
    refuses_untouched(scratch, scratch.path(name), other_key(), "rekey");
    CHECK(rows(with(scratch.path(name), {})) == 2);
  }
}

TEST_CASE("a backup has the key of what it was made from") {
  const TemporaryDirectory scratch;
  make(scratch, test::store_key());
  REQUIRE(Database::open(with(scratch.path("a.db"), test::store_key())).value().backup_to(scratch.path("copy.db")).ok());
  CHECK(rows(with(scratch.path("copy.db"), test::store_key())) == 2);
  refuses_untouched(scratch, scratch.path("copy.db"), other_key(), "not the key");
}

TEST_CASE("a file that lost its first bytes is not taken for one with another key") {
  const TemporaryDirectory scratch;
  make(scratch, test::store_key());
  std::fstream(scratch.path("a.db"), std::ios::binary | std::ios::in | std::ios::out) << std::string(16, '\xee');
  CHECK(rows(with(scratch.path("a.db"), test::store_key())) == 2);
  std::fstream(scratch.path("a.db"), std::ios::binary | std::ios::in | std::ios::out) << std::string(4096, '\xee');
  CHECK(refused(with(scratch.path("a.db"), test::store_key())).code == Code::corrupt);
}

#else

TEST_CASE("a build that cannot encrypt refuses a key and writes nothing") {
  const TemporaryDirectory scratch;
  OpenOptions options = with(scratch.path("new.db"), other_key());
  options.create = true;
  const Error error = refused(options);
  CHECK(error.code == Code::invalid);
  CHECK(error.place == "key");
  CHECK(files_in(scratch.path()).empty());
  make(scratch, {});
  refuses_untouched(scratch, scratch.path("a.db"), other_key(), "cannot encrypt");
}

TEST_CASE("a build that cannot encrypt says of an encrypted file that it is one") {
  const TemporaryDirectory scratch;
  std::ofstream(scratch.path("a.db")) << "SATCHEL1" << std::string(8184, '\x5b');
  refuses_untouched(scratch, scratch.path("a.db"), {}, "is encrypted");
}

#endif

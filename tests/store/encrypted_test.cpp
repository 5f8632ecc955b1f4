// With SQLCipher nothing of what a worker wrote is to be found in any file, nor was ever written to one. Without it all of
// it is: what looks for it here can find it.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "core/store/word_indexer.hpp"
#include "tests/store_support/tablet.hpp"
#include "tests/support/store_key.hpp"
#include "tests/support/system_calls.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

// A name, a note, a record's e-mail; the first two as the full-text index folds them; whose store it is; its schema.
constexpr std::array<std::string_view, 7> planted = {"Quittenbrot", "Zwiebelkuchen", "wacholder@example.org", "quittenbrot",
                                                     "zwiebelkuchen", "amy-the-worker", "lowering_needs_reason"};

std::set<std::string_view> words_in(std::string_view bytes) {
  std::set<std::string_view> found;
  for (const auto word : planted) {
    if (bytes.find(word) != std::string_view::npos) found.insert(word);
  }
  return found;
}

std::set<std::string_view> words_in_folder(const std::string& folder, size_t& files) {
  std::set<std::string_view> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ostringstream content;
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    found.merge(words_in(content.str()));
    ++files;
  }
  return found;
}

void index_all(Tablet& tablet) {
  const auto indexer = take(store::WordIndexer::open(tablet.options()));
  while (take(indexer->index_some(100)).waiting != 0) {
  }
}

void write_words(Tablet& amy) {
  const ScopeId scope = amy.open_scope("case");
  const RecordId edith = amy.person(scope, "Quittenbrot");
  amy.commit({assign("person", edith, "wishes", "Zwiebelkuchen"), assign("person", edith, "email", "wacholder@example.org")});
  index_all(amy);
}

const std::set<std::string_view> all(planted.begin(), planted.end()), none;
const std::set<std::string_view>& expected() { return sqlite::can_encrypt() ? none : all; }

// Runs `act` in a process that then ends without closing anything.
template <class Act>
void in_child(Act act) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int code = 1;
    try {
      act();
      code = 0;
    } catch (const std::exception&) {
      code = 2;
    }
    _exit(code);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
}

// Sorts more than SQLite keeps in memory where it may write files.
void sort_much(sqlite::Database& db) {
  take(db.exec("PRAGMA cache_size = 10"));
  auto* const q = take(db.prepare_dynamic(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)"
      " SELECT hex(randomblob(50)) || 'Quittenbrot' AS word FROM n ORDER BY word"));
  take(q->run());
}

}  // namespace

TEST_CASE("planted words are in no file of an encrypted store, and in those of a plain one") {
  const TemporaryDirectory directory;
  ManualClock clock;
  std::set<std::string_view> written;
  size_t files = 0;
  {
    const support::SystemCalls calls([&](std::string_view bytes) { written.merge(words_in(bytes)); });
    Tablet amy(directory.path("amy.db"), "amy-the-worker", clock, 3);
    write_words(amy);
    CHECK(words_in_folder(directory.path(), files) == expected());
    CHECK(files == 4);  // database, log, its index, and the secret
    take(take(amy.store->reader())->database().backup_to(directory.path("copy.db")));
    amy.verify();
    take(amy.store->flush());
    amy.close();
  }
  CHECK(words_in_folder(directory.path(), files) == expected());
  CHECK(written == expected());
}

TEST_CASE("planted words are in nothing that a crash of an encrypted store leaves, and in that of a plain one") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("amy.db");
  size_t files = 0;
  in_child([&] {
    ManualClock clock;
    write_words(*new Tablet(path, "amy-the-worker", clock, 3));
  });
  CHECK(std::filesystem::exists(path + "-wal"));
  CHECK(std::filesystem::exists(path + "-shm"));
  CHECK(words_in_folder(directory.path(), files) == expected());

  // In the middle of a transaction that is larger than the cache: part of it is in the log already.
  in_child([&] {
    sqlite::OpenOptions raw = raw_file(path);
    raw.cache_bytes = 16 << 10;
    auto& db = *new sqlite::Database(take(sqlite::Database::open(raw)));
    take(db.exec("BEGIN IMMEDIATE; CREATE TABLE t (a);"
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)"
                 " INSERT INTO t SELECT 'Zwiebelkuchen' || i FROM n"));
  });
  CHECK(std::filesystem::file_size(path + "-wal") > 100'000);
  CHECK(words_in_folder(directory.path(), files) == expected());
}

TEST_CASE("planted words are in nothing that a rescue writes or leaves of an encrypted store, and in that of a plain one") {
  const TemporaryDirectory directory;
  ManualClock clock;
  Tablet amy(directory.path("amy.db"), "amy-the-worker", clock, 3);
  write_words(amy);
  amy.close();
  std::fstream(amy.path, std::ios::binary | std::ios::in | std::ios::out) << std::string(4096, '\xee');
  std::set<std::string_view> written;
  {
    const support::SystemCalls calls([&](std::string_view bytes) { written.merge(words_in(bytes)); });
    CHECK(take(store::rescue(amy.options(), amy.clock, amy.random, amy.logger)).salvaged == 3);
    amy.open();
    index_all(amy);
    amy.close();
  }
  size_t files = 0;
  CHECK(words_in_folder(directory.path(), files) == expected());
  CHECK(written == expected());
}

TEST_CASE("what SQLite has no room to sort in memory goes to no file") {
  const TemporaryDirectory directory;
  ManualClock clock;
  Tablet amy(directory.path("amy.db"), "amy-the-worker", clock, 3);
  const auto reader = take(amy.store->reader());
  std::set<std::string_view> written;
  const support::SystemCalls calls([&](std::string_view bytes) { written.merge(words_in(bytes)); });
  sort_much(reader->database());
  CHECK(written == none);
  // It would be found, and SQLCipher would not encrypt it: without the setting of ours.
  take(reader->database().exec("PRAGMA temp_store = FILE"));
  sort_much(reader->database());
  CHECK(written == std::set<std::string_view>{"Quittenbrot"});
}

// The plug is pulled: a killed app and a power cut, at any point. A commit that returned is there afterwards, once.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"
#include "tests/support/domain_schema.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/memory_secrets.hpp"

using namespace satchel;
using namespace satchel::contract;

namespace {

store::Options options_for(const std::string& path, sqlite::Durability durability, const std::string& vfs = {},
                           std::shared_ptr<store::SecretKeeper> secrets = {}) {
  store::Options options;
  options.path = path;
  options.schema_json = test::domain_schema_text();
  options.organisation = organisation;
  options.worker = "amira";
  options.durability = durability;
  options.vfs = vfs;
  options.secrets = std::move(secrets);
  return options;
}

store::Draft task(const ScopeId& scope, const std::string& title, RecordId* record = nullptr) {
  const RecordId id = new_record();
  if (record != nullptr) *record = id;
  store::Draft draft;
  draft.changes.push_back({scope, create_op("task", id)});
  draft.changes.push_back({scope, assign_op("task", id, "title", model::Kind::register_, title)});
  return draft;
}

// A worker's own papers, which the tablet opens by itself: no centre is needed.
struct OwnPapers {
  ScopeId scope;
  explicit OwnPapers(store::Store& store, Random& random) : scope{random_128(random)} {
    store::Draft draft = task(scope, "opening");
    draft.open.push_back({scope, {"self", ScopeId{}}});
    opened = store.commit(draft).ok();
  }
  bool opened = false;
};

// The child of the kill test: commits until it is killed, and tells each record id once its commit has returned.
[[noreturn]] void commit_for_ever(const std::string& path, int tell) {
  SystemClock clock;
  SystemRandom random;
  NullLogger logger;
  auto store = store::Store::open(options_for(path, sqlite::Durability::grouped), clock, random, logger);
  if (!store.ok()) _exit(2);
  OwnPapers own(**store, random);
  if (!own.opened) _exit(3);
  for (;;) {
    RecordId record;
    if (!(*store)->commit(task(own.scope, "written before the kill", &record)).ok()) _exit(4);
    if (write(tell, record.bytes.data(), 16) != 16) _exit(5);
  }
}

}  // namespace

TEST_CASE("a tablet killed at any point keeps every commit that returned") {
  test::TemporaryDirectory dir;
  const std::string path = dir.path("killed.db");
  SeededRandom random(7);
  std::vector<RecordId> told;
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      commit_for_ever(path, ends[1]);
    }
    close(ends[1]);
    const uint64_t until = told.size() + 1 + random.below(60);
    RecordId record;
    while (told.size() < until && read(ends[0], record.bytes.data(), 16) == 16) told.push_back(record);
    kill(child, SIGKILL);
    while (read(ends[0], record.bytes.data(), 16) == 16) told.push_back(record);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
  }
  SystemClock clock;
  SystemRandom system;
  NullLogger logger;
  auto store = take(store::Store::open(options_for(path, sqlite::Durability::full), clock, system, logger));
  auto reader = take(store->reader());
  REQUIRE(told.size() > 12);
  for (const auto& record : told) CHECK(take(reader->record("task", record)).has_value());
  take(store->verify());
}

namespace {

// Commits on a disk that dies after `operations`; true when a commit that had returned is missing afterwards.
bool loses(sqlite::Durability durability, uint64_t operations, uint64_t seed) {
  support::MemoryDisk disk;
  ManualClock clock;
  SeededRandom random(seed);
  NullLogger logger;
  const auto secrets = std::make_shared<support::MemorySecrets>();
  std::vector<RecordId> returned;
  disk.power_cut_after(operations, seed);
  {
    auto store = store::Store::open(options_for("tablet.db", durability, disk.vfs(), secrets), clock, random, logger);
    if (store.ok()) {
      OwnPapers own(**store, random);
      for (int i = 0; own.opened && i < 20; ++i) {
        RecordId record;
        if (!(*store)->commit(task(own.scope, "by the light of the fridge", &record)).ok()) break;
        returned.push_back(record);
      }
    }
    if (!disk.dead()) disk.power_cut(seed);
  }
  disk.revive();
  auto store =
      store::Store::open(options_for("tablet.db", sqlite::Durability::full, disk.vfs(), secrets), clock, random, logger);
  if (!store.ok()) return true;
  auto reader = (*store)->reader();
  if (!reader.ok()) return true;
  for (const auto& record : returned) {
    auto found = (*reader)->record("task", record);
    if (!found.ok() || !found->has_value()) return true;
  }
  return !(*store)->verify().ok();
}

}  // namespace

TEST_CASE("a power cut at any operation of the disk loses no commit that returned") {
  for (uint64_t operations = 0; operations < 240; operations += 3) {
    INFO("power gone after " << operations << " operations");
    CHECK_FALSE(loses(sqlite::Durability::full, operations, operations + 1));
  }
}

TEST_CASE("the power-cut test of the store notices when nothing is synced") {
  bool noticed = false;
  for (uint64_t operations = 60; operations < 240 && !noticed; operations += 7)
    noticed = loses(sqlite::Durability::off, operations, operations);
  CHECK(noticed);
}

TEST_CASE("a full disk refuses the commit and keeps what was there; with room it goes on") {
  support::MemoryDisk disk;
  ManualClock clock;
  SeededRandom random(3);
  NullLogger logger;
  auto store = take(store::Store::open(options_for("tablet.db", sqlite::Durability::full, disk.vfs(),
                                                   std::make_shared<support::MemorySecrets>()),
                                       clock, random, logger));
  OwnPapers own(*store, random);
  REQUIRE(own.opened);
  disk.set_capacity(disk.used() + 20'000);
  std::vector<RecordId> kept;
  Result<store::Receipt> last = make_error(Code::internal, "no commit yet");
  for (int i = 0; i < 200; ++i) {
    RecordId record;
    last = store->commit(task(own.scope, std::string(900, 'n'), &record));
    if (!last.ok()) break;
    kept.push_back(record);
  }
  REQUIRE_FALSE(last.ok());
  CHECK(last.error().code == Code::disk_full);
  disk.set_capacity(UINT64_MAX);
  take(store->commit(task(own.scope, "with room again")));
  auto reader = take(store->reader());
  for (const auto& record : kept) CHECK(take(reader->record("task", record)).has_value());
  take(store->verify());
}

TEST_CASE("a power cut in mid-sync, at any operation of the disk: each note that was committed is at the centre once") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  support::MemoryDisk disk;
  Tablet amira(centre, {.worker = "amira", .engine = hasty(), .file = "tablet.db", .vfs = disk.vfs()});
  Tablet beth(centre, {.worker = "beth"});
  take(amira.sync());
  take(beth.sync());
  uint64_t written = 0;
  const auto day = [&] {  // one note of each, and a colleague's to fetch
    amira.commit(note(scope, "before the bulb went, " + std::to_string(++written)));
    beth.commit(note(scope, "Beth's, " + std::to_string(++written)));
    take(beth.sync());
  };
  day();
  const uint64_t before = disk.operations();
  take(amira.sync());
  const uint64_t operations = disk.operations() - before;
  SeededRandom random(11);
  for (uint64_t at = 0; at < operations; at += 1 + random.below(2)) {
    INFO("power gone after " << at << " operations of a sync that takes about " << operations);
    day();
    disk.power_cut_after(at, at + 1);
    (void)amira.sync();
    if (!disk.dead()) disk.power_cut(at);
    amira.close();
    disk.revive();
    amira.open();
    sync_in_the_end(amira);
  }
  take(beth.sync());
  CHECK(beth.position(scope) == written);
  require_agreement(scope, {&amira, &beth});
}

TEST_CASE(
    "a disk that is full while a colleague's notes arrive: the tablet says so, loses nothing, and goes on with room") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  support::MemoryDisk disk;
  Tablet amira(centre, {.worker = "amira", .engine = hasty(), .file = "tablet.db", .vfs = disk.vfs()});
  Tablet beth(centre, {.worker = "beth"});
  take(amira.sync());
  take(beth.sync());
  amira.commit(note(scope, "written on the last bytes"));
  for (int i = 0; i < 30; ++i) beth.commit(note(scope, std::string(8000, 'b')));
  take(beth.sync());
  disk.set_capacity(disk.used() + 50'000);
  const auto full = amira.sync();
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().code == Code::disk_full);
  CHECK_FALSE(full.error().message.empty());
  disk.set_capacity(UINT64_MAX);
  sync_in_the_end(amira);
  take(beth.sync());
  CHECK(beth.position(scope) == 31);
  require_agreement(scope, {&amira, &beth});
}

// Several processes on one store. Children are made by fork() before any store is open in the parent.
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "tests/store_support/tablet.hpp"
#include "tests/support/store_key.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

store::Options options_of(const std::string& path) {
  store::Options options;
  options.path = path;
  options.key = store_key();
  options.schema_json = small_schema();
  options.organisation = "north";
  options.worker = "amy";
  options.durability = sqlite::Durability::grouped;
  return options;
}

// Exit code 0 when all commits went through.
int commit_many(const std::string& path, const ScopeId& scope, const RecordId& shared, int number, int commits) {
  SystemClock clock;
  SystemRandom random;
  NullLogger logger;
  auto store = store::Store::open(options_of(path), clock, random, logger);
  if (!store.ok()) return 2;
  for (int i = 0; i < commits; ++i) {
    const RecordId id{uuid_v7(clock.wall_ms(), random)};
    store::Draft draft;
    draft.changes = {create(scope, "person", id),
                     assign("person", id, "name", std::to_string(number) + "/" + std::to_string(i)),
                     assign("person", shared, "email", std::to_string(number) + "/" + std::to_string(i))};
    for (;;) {
      const auto result = (*store)->commit(draft);
      if (result.ok()) break;
      if (!result.error().retryable) return 3;
    }
  }
  return 0;
}

void run(int processes, int commits_each) {
  TemporaryDirectory directory;
  const std::string path = directory.path("shared.db");
  ScopeId scope;
  RecordId shared;
  {
    ManualClock clock;
    Tablet amy(path, "amy", clock, 5);
    scope = amy.open_scope("case");
    shared = amy.person(scope, "Shared");
  }
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(commit_many(path, scope, shared, i, commits_each));
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  ManualClock clock;
  Tablet amy(path, "amy", clock, 6);
  const auto total = static_cast<uint64_t>(processes) * static_cast<uint64_t>(commits_each) + 2;
  CHECK(amy.status().unsent == total);
  const auto record = amy.record("person", shared);
  // Each commit had the one before in front of it: nobody wrote beside anybody.
  CHECK(record->state.field("email")->heads.size() == 1);
  CHECK(amy.conflicts().empty());
  // Counters are dense: the centre takes all of it in order.
  SmallCentre centre(clock, directory.path());
  amy.sync(centre);
  CHECK(amy.status().unsent == 0);
  CHECK(centre.state(scope).head == total);
  amy.verify();
}

}  // namespace

TEST_CASE("four processes commit to one store, and every counter is used once") { run(4, 60); }

TEST_CASE("four processes with 10,000 commits on one store", "[slow]") { run(4, 2500); }

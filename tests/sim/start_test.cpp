// A centre that is killed while it starts on what an earlier kill left.
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <vector>

#include "tests/sim/centre.hpp"
#include "tests/sim/schemas.hpp"
#include "tests/sim/sealed.hpp"

using namespace satchel::sim;
using satchel::support::Stop;

namespace {

constexpr size_t kScopes = 40;  // enough to touch many pages of the file
constexpr uint64_t kOperationsMost = 400;

// Everybody gets this role in their scope, which is made when there is none yet.
void grant_all(CentreMachine& centre, std::vector<satchel::ScopeId>& scopes, const std::string& role) {
  centre.act([&] {
    for (size_t i = 0; i < kScopes; ++i) {
      const bool fresh = i >= scopes.size();
      const auto granted =
          centre.admin().grant(kOrganisation, "worker " + std::to_string(i),
                               fresh ? std::nullopt : std::optional(scopes[i]), fresh ? "team" : "", role,
                               std::string(200, 'x'), satchel::ScopeId{});
      REQUIRE(granted.ok());
      if (fresh) scopes.push_back(*granted);
    }
  });
}

int64_t grants_of(CentreMachine& centre, const std::string& role) {
  satchel::sqlite::OpenOptions options;
  options.path = "/centre/centre.db";
  options.vfs = centre.disk.vfs();
  auto db = satchel::sqlite::Database::open(options);
  REQUIRE(db.ok());
  satchel::sqlite::StatementScope row(
      db->prepare("SELECT count(*) FROM centre_grants WHERE role = ? AND to_ms IS NULL"));
  row->bind_text(0, role);
  REQUIRE(row->step().ok());
  return row->int64(0);
}

// A centre is killed with a write-ahead log full of changes to what its file had already, and once more after so many
// operations of its next start. True: that start was through before.
bool start_again_killed_after(uint64_t operations, Stop how, const std::string& schema) {
  seed_libraries(1);
  Timeline timeline;
  Story story(timeline, true);
  CentreOptions options;
  options.seed = 1;
  options.schema = schema;
  CentreMachine centre(timeline, story, options);
  centre.start();
  std::vector<satchel::ScopeId> scopes;
  grant_all(centre, scopes, "writer");
  centre.stop();
  centre.start();
  grant_all(centre, scopes, "reader");
  centre.die(Stop::kill);
  centre.die_after(how, operations);
  centre.start();
  const bool through = centre.running();
  if (through) centre.die(how);
  centre.start();
  INFO("stopped after " << operations << " operations: " << centre.fault);
  REQUIRE(centre.running());
  CHECK(story.text().find("foreign_write_ahead_log_set_aside") == std::string::npos);
  CHECK(grants_of(centre, "reader") == static_cast<int64_t>(kScopes));
  CHECK(centre.admin().verify().ok());
  return through;
}

}  // namespace

TEST_CASE("a centre that is stopped at any operation of a start takes its own write-ahead log for its own") {
  const std::string schema = schema_of(Collections::each_kind);
  for (const Stop how : {Stop::kill, Stop::power_cut}) {
    uint64_t operations = 0;
    while (operations < kOperationsMost && !start_again_killed_after(operations, how, schema)) ++operations;
    CHECK(operations > 10);
    CHECK(operations < kOperationsMost);
  }
}

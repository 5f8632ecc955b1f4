// Several requests in one write transaction: what goes wrong with one of them, and what with all.
#include <catch2/catch_test_macros.hpp>

#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;
using proto::VerdictKind;

namespace {

// A device row of this worker makes SQLite take the whole transaction back, as a full disk or an I/O error may.
class Fault {
 public:
  Fault(World& world, const std::string& worker) : world_(world) {
    run("CREATE TRIGGER fault BEFORE INSERT ON centre_devices WHEN NEW.worker = '" + worker +
        "' BEGIN SELECT RAISE(ROLLBACK, 'the disk is gone'); END");
  }
  void mend() { run("DROP TRIGGER fault"); }

 private:
  void run(const std::string& sql) {
    sqlite::OpenOptions options;
    options.path = world_.file("centre.db");
    must(must(sqlite::Database::open(options)).exec(sql.c_str()));
  }
  World& world_;
};

server::Request sign_in_of(World& world, const std::string& worker) {
  proto::SessionRequest session;
  session.replica = ReplicaId{random_128(world.random)};
  session.token = std::string(org) + "/" + worker;
  session.secret_proof = Bytes(32, 'p');
  return {"/v1/session", "", proto::encode(session), false};
}

server::Request sync_of(const Tablet& tablet, const proto::SyncRequest& request) {
  return {"/v1/sync", "Bearer " + tablet.credential, proto::encode(request), false};
}

}  // namespace

TEST_CASE("when the database takes a whole batch back, nobody in it is acknowledged and nothing of it is kept") {
  World world;
  const ScopeId team = world.grant("ana", "team");
  Tablet ana(world, "ana");
  ana.sync_all();
  const ScopeId fresh{random_128(world.random)};
  const auto& opening =
      ana.write(fresh, {create("person", RecordId{random_128(world.random)})}, [&](model::Header& header) {
        header.opening = model::Opening{"case", team};
      });
  Fault fault(world, "zoe");
  const auto replies = world.service->handle({sign_in_of(world, "zoe"), sync_of(ana, ana.request())});
  CHECK(replies.at(0).status >= 500);
  CHECK(replies.at(1).status >= 500);
  for (const auto& scope : must(world.admin()->scopes(org))) CHECK(scope.id != fresh);
  fault.mend();
  CHECK(ana.push(opening).kind == VerdictKind::accepted);
  ana.sync_all();
  CHECK(ana.holds(fresh));  // the right to it came with it, from the ledger's line
  must(world.admin()->verify());
}

TEST_CASE("how far a tablet is gets written although the batch that was to write it was taken back") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.note(scope, "one");
  ana.sync_all();
  ana.note(scope, "two");
  const proto::SyncRequest moved = ana.request();
  Fault fault(world, "zoe");
  const auto replies = world.service->handle({sync_of(ana, moved), sign_in_of(world, "zoe")});
  CHECK(replies.at(0).status >= 500);
  fault.mend();
  proto::SyncRequest unmoved = ana.request();
  unmoved.cursors.clear();  // a tablet names only what moved since
  ana.answer(unmoved);
  const auto devices = must(world.admin()->devices(org));
  REQUIRE(devices.size() == 1);
  CHECK(devices[0].held == std::vector<std::pair<ScopeId, uint64_t>>{{scope, 1}});
}

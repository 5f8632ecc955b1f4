// A centre that goes back in time: found out by itself, healed by its devices, never fooled by a forged envelope.
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;
using proto::VerdictKind;
namespace fs = std::filesystem;

namespace {

EpochId epoch_of(World& world, Tablet& tablet, const ScopeId& scope) {
  world.clock.advance(5);
  tablet.note(scope, "which epoch is it?");
  tablet.sync_all();
  return tablet.verdicts.at(tablet.written.back().id()).envelope.epoch;
}

// Everybody syncs until nobody has anything to tell or to offer.
void settle(World& world, std::initializer_list<Tablet*> tablets) {
  world.clock.advance(1000);
  for (int round = 0; round < 4; ++round) {
    for (Tablet* tablet : tablets) {
      tablet->sign_in();
      tablet->sync_all();
      while (!tablet->offers.empty() || !tablet->outbox.empty()) tablet->sync_all();
    }
  }
}

}  // namespace

TEST_CASE("after a clean shutdown the epoch goes on, and the centre's own replica too") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const EpochId first = epoch_of(world, ana, scope);
  world.stop();
  world.start();
  ana.sync_all();
  CHECK(epoch_of(world, ana, scope) == first);
}

TEST_CASE("after a kill a new and later epoch begins, and nothing that was answered is lost") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const EpochId first = epoch_of(world, ana, scope);
  world.crash();
  world.clock.set_wall(world.clock.wall_ms() - 86'400'000);  // and a clock set back
  world.start();
  ana.sign_in();
  ana.sync_all();
  CHECK(ana.rewinds == 0);
  CHECK(ana.restarts == 0);
  CHECK(ana.state(scope).head == 1);
  CHECK(first < epoch_of(world, ana, scope));
}

TEST_CASE("admin commands beside a running centre neither begin an epoch nor end its claim to a clean shutdown") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const EpochId first = epoch_of(world, ana, scope);
  auto admin = world.admin();
  world.stop();
  must(admin->verify());
  admin.reset();  // the last to go
  world.start();
  ana.sync_all();
  CHECK(epoch_of(world, ana, scope) == first);
}

TEST_CASE("yesterday's bare file copied back: devices offer what was lost, with its envelopes, and all agree again") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("ben", scope);
  Tablet ana(world, "ana"), ben(world, "ben");
  const RecordId note{random_128(world.random)};
  ana.note(scope, "before", note);
  settle(world, {&ana, &ben});
  world.keep_for_tomorrow();
  ana.note(scope, "lost, and Ana has it", note);
  settle(world, {&ana, &ben});
  const auto& lost = ben.note(scope, "lost, and only Ana still has it");
  settle(world, {&ben, &ana});
  const auto envelope = ben.verdicts.at(lost.id()).envelope;
  world.back_to_yesterday();
  CHECK(world.logger.has("epoch_begun"));
  ana.note(scope, "new, after the restore");
  settle(world, {&ana});
  CHECK(ana.rewinds == 1);
  settle(world, {&ben, &ana});
  CHECK(ana.state(scope).head == 4);
  CHECK(ana.state(scope).log_digest == ben.state(scope).log_digest);
  CHECK(ana.state(scope).state_digest == ben.state(scope).state_digest);
  const auto entry = must(ana.mirror.entry_of(ana.state(scope).key, ben.replica, 1));
  REQUIRE(entry.has_value());
  CHECK(entry->envelope == envelope);  // its first place, received time and ord
  must(world.admin()->verify());
}

TEST_CASE("a restore under a write-ahead log that a killed process left is found out, and the log set aside") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.note(scope, "before");
  settle(world, {&ana});
  world.stop();
  copy_over(world.file("centre.db"), world.directory / "yesterday.db");
  world.start();
  for (int i = 0; i < 5; ++i) ana.note(scope, "after");
  settle(world, {&ana});
  world.crash();
  REQUIRE(fs::file_size(world.file("centre.db-wal")) > 0);
  copy_over(world.directory / "yesterday.db", world.file("centre.db"));
  world.start();
  CHECK(world.logger.has("foreign_write_ahead_log_set_aside"));
  must(world.admin()->verify());
  settle(world, {&ana});
  CHECK(ana.rewinds == 1);
  CHECK(ana.state(scope).head == 6);
}

TEST_CASE("a killed process's own write-ahead log is played in, not set aside") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  for (int i = 0; i < 5; ++i) ana.note(scope, "answered");
  settle(world, {&ana});
  world.crash();
  REQUIRE(fs::file_size(world.file("centre.db-wal")) > 0);
  world.start();
  CHECK_FALSE(world.logger.has("foreign_write_ahead_log_set_aside"));
  settle(world, {&ana});
  CHECK(ana.rewinds == 0);
  CHECK(ana.state(scope).head == 5);
}

TEST_CASE("where nobody can tell whose a write-ahead log is, the centre does not start, and a person decides") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.note(scope, "answered");
  settle(world, {&ana});
  world.crash();
  fs::resize_file(world.file("generation"), 1);
  const auto started = world.try_start();
  REQUIRE_FALSE(started.ok());
  CHECK(started.error().code == Code::corrupt);
  CHECK(fs::file_size(world.file("centre.db-wal")) > 0);
  fs::remove(world.file("generation"));
  world.start();
  settle(world, {&ana});
  CHECK(ana.state(scope).head == 1);
  must(world.admin()->verify());
}

TEST_CASE("a forged or bent envelope is refused and proves nothing") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  const auto& one = ana.note(scope, "x");
  ana.sync_all();
  const auto& two = ana.note(scope, "never sent");
  const model::Envelope real = ana.verdicts.at(one.id()).envelope;
  const auto offer = [&](const std::function<void(proto::Offer&)>& bend) {
    proto::Offer offered;
    offered.scope = scope;
    offered.entry.id = two.id();
    offered.entry.hash = two.hash;
    offered.entry.bytes = two.bytes;
    offered.entry.envelope = real;
    bend(offered);
    proto::SyncRequest request = ana.request(false);
    request.push = {{{}, offered}};
    return ana.answer(request).verdicts.at(0);
  };
  const auto nothing = [](proto::Offer&) {};
  CHECK(offer(nothing).kind == VerdictKind::refused_offer);
  CHECK_FALSE(offer(nothing).reason.empty());
  CHECK(offer([](proto::Offer& o) { o.entry.envelope.ord += 1; }).kind == VerdictKind::refused_offer);
  CHECK(offer([&](proto::Offer& o) {  // a true envelope around other content
          o.entry.id = one.id();
          o.entry.hash = one.hash;
        })
            .kind == VerdictKind::refused_offer);
  CHECK(world.logger.has("forged_offer"));
  CHECK_FALSE(world.logger.has("restore_proven_by_offer"));
  ana.sync_all();
  CHECK(ana.verdicts.at(two.id()).kind == VerdictKind::accepted);
  CHECK(ana.verdicts.at(two.id()).envelope.epoch == real.epoch);
}

TEST_CASE("a restore that left no trace is proven by the first true envelope that the centre does not hold") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.note(scope, "kept");
  settle(world, {&ana});
  world.stop();
  // Somebody puts everything back so well that nothing shows: the whole directory as it was, under the same stamp.
  copy_over(world.file("centre.db"), world.file("yesterday.db"));
  world.start();
  ana.note(scope, "lost");
  settle(world, {&ana});
  const EpochId before = ana.verdicts.at(ana.written.back().id()).envelope.epoch;
  world.stop();
  copy_over(world.file("yesterday.db"), world.file("centre.db"));
  std::string mark;
  {
    sqlite::OpenOptions options;
    options.path = world.file("centre.db");
    auto db = must(sqlite::Database::open(options));
    auto& select = db.prepare("SELECT hex(value) FROM centre_values WHERE name = 'nonce'");
    REQUIRE(must(select.step()));
    mark = select.text(0);
    select.reset();
  }
  struct stat info {};
  REQUIRE(::stat(world.file("centre.db").c_str(), &info) == 0);
  std::ofstream(world.file("clean-shutdown"), std::ios::trunc)
      << mark << " " << info.st_dev << "." << info.st_ino << "." << info.st_size << "." << info.st_ctim.tv_sec << "."
      << info.st_ctim.tv_nsec << "\n";
  world.logger.lines.clear();
  world.start();
  REQUIRE_FALSE(world.logger.has("epoch_begun"));
  settle(world, {&ana});
  CHECK(ana.rewinds == 1);
  CHECK(world.logger.has("restore_proven_by_offer"));
  CHECK(ana.state(scope).head == 2);
  CHECK(before < epoch_of(world, ana, scope));
}

TEST_CASE("rights withdrawn since the backup stay withdrawn, and scopes opened since are known") {
  World world;
  world.configure_backup();
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana"), cas(world, "cas");
  ana.sync_all();
  world.keep_for_tomorrow();
  const ScopeId later = world.grant("ben");
  const ScopeId opened{random_128(world.random)};
  ana.sign_in();
  ana.write(opened, {}, [](model::Header& header) { header.opening = model::Opening{"case", ScopeId{}}; });
  ana.sync_all();
  world.clock.advance(1000);
  must(world.admin()->withdraw(org, "ana", scope));
  must(world.admin()->suspend(org, "dan", world.clock.wall_ms()));
  world.back_to_yesterday();
  Tablet fresh(world, "ana"), ben(world, "ben");
  fresh.sync_all();
  CHECK_FALSE(fresh.holds(scope));
  ben.sync_all();
  CHECK(ben.holds(later));
  settle(world, {&ana});
  CHECK(ana.state(opened).head == 1);
  CHECK(fresh.push(fresh.note(scope, "x")).kind == VerdictKind::quarantined);
}

TEST_CASE("a ledger shorter than the database says, a database emptied, an envelope key gone: it does not start") {
  World world;
  world.grant("ana");
  world.stop();
  SECTION("ledger") {
    fs::resize_file(world.file("ledger.jsonl"), 10);
    const auto started = world.try_start();
    REQUIRE_FALSE(started.ok());
    CHECK(started.error().code == Code::corrupt);
    CHECK(started.error().message.find("ledger") != std::string::npos);
  }
  SECTION("database emptied") {
    fs::resize_file(world.file("centre.db"), 0);
    const auto started = world.try_start();
    REQUIRE_FALSE(started.ok());
    CHECK(started.error().code == Code::corrupt);
  }
  SECTION("key gone") {
    fs::remove(world.directory / "keys" / "envelope.key");
    const auto started = world.try_start();
    REQUIRE_FALSE(started.ok());
    CHECK(started.error().code == Code::not_found);
  }
  SECTION("another key") {
    std::ofstream(world.directory / "keys" / "envelope.key", std::ios::trunc) << std::string(64, 'a') << "\n";
    CHECK(world.try_start().error().code == Code::invalid);
  }
}

TEST_CASE("a torn last line of the ledger counts for nothing and is cut off") {
  World world;
  const ScopeId scope = world.grant("ana");
  { std::ofstream(world.file("ledger.jsonl"), std::ios::app) << R"({"event":"withdraw","organi)"; }
  world.grant_in("ben", scope);
  world.stop();
  world.start();
  Tablet ana(world, "ana"), ben(world, "ben");
  ana.sync_all();
  ben.sync_all();
  CHECK(ana.holds(scope));
  CHECK(ben.holds(scope));
}

TEST_CASE("a ledger line whose database commit failed takes effect before the next write") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.sync_all();
  std::ofstream(world.file("ledger.jsonl"), std::ios::app)
      << R"({"at":)" << world.clock.wall_ms() << R"(,"event":"withdraw","organisation":"northside","scope":")"
      << scope.text() << R"(","worker":"ana"})"
      << "\n";
  world.clock.advance(10);
  CHECK(ana.push(ana.note(scope, "x")).kind == VerdictKind::quarantined);
}

TEST_CASE("a device that has heard of an epoch which no backup knows tells its history and finds the shared part") {
  World world;
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.note(scope, "kept");
  settle(world, {&ana});
  world.keep_for_tomorrow();
  world.crash();  // a second epoch, which the backup does not know
  world.start();
  for (int i = 0; i < 3; ++i) ana.note(scope, "in the second epoch");
  settle(world, {&ana});
  CHECK(ana.state(scope).head == 4);
  world.back_to_yesterday();
  settle(world, {&ana});
  CHECK(ana.ask_history.count(scope) == 1);
  CHECK(ana.rewinds == 1);
  CHECK(ana.state(scope).head == 4);
  must(world.admin()->verify());
}

TEST_CASE("a release that only the ledger knows has not happened: the item waits on and can be released") {
  World world;
  const ScopeId scope = world.grant("ana");
  world.grant_in("cas", scope, "reader");
  Tablet ana(world, "ana"), cas(world, "cas");
  const auto& refused = cas.note(scope, "a reader's words");
  cas.sync();
  const uint64_t head = must(world.admin()->scopes(org)).at(0).head;
  // The power goes between the ledger's line and the commit of the database.
  std::ofstream(world.file("ledger.jsonl"), std::ios::app)
      << R"({"at":1,"counter":1,"event":"decision","organisation":"northside","replica":")" << cas.replica.text()
      << R"(","scope":")" << scope.text() << R"(","state":1})"
      << "\n";
  world.crash();
  world.start();
  auto admin = world.admin();
  REQUIRE(must(admin->quarantine(org)).size() == 1);
  must(admin->release(org, refused.id()));
  CHECK(must(admin->quarantine(org)).empty());
  CHECK(must(admin->scopes(org)).at(0).head == head + 1);
}

TEST_CASE("a release that a restore took away comes back from a tablet, and is not released twice") {
  World world;
  world.configure_backup();
  const ScopeId scope = world.grant("ana");
  world.grant_in("cas", scope, "reader");
  Tablet ana(world, "ana"), cas(world, "cas");
  const auto& refused = cas.note(scope, "a reader's words");
  cas.sync();
  settle(world, {&ana});
  world.keep_for_tomorrow();
  must(world.admin()->release(org, refused.id()));
  settle(world, {&ana});
  REQUIRE(ana.state(scope).head == 2);
  world.back_to_yesterday();
  CHECK(must(world.admin()->quarantine(org)).size() == 1);
  settle(world, {&ana});
  CHECK(must(world.admin()->scopes(org)).at(0).head == 2);
  CHECK(must(world.admin()->quarantine(org)).empty());
  CHECK_FALSE(world.admin()->release(org, refused.id()).ok());
  CHECK(cas.push(refused).released_at == 2);
  must(world.admin()->verify());
}

TEST_CASE("released again before a tablet brings the release back that a restore took away: it stands once") {
  World world;
  world.configure_backup();
  const ScopeId scope = world.grant("ana");
  world.grant_in("cas", scope, "reader");
  Tablet ana(world, "ana"), cas(world, "cas");
  const auto& refused = cas.note(scope, "a reader's words");
  cas.sync();
  settle(world, {&ana});
  world.keep_for_tomorrow();
  must(world.admin()->release(org, refused.id()));
  ana.note(scope, "written upon it");
  settle(world, {&ana});
  REQUIRE(ana.state(scope).head == 3);
  world.back_to_yesterday();
  must(world.admin()->release(org, refused.id()));
  settle(world, {&ana});
  CHECK(must(world.admin()->scopes(org)).at(0).head == 3);
  CHECK(ana.state(scope).head == 3);
  must(world.admin()->verify());
}

TEST_CASE("what a tablet offers for a slot that was given up after a restore is kept for a person") {
  World world;
  world.configure_backup();
  const ScopeId scope = world.grant("ana");
  Tablet ana(world, "ana");
  ana.note(scope, "kept");
  settle(world, {&ana});
  world.keep_for_tomorrow();
  const auto& lost = ana.note(scope, "gone with the restore");
  settle(world, {&ana});
  world.back_to_yesterday();
  must(world.admin()->declare_lost(org, lost.id()));
  settle(world, {&ana});
  CHECK(ana.verdicts.at(lost.id()).kind == VerdictKind::quarantined);
  const auto waiting = must(world.admin()->quarantine(org));
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].ops == lost.transaction.ops);
  must(world.admin()->verify());
}

// What networks do to a tablet between two villages: each case over real TLS on loopback.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "core/base/random.hpp"
#include "core/model/limits.hpp"
#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;

TEST_CASE("two tablets write offline, reconnect and agree") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  Tablet amira(centre, {.worker = "amira"}), beth(centre, {.worker = "beth"});
  take(amira.sync());
  take(beth.sync());
  RecordId first, second;
  amira.commit(note(scope, "Met at home, kettle on.", &first));
  beth.commit(note(scope, "Rang, no answer.", &second));
  take(amira.sync());
  take(beth.sync());
  take(amira.sync());
  CHECK(amira.text("visit_note", second, "body") == "Rang, no answer.");
  CHECK(beth.text("visit_note", first, "body") == "Met at home, kettle on.");
  require_agreement(scope, {&amira, &beth});
}

TEST_CASE("a connection cut at any byte, either way, loses nothing and doubles nothing") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  Proxy proxy(centre.port());
  Tablet amira(centre, {.worker = "amira", .port = proxy.port(), .engine = hasty()});
  Tablet beth(centre, {.worker = "beth"});
  take(amira.sync());
  SeededRandom random(20261121);
  uint64_t written = 0;
  for (int round = 0; round < 24; ++round) {
    for (int i = 0; i < 3; ++i, ++written) amira.commit(note(scope, "note " + std::to_string(written)));
    Faults faults;
    (round % 2 == 0 ? faults.cut_up_after : faults.cut_down_after) = random.below(6000);
    faults.times = 1 + random.below(3);
    proxy.set(faults);
    proxy.cut_now();  // the next request opens a connection of its own, where the count begins
    sync_in_the_end(amira);
  }
  proxy.heal();
  take(amira.sync());
  take(beth.sync());
  CHECK(beth.position(scope) == written);
  require_agreement(scope, {&amira, &beth});
}

TEST_CASE("an answer lost after the commit is not written twice") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  Proxy proxy(centre.port());
  Tablet amira(centre, {.worker = "amira", .port = proxy.port(), .engine = hasty()});
  take(amira.sync());
  for (int i = 0; i < 5; ++i) amira.commit(note(scope, "said once " + std::to_string(i)));
  // The connection is open and its handshake done: the next bytes up are the push itself.
  proxy.set({.lose_answers = true, .times = 1});
  sync_in_the_end(amira);
  CHECK(proxy.strikes() == 1);
  CHECK(amira.position(scope) == 5);
  require_agreement(scope, {&amira});
}

TEST_CASE("a slow line with a long round trip carries a day's notes") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  Proxy proxy(centre.port());
  Tablet amira(centre, {.worker = "amira", .port = proxy.port(), .engine = hasty()});
  take(amira.sync());
  proxy.set({.bits_per_second = 30'000, .delay_ms = 500});
  for (int i = 0; i < 8; ++i) amira.commit(note(scope, std::string(1100, 'a') + std::to_string(i)));
  take(amira.sync());
  CHECK(amira.status().unsent == 0);
  require_agreement(scope, {&amira});
}

TEST_CASE("without a network the tablet says so, keeps the work and delivers it later") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  Proxy proxy(centre.port());
  Tablet amira(centre, {.worker = "amira", .port = proxy.port(), .engine = hasty()});
  take(amira.sync());
  proxy.set({.refuse = true});
  proxy.cut_now();
  amira.commit(note(scope, "written in the lift"));
  const auto failed = amira.sync();
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == Code::network);
  CHECK_FALSE(failed.error().message.empty());
  CHECK(amira.status().unsent == 1);
  proxy.heal();
  take(amira.sync());
  CHECK(amira.status().unsent == 0);
}

TEST_CASE("a server restarted in mid-sync goes on where it was") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  Tablet amira(centre, {.worker = "amira", .engine = hasty()});
  take(amira.sync());
  for (int i = 0; i < 300; ++i) amira.commit(note(scope, std::string(2000, 'n') + std::to_string(i)));
  std::thread restart([&] {
    centre.stop();
    centre.start();
  });
  sync_in_the_end(amira, 400);
  restart.join();
  sync_in_the_end(amira);
  CHECK(amira.position(scope) == 300);
  require_agreement(scope, {&amira});
}

TEST_CASE("a connected tablet sees a colleague's change at once, by long poll") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  sync::EngineOptions watching = hasty();
  watching.watch = true;
  Tablet amira(centre, {.worker = "amira", .engine = watching}), beth(centre, {.worker = "beth", .engine = watching});
  amira.watch();
  beth.watch();
  REQUIRE(amira.until([&](Tablet& t) { return t.holds(scope); }));
  REQUIRE(beth.until([&](Tablet& t) { return t.holds(scope); }));
  RecordId record;
  amira.commit(note(scope, "seen at once", &record));
  CHECK(beth.until([&](Tablet& t) { return t.text("visit_note", record, "body") == "seen at once"; }));
  // and the other way, on the connections that are open now
  beth.commit(note(scope, "and back", &record));
  CHECK(amira.until([&](Tablet& t) { return t.text("visit_note", record, "body") == "and back"; }));
}

TEST_CASE("an urgent risk on a slow link goes in the first request, past thousands of unsent notes elsewhere") {
  Centre centre;
  centre.start();
  const ScopeId busy = centre.grant("amira", "case"), quiet = centre.grant("amira", "case");
  centre.grant("beth", "case", quiet);
  Proxy proxy(centre.port());
  Tablet amira(centre, {.worker = "amira", .port = proxy.port(), .engine = hasty()}), beth(centre, {.worker = "beth"});
  take(amira.sync());
  take(beth.sync());
  store::Draft many;
  for (int i = 0; i < 5000; ++i) {
    if (i % 50 == 0 && i > 0) amira.commit(std::move(many)), many = {};
    for (auto& change : note(busy, std::string(600, 'x') + std::to_string(i)).changes) many.changes.push_back(change);
  }
  amira.commit(std::move(many));
  const RecordId risk = new_record();
  amira.commit(set_risk(quiet, risk, "high", true));
  REQUIRE(amira.status().unsent > 50);
  std::atomic<bool> seen{false};
  proxy.set({.bits_per_second = 2'000'000, .delay_ms = 20});
  std::thread syncing([&] { (void)amira.sync(); });
  while (!seen) {
    take(beth.sync());
    seen = beth.text("risk", risk, "level") == "high";
    if (amira.status().unsent == 0) break;
  }
  const auto left = amira.status().unsent;
  CHECK(seen);
  CHECK(left > 0);  // it was there while the notes were still on their way
  syncing.join();
}

TEST_CASE("a note as large as may be arrives; one byte more is refused at the door and nothing is written") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  Tablet amira(centre, {.worker = "amira", .engine = hasty()}), beth(centre, {.worker = "beth"});
  take(amira.sync());
  RecordId large;
  // The limit is on the encoded value: tag and length of a text of this size take 4 bytes.
  const std::string most(model::limits::field_bytes - 4, 'm');
  amira.commit(note(scope, most, &large));
  const auto more = amira.try_commit(note(scope, most + "m"));
  REQUIRE_FALSE(more.ok());
  CHECK(more.error().code == Code::limit);
  CHECK(more.error().place.find("visit_note.body") != std::string::npos);
  store::Draft too_many;
  for (int i = 0; i < 5; ++i)
    for (auto& change : note(scope, most).changes) too_many.changes.push_back(change);
  CHECK(amira.try_commit(std::move(too_many)).error().code == Code::limit);
  CHECK(amira.status().unsent == 1);
  take(amira.sync());
  take(beth.sync());
  CHECK(beth.text("visit_note", large, "body") == most);
}

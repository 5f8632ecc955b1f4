// What networks do to a tablet between two villages: each case over real TLS on loopback.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <future>

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

TEST_CASE("an answer lost after the commit is not written twice") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  BadLink link(centre.port());
  Tablet amira(centre, {.worker = "amira", .port = link.port(), .engine = hasty()});
  take(amira.sync());
  for (int i = 0; i < 5; ++i) amira.commit(note(scope, "said once " + std::to_string(i)));
  // The connection is open and its handshake done: the next bytes up are the push itself.
  link.set({.lose_answers = true, .times = 1});
  sync_in_the_end(amira);
  CHECK(link.strikes() == 1);
  CHECK(amira.position(scope) == 5);
  require_agreement(scope, {&amira});
}

TEST_CASE("a slow line with a long round trip carries a day's notes") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  BadLink link(centre.port());
  Tablet amira(centre, {.worker = "amira", .port = link.port(), .engine = hasty()});
  take(amira.sync());
  link.set({.bits_per_second = 30'000, .delay_ms = 500});
  for (int i = 0; i < 8; ++i) amira.commit(note(scope, std::string(1100, 'a') + std::to_string(i)));
  take(amira.sync());
  CHECK(amira.status().unsent == 0);
  require_agreement(scope, {&amira});
}

TEST_CASE("without a network the tablet says so, keeps the work and delivers it later") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  BadLink link(centre.port());
  Tablet amira(centre, {.worker = "amira", .port = link.port(), .engine = hasty()});
  take(amira.sync());
  link.set({.refuse = true});
  link.cut_now();
  amira.commit(note(scope, "written in the lift"));
  const auto failed = amira.sync();
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == Code::network);
  CHECK_FALSE(failed.error().message.empty());
  CHECK(amira.status().unsent == 1);
  link.heal();
  take(amira.sync());
  CHECK(amira.status().unsent == 0);
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

TEST_CASE("a connection cut at any byte, either way, loses nothing and doubles nothing") {
  const uint64_t seed = GENERATE(1, 2, 3);
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  BadLink link(centre.port());
  Tablet amira(centre, {.worker = "amira", .port = link.port(), .engine = hasty()});
  Tablet beth(centre, {.worker = "beth"});
  take(amira.sync());
  SeededRandom random(seed);
  uint64_t written = 0;
  const auto write = [&] {
    for (int i = 0; i < 3; ++i, ++written) amira.commit(note(scope, "note " + std::to_string(written)));
    link.cut_now();  // the next request opens a connection of its own, where the count begins
  };
  write();
  const uint64_t up = link.bytes_up(), down = link.bytes_down();
  sync_in_the_end(amira);  // how many bytes it takes, handshake and all
  const uint64_t up_most = (link.bytes_up() - up) * 9 / 10, down_most = (link.bytes_down() - down) * 9 / 10;
  for (int round = 0; round < 16; ++round) {
    write();
    Faults faults;
    if (round % 2 == 0) {
      faults.cut_up_after = random.below(up_most);
    } else {
      faults.cut_down_after = random.below(down_most);
    }
    faults.times = 1 + random.below(3);
    link.set(faults);
    sync_in_the_end(amira);
    CHECK(link.strikes() == faults.times);
  }
  link.heal();
  take(amira.sync());
  take(beth.sync());
  CHECK(beth.position(scope) == written);
  require_agreement(scope, {&amira, &beth});
}

TEST_CASE(
    "an urgent risk behind 5,000 unsent notes elsewhere is acknowledged in the first answer, at 30 kbit/s and 1 s") {
  Centre centre;
  centre.start();
  const ScopeId busy = centre.grant("amira", "case"), quiet = centre.grant("amira", "case");
  centre.grant("beth", "case", quiet);
  BadLink link(centre.port());
  Tablet amira(centre,
               {.worker = "amira", .port = link.port(), .engine = hasty(), .durability = sqlite::Durability::grouped});
  Tablet beth(centre, {.worker = "beth"});
  take(amira.sync());  // signed in; the connection stays open
  constexpr uint64_t commits = 500;
  for (uint64_t i = 0; i < commits; ++i) {
    store::Draft ten;
    for (uint64_t n = 0; n < 10; ++n) {
      const std::string text =
          "Visit " + std::to_string(10 * i + n) + ": talked about the bus to the choir, and the form.";
      for (auto& change : note(busy, text).changes) ten.changes.push_back(std::move(change));
    }
    amira.commit(std::move(ten));
  }
  const RecordId risk = new_record();
  amira.commit(set_risk(quiet, risk, "high", true));
  REQUIRE(amira.status().unsent == commits + 1);
  link.set({.answers_most = 1, .bits_per_second = 30'000, .delay_ms = 500});
  auto syncing = std::async(std::launch::async, [&] { return amira.sync(); });
  REQUIRE(link.wait_for_strikes(1));  // the second request wants to leave: the first answer has been taken in
  const auto seen = amira.record("risk", risk);
  REQUIRE(seen.has_value());
  CHECK_FALSE(seen->unsent);
  CHECK(amira.status().unsent > commits / 2);  // little travelled beside it
  take(beth.sync());
  CHECK(beth.text("risk", risk, "level") == "high");
  link.set({.refuse = true});
  link.cut_now();
  CHECK_FALSE(syncing.get().ok());  // the rest has time
}

namespace {

// Four notes in one commit, with texts of so many bytes in all.
store::Draft large_commit(const ScopeId& scope, size_t bytes, std::vector<RecordId>* records = nullptr) {
  store::Draft draft;
  for (size_t i = 0; i < 4; ++i) {
    RecordId record;
    const size_t size = bytes / 4 + (i == 0 ? bytes % 4 : 0);
    for (auto& change : note(scope, std::string(size, static_cast<char>('a' + i)), &record).changes)
      draft.changes.push_back(std::move(change));
    if (records != nullptr) records->push_back(record);
  }
  return draft;
}

size_t size_of_last_unsent(Tablet& tablet) {
  const auto request = take(tablet.on_store([](store::Store& store) {
    store::SessionMemory sent;
    return store.build_request({.push_bytes = 64 << 20}, sent);
  }));
  REQUIRE_FALSE(request.push.empty());
  return request.push.back().transaction.size();
}

}  // namespace

TEST_CASE(
    "a field and a transaction of exactly the limit arrive on the other tablet; one byte more is refused at the door") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  Tablet amira(centre, {.worker = "amira", .engine = hasty()}), beth(centre, {.worker = "beth"});
  take(amira.sync());

  // The limit is on the encoded value: an edit around a text of this size takes 12 bytes.
  const std::string most(model::limits::field_bytes - 12, 'm');
  RecordId field;
  const auto one_more = amira.try_commit(note(scope, most + "m"));
  REQUIRE_FALSE(one_more.ok());
  CHECK(one_more.error().code == Code::limit);
  CHECK(one_more.error().place.find("visit_note.body") != std::string::npos);
  CHECK(amira.status().unsent == 0);
  amira.commit(note(scope, most, &field));

  // What surrounds the texts is found out from a smaller commit of the same shape.
  constexpr size_t smaller = 4'000'000;
  amira.commit(large_commit(scope, smaller));
  const size_t exact = smaller + model::limits::transaction_bytes - size_of_last_unsent(amira);
  const auto too_large = amira.try_commit(large_commit(scope, exact + 1));
  REQUIRE_FALSE(too_large.ok());
  CHECK(too_large.error().code == Code::limit);
  CHECK(amira.status().unsent == 2);
  std::vector<RecordId> records;
  amira.commit(large_commit(scope, exact, &records));
  CHECK(size_of_last_unsent(amira) == model::limits::transaction_bytes);

  take(amira.sync());
  take(beth.sync());
  CHECK(beth.text("visit_note", field, "body") == most);
  for (size_t i = 0; i < records.size(); ++i)
    CHECK(beth.text("visit_note", records[i], "body") == amira.text("visit_note", records[i], "body"));
  CHECK(beth.text("visit_note", records[3], "body") == std::string(exact / 4, 'd'));
  require_agreement(scope, {&amira, &beth});
}

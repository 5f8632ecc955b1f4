#include <catch2/catch_test_macros.hpp>

#include "tests/log/support.hpp"

namespace satchel::log {
namespace {

using namespace test;

// What a device holds that got a first sync at `position` and then the rest.
void receive(Log& log, ScopeKey key, const Log::Snapshot& snapshot, uint64_t position) {
  must(log.begin_snapshot(key, position));
  for (const proto::SnapshotRecord& record : snapshot.records) must(log.add_snapshot_records(key, {record}));
  must(log.finish_snapshot(key, position, snapshot.replicas, snapshot.log_digest));
}

std::string text_of(const std::vector<proto::ReplicaTail>& tails) {
  std::string out;
  for (const auto& tail : tails) {
    out += tail.replica.text() + " " + std::to_string(tail.counter) + " " + std::to_string(tail.ord) + " " +
           to_hex(proto::encode_version(tail.base)) + "\n";
  }
  return out;
}

TEST_CASE("a snapshot at any position is the fold of the entries up to there") {
  World world(7);
  sqlite::Database centre_db = open_database();
  Log centre(centre_db);
  const ScopeKey key = world.create(centre_db);
  world.history(60);
  append_all(centre, key, world.entries);
  for (uint64_t position = 0; position <= 60; position += 6) {
    sqlite::Database db = open_database();
    Log log(db);
    World().create(db);
    append_all(log, key, world.entries, 0, position);
    const Log::Snapshot snapshot = must(centre.snapshot_at(key, position));
    CHECK(test::text_of(snapshot.records) == states(log, key));
    CHECK(snapshot.log_digest == must(log.scope(key)).log_digest);
    CHECK(text_of(snapshot.replicas) == text_of(must(log.snapshot_at(key, position)).replicas));
  }
  CHECK(centre.snapshot_at(key, 61).error().code == Code::not_found);
}

TEST_CASE("a device built from snapshot and tail equals one built from all entries") {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    World world(seed);
    sqlite::Database centre_db = open_database();
    Log centre(centre_db);
    const ScopeKey key = world.create(centre_db);
    world.history(70);
    append_all(centre, key, world.entries);
    for (const uint64_t position : {0, 1, 33, 70}) {
      sqlite::Database db = open_database();
      Log log(db);
      World().create(db);
      receive(log, key, must(centre.snapshot_at(key, position)), position);
      must(log.verify(key));
      append_all(log, key, world.entries, position);
      const ScopeState scope = must(log.scope(key));
      const ScopeState whole = must(centre.scope(key));
      CHECK(scope.head == whole.head);
      CHECK(scope.log_digest == whole.log_digest);
      CHECK(scope.state_digest == whole.state_digest);
      CHECK(states(log, key) == states(centre, key));
      CHECK(must(log.version(key)) == must(centre.version(key)));
      must(log.verify(key));
    }
    must(centre.verify(key));
  }
}

TEST_CASE("parts of a snapshot make up the whole, whatever their size, with or without a checkpoint") {
  World world(3);
  sqlite::Database db = open_database();
  Log log(db);
  const ScopeKey key = world.create(db);
  world.history(80);
  append_all(log, key, world.entries);
  const uint64_t position = 50;
  const Log::Snapshot whole = must(log.snapshot_at(key, position));
  for (const bool checkpoint : {false, true}) {
    if (checkpoint) must(log.checkpoint(key, position));
    for (const size_t budget : {size_t{1}, size_t{500}, size_t{100'000}}) {
      std::vector<proto::SnapshotRecord> records;
      std::optional<model::RecordKey> after;
      for (;;) {
        const Log::SnapshotPart part = must(log.snapshot_part(key, position, after, budget));
        if (budget == 1) CHECK(part.snapshot.records.size() <= 1);
        CHECK((part.folded == 0) == checkpoint);  // at the layer nothing is folded again
        for (const auto& record : part.snapshot.records) records.push_back(record);
        if (part.last) {
          CHECK(text_of(part.snapshot.replicas) == text_of(whole.replicas));
          CHECK(part.snapshot.log_digest == whole.log_digest);
          break;
        }
        REQUIRE_FALSE(records.empty());
        after = records.back().key;
      }
      CHECK(test::text_of(records) == test::text_of(whole.records));
    }
    must(log.verify(key));
  }
}

TEST_CASE("a checkpoint may move both ways and changes nothing that is seen") {
  World world(5);
  sqlite::Database db = open_database();
  Log log(db);
  const ScopeKey key = world.create(db);
  world.history(90);
  append_all(log, key, world.entries, 0, 60);
  const auto at_20 = must(log.snapshot_at(key, 20));
  for (const uint64_t position : {40, 20, 60}) {
    must(log.checkpoint(key, position));
    must(log.verify(key));
    CHECK(test::text_of(must(log.snapshot_at(key, 20)).records) == test::text_of(at_20.records));
    CHECK(text_of(must(log.snapshot_at(key, 20)).replicas) == text_of(at_20.replicas));
  }
  append_all(log, key, world.entries, 60);
  must(log.verify(key));
  CHECK(test::text_of(must(log.snapshot_at(key, 20)).records) == test::text_of(at_20.records));
  CHECK(log.checkpoint(key, 91).error().code == Code::not_found);
  must(log.fold_away(key, 70));
  CHECK(log.checkpoint(key, 80).error().code == Code::invalid);
}

TEST_CASE("a snapshot that is not whole or does not fit is refused") {
  World world(2);
  sqlite::Database db = open_database();
  Log log(db);
  const ScopeKey key = world.create(db);
  world.history(30);
  append_all(log, key, world.entries);
  const Log::Snapshot snapshot = must(log.snapshot_at(key, 20));

  CHECK(log.add_snapshot_records(key, snapshot.records).error().code == Code::protocol);
  CHECK(log.finish_snapshot(key, 20, snapshot.replicas, snapshot.log_digest).error().code == Code::protocol);
  must(log.begin_snapshot(key, 20));
  CHECK(must(log.scope(key)).receiving);
  CHECK(must(log.scope(key)).head == 0);
  must(log.verify(key));
  const auto& first = world.entries.front();
  CHECK(log.append(key, first.entry, first.content()).error().code == Code::protocol);
  CHECK(log.finish_snapshot(key, 21, snapshot.replicas, snapshot.log_digest).error().code == Code::protocol);
  must(log.add_snapshot_records(key, snapshot.records));
  must(log.verify(key));
  CHECK(log.add_snapshot_records(key, {snapshot.records.front()}).error().code == Code::protocol);
  proto::SnapshotRecord unreadable{{"task", id_of<RecordId>(250)}, "\xff\xff\xff"};
  CHECK(log.add_snapshot_records(key, {unreadable}).error().code == Code::protocol);

  std::vector<proto::ReplicaTail> twice = snapshot.replicas;
  twice.push_back(twice.front());
  CHECK(log.finish_snapshot(key, 20, twice, snapshot.log_digest).error().code == Code::protocol);
  std::vector<proto::ReplicaTail> ahead = snapshot.replicas;
  ahead.front().base.raise(ahead.back().replica, ahead.back().counter + 1);
  CHECK(log.finish_snapshot(key, 20, ahead, snapshot.log_digest).error().code == Code::protocol);
  must(log.finish_snapshot(key, 20, snapshot.replicas, snapshot.log_digest));
  CHECK_FALSE(must(log.scope(key)).receiving);
  append_all(log, key, world.entries, 20);
  must(log.verify(key));
}

TEST_CASE("a snapshot whose text holds what comes after it is noticed by the first entry that it does not fit") {
  World world;
  sqlite::Database db = open_database();
  Log log(db);
  const ScopeKey key = world.create(db);
  Writer& writer = world.writer(0);
  for (uint32_t i = 0; i < 3; ++i) {
    model::Op edit = on_record("visit", 1, model::Action::edit);
    edit.field = "body";
    edit.kind = model::Kind::text;
    edit.value = proto::encode_value(model::TextEdits{{{i, 0, "x"}}});
    world.write(writer, {edit});
    world.sequence(writer);
  }
  append_all(log, key, world.entries);
  const Log::Snapshot early = must(log.snapshot_at(key, 1)), late = must(log.snapshot_at(key, 3));
  must(log.begin_snapshot(key, 1));
  must(log.add_snapshot_records(key, late.records));
  must(log.finish_snapshot(key, 1, early.replicas, early.log_digest));
  const Sequenced& second = world.entries[1];
  const auto appended = log.append(key, second.entry, second.content());
  REQUIRE_FALSE(appended.ok());
  CHECK(appended.error().code == Code::protocol);
  CHECK(must(log.scope(key)).head == 1);
  must(log.verify(key));
}

TEST_CASE("a snapshot begun anew replaces what was held") {
  World world(6);
  sqlite::Database db = open_database();
  Log log(db);
  const ScopeKey key = world.create(db);
  world.history(50);
  append_all(log, key, world.entries);
  const std::string all = states(log, key);
  const Log::Snapshot early = must(log.snapshot_at(key, 10));
  const Log::Snapshot late = must(log.snapshot_at(key, 50));
  receive(log, key, early, 10);
  append_all(log, key, world.entries, 10, 30);
  must(log.begin_snapshot(key, 50));
  must(log.add_snapshot_records(key, {early.records.front()}));
  receive(log, key, late, 50);
  CHECK(states(log, key) == all);
  must(log.verify(key));
}

TEST_CASE("ords of slots in the snapshot are known when they are a replica's last one there") {
  World world(8);
  sqlite::Database db = open_database();
  Log log(db);
  const ScopeKey key = world.create(db);
  world.history(60);
  append_all(log, key, world.entries);
  const Log::Snapshot snapshot = must(log.snapshot_at(key, 40));
  receive(log, key, snapshot, 40);
  append_all(log, key, world.entries, 40);
  for (const auto& tail : snapshot.replicas) {
    CHECK(must(log.ord_of(key, tail.replica, tail.counter)) == tail.ord);
    if (tail.counter > 1) CHECK_FALSE(must(log.ord_of(key, tail.replica, tail.counter - 1)).has_value());
  }
}

}  // namespace
}  // namespace satchel::log

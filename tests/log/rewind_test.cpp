#include <catch2/catch_test_macros.hpp>

#include "tests/log/support.hpp"

namespace satchel::log {
namespace {

using namespace test;

struct Device {
  sqlite::Database db = open_database();
  Log log{db};
  ScopeKey key;
};

TEST_CASE("folding away, going back and appending again ends in equal bytes") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    World world(seed);
    Device device;
    device.key = world.create(device.db);
    world.history(80);
    append_all(device.log, device.key, world.entries);
    must(device.log.fold_away(device.key, 30));
    must(device.log.verify(device.key));
    const std::string at_head = dump(device.db);
    for (const uint64_t position : {79, 60, 31, 30}) {
      Touched touched;
      const auto above = must(device.log.rewind(device.key, position, touched));
      REQUIRE(above.size() == 80 - position);
      CHECK(above.front() == world.entries[position].entry);
      CHECK(must(device.log.scope(device.key)).head == position);
      must(device.log.verify(device.key));

      Device fresh;
      fresh.key = World().create(fresh.db);
      append_all(fresh.log, fresh.key, world.entries, 0, position);
      CHECK(states(device.log, device.key) == states(fresh.log, fresh.key));
      CHECK(must(device.log.scope(device.key)).state_digest == must(fresh.log.scope(fresh.key)).state_digest);
      CHECK(must(device.log.scope(device.key)).log_digest == must(fresh.log.scope(fresh.key)).log_digest);
      CHECK(must(device.log.version(device.key)) == must(fresh.log.version(fresh.key)));

      append_all(device.log, device.key, world.entries, position);
      CHECK(dump(device.db) == at_head);
    }
  }
}

TEST_CASE("going back names the records that change and no others") {
  World world;
  Device device;
  device.key = world.create(device.db);
  Writer& writer = world.writer(0);
  world.write(writer, {on_record("task", 1, model::Action::create)});
  world.sequence(writer);
  world.write(writer, {on_record("task", 2, model::Action::create)});
  world.sequence(writer);
  append_all(device.log, device.key, world.entries);
  Touched touched;
  must(device.log.rewind(device.key, 1, touched));
  CHECK(touched.records == std::vector<model::RecordKey>{{"task", id_of<RecordId>(2)}});
  CHECK_FALSE(must(device.log.record_state(device.key, {"task", id_of<RecordId>(2)})).has_value());
  CHECK(must(device.log.record_state(device.key, {"task", id_of<RecordId>(1)})).has_value());
}

TEST_CASE("nobody goes back below the snapshot or above the head") {
  World world;
  Device device;
  device.key = world.create(device.db);
  world.history(20);
  append_all(device.log, device.key, world.entries);
  must(device.log.fold_away(device.key, 12));
  const std::string before = dump(device.db);
  Touched touched;
  CHECK(device.log.rewind(device.key, 11, touched).error().code == Code::not_found);
  CHECK(device.log.rewind(device.key, 21, touched).error().code == Code::not_found);
  CHECK(touched.records.empty());
  CHECK(dump(device.db) == before);
}

TEST_CASE("after going back another history can follow, with the original places of what comes again") {
  World world(9);
  Device device;
  device.key = world.create(device.db);
  world.history(40);
  append_all(device.log, device.key, world.entries);
  Touched touched;
  const auto above = must(device.log.rewind(device.key, 35, touched));
  must(device.log.begin_epoch(device.key, id_of<EpochId>(201)));

  // Somebody else came first after the restore: everything that is offered again moves up by one.
  World other(10);
  other.scope = world.scope;
  Writer& stranger = other.writer(9);
  other.write(stranger, {on_record("task", 1, model::Action::create)});
  Sequenced first = other.sequence(stranger);
  first.entry.position = first.entry.envelope.position = 36;
  first.entry.envelope.epoch = id_of<EpochId>(201);
  must(device.log.append(device.key, first.entry, first.content()));
  for (size_t i = 35; i < world.entries.size(); ++i) {
    Sequenced again = world.entries[i];
    ++again.entry.position;
    must(device.log.append(device.key, again.entry, again.content()));
  }
  must(device.log.verify(device.key));
  const auto back = must(device.log.entry_at(device.key, 37));
  CHECK(back->envelope == above.front().envelope);
  CHECK(back->envelope.position == 36);
}

TEST_CASE("folding away drops bytes, keeps every record, and stops at the head") {
  World world(3);
  Device device;
  device.key = world.create(device.db);
  world.history(50);
  append_all(device.log, device.key, world.entries);
  const std::string all = states(device.log, device.key);
  const Hash256 digest = must(device.log.log_digest_at(device.key, 20));
  for (const uint64_t position : {20, 10, 21, 49, 1000}) {
    must(device.log.fold_away(device.key, position));
    must(device.log.verify(device.key));
    CHECK(states(device.log, device.key) == all);
    if (position == 20) CHECK(must(device.log.log_digest_at(device.key, 20)) == digest);
  }
  CHECK(must(device.log.scope(device.key)).snapshot_position == 50);
  CHECK(must(device.log.scope(device.key)).head == 50);
  CHECK(must(device.log.entries_after(device.key, 0, SIZE_MAX)).empty());
  world.history(20);
  append_all(device.log, device.key, world.entries, 50);
  must(device.log.verify(device.key));
  Device fresh;
  fresh.key = World().create(fresh.db);
  append_all(fresh.log, fresh.key, world.entries);
  CHECK(states(device.log, device.key) == states(fresh.log, fresh.key));
}

TEST_CASE("going back lowers kept_to to what is left") {
  World world;
  Device device;
  device.key = world.create(device.db);
  world.history(20);
  append_all(device.log, device.key, world.entries);
  must(device.log.set_kept_to(device.key, 18));
  CHECK(must(device.log.scope(device.key)).kept_to == 18);
  Touched touched;
  must(device.log.rewind(device.key, 15, touched));
  CHECK(must(device.log.scope(device.key)).kept_to == 15);
}

}  // namespace
}  // namespace satchel::log

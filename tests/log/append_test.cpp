#include <catch2/catch_test_macros.hpp>

#include "core/log/appender.hpp"
#include "core/log/digest.hpp"
#include "tests/log/support.hpp"

namespace satchel::log {
namespace {

using namespace test;

// The entry as it is read back: base stands in the bytes of content.
void check_same(const model::Entry& a, const model::Entry& b) { CHECK(a == b); }

TEST_CASE_METHOD(OneScope, "entries are read back as they were appended, in order and within the budget") {
  world.history(40);
  append_all(log, key, world.entries);

  const auto all = must(log.entries_after(key, 0, SIZE_MAX));
  REQUIRE(all.size() == 40);
  bool empty_seen = false;
  for (size_t i = 0; i < all.size(); ++i) {
    check_same(all[i], world.entries[i].entry);
    empty_seen = empty_seen || (all[i].slot == model::Slot::empty && !all[i].reason.empty());
    check_same(*must(log.entry_at(key, i + 1)), all[i]);
    check_same(*must(log.entry_of(key, all[i].id.replica, all[i].id.counter)), all[i]);
    CHECK(must(log.ord_of(key, all[i].id.replica, all[i].id.counter)) == all[i].envelope.ord);
  }
  CHECK(empty_seen);
  CHECK(must(log.entries_after(key, 10, 0)).size() == 1);
  CHECK(must(log.entries_after(key, 10, 2000)).size() < 30);
  CHECK(must(log.entries_after(key, 10, 2000)).front().position == 11);
  CHECK(must(log.entries_after(key, 40, SIZE_MAX)).empty());
  CHECK_FALSE(must(log.entry_at(key, 41)).has_value());
  CHECK_FALSE(must(log.entry_at(key, 0)).has_value());
  CHECK_FALSE(must(log.entry_of(key, id_of<ReplicaId>(99), 1)).has_value());
  CHECK(must(log.scope(key)).head == 40);
  must(log.verify(key));
}

TEST_CASE_METHOD(OneScope, "an entry that was restored keeps its original place in its envelope") {
  world.write(world.writer(0), {assign("task", 1, "note", model::Kind::frozen, "a")});
  Sequenced made = world.sequence(world.writer(0));
  made.entry.envelope.epoch = id_of<EpochId>(7);
  made.entry.envelope.position = 99;
  must(log.append(key, made.entry, made.content()));
  const auto back = must(log.entry_at(key, 1));
  CHECK(back->position == 1);
  CHECK(back->envelope.position == 99);
  CHECK(back->envelope.epoch == id_of<EpochId>(7));
  const auto state = must(merge::decode(*must(log.record_state(key, {"task", id_of<RecordId>(1)}))));
  CHECK(state.field("note")->heads.front().position == 99);
  CHECK(state.field("note")->heads.front().epoch == id_of<EpochId>(7));
  must(log.verify(key));
}

// Appends `entry`, which must be refused with nothing changed, one by one and in a batch.
void check_refused(sqlite::Database& db, ScopeKey key, const model::Entry& entry,
                   const proto::DecodedTransaction* decoded) {
  const std::string before = dump(db);
  const auto direct = Log(db).append(key, entry, decoded);
  REQUIRE_FALSE(direct.ok());
  CHECK(direct.error().code == Code::protocol);
  CHECK(dump(db) == before);
  Appender appender = must(Appender::open(db, key));
  const ScopeState scope = appender.scope();
  const auto batched = appender.append(entry, decoded);
  REQUIRE_FALSE(batched.ok());
  CHECK(batched.error().code == Code::protocol);
  CHECK(appender.scope().head == scope.head);
  must(appender.flush());
  CHECK(dump(db) == before);
}

TEST_CASE_METHOD(OneScope, "an entry that does not fit is refused and nothing changes") {
  world.history(20);
  append_all(log, key, world.entries);
  Writer& writer = world.writer(1);
  while (!writer.outbox.empty()) {
    world.sequence(writer);
    append_all(log, key, world.entries, world.entries.size() - 1);
  }
  world.pull(writer);
  world.write(writer, world.random_ops());
  const Sequenced good = world.sequence(writer);
  const auto refused = [&](auto change) {
    Sequenced bad = good;
    change(bad);
    check_refused(db, key, bad.entry, bad.content());
  };

  SECTION("a position that leaves a hole") { refused([](Sequenced& s) { ++s.entry.position; }); }
  SECTION("a position that is taken") { refused([](Sequenced& s) { --s.entry.position; }); }
  SECTION("a slot that leaves a hole") {
    refused([](Sequenced& s) { s.decoded->transaction.header.id.counter = ++s.entry.id.counter; });
  }
  SECTION("a slot that is taken, with the same or other content") {
    refused([](Sequenced& s) { s.decoded->transaction.header.id.counter = --s.entry.id.counter; });
  }
  SECTION("a scope that is another one") { refused([](Sequenced& s) { s.entry.id.scope = id_of<ScopeId>(9); }); }
  SECTION("a transaction of another id") {
    refused([](Sequenced& s) { s.decoded->transaction.header.id.replica = id_of<ReplicaId>(9); });
  }
  SECTION("another content hash") { refused([](Sequenced& s) { s.entry.hash.bytes[0] ^= 1; }); }
  SECTION("no content") { refused([](Sequenced& s) { s.entry.bytes.clear(); }); }
  SECTION("content that nobody decoded") { refused([](Sequenced& s) { s.decoded.reset(); }); }
  SECTION("an ordering time that does not grow") { refused([](Sequenced& s) { s.entry.envelope.ord = 1; }); }
  SECTION("a base that does not precede it") {
    refused([](Sequenced& s) { s.decoded->base_gained.emplace_back(id_of<ReplicaId>(0xEE), 1); });
  }
  SECTION("an empty slot whose base does not precede it") {
    refused([&](Sequenced& s) {
      s.entry.slot = model::Slot::empty;
      s.entry.base = s.decoded->transaction.header.base;
      s.entry.base.raise(id_of<ReplicaId>(0x12), 1000);
    });
  }
  SECTION("an empty slot whose base is below its replica's last one") {
    refused([](Sequenced& s) {
      s.entry.slot = model::Slot::empty;
      s.entry.base = {};
      s.entry.base.set(s.entry.id.replica, s.entry.id.counter - 1);
    });
  }
  SECTION("an empty slot whose base leaves out its own last one") {
    refused([](Sequenced& s) {
      s.entry.slot = model::Slot::lost;
      s.entry.base = {};
    });
  }
  must(log.append(key, good.entry, good.content()));  // it was only the planted fault
  must(log.verify(key));
}

TEST_CASE_METHOD(OneScope, "a transaction that overtook its predecessor is refused first and taken when the gap is filled") {
  Writer& writer = world.writer(0);
  for (int i = 0; i < 2; ++i) world.write(writer, world.random_ops());
  const Sequenced first = world.sequence(writer);
  Sequenced second = world.sequence(writer);
  second.entry.position = second.entry.envelope.position = 1;
  CHECK(log.append(key, second.entry, second.content()).error().code == Code::protocol);
  const auto missing = must(log.first_missing(key, second.decoded->transaction.header.base));
  REQUIRE(missing.has_value());
  CHECK(missing->first == writer.id);
  CHECK(missing->second == 1);
  second.entry.position = second.entry.envelope.position = 2;
  must(log.append(key, first.entry, first.content()));
  CHECK_FALSE(must(log.first_missing(key, second.decoded->transaction.header.base)).has_value());
  must(log.append(key, second.entry, second.content()));
}

TEST_CASE("the digests have the values that other programs compute") {
  Hash256 content;
  content.bytes.fill(0xC0);
  const Hash256 first = next_log_digest({}, 1, id_of<ReplicaId>(0x11), 1, content);
  CHECK(to_hex(first.view()) == "5714cb4441b0f7b1c0faf7d5327fd3addd1eca9367cf738caa92d1d8950ff878");
  const Hash256 second = next_log_digest(first, 2, id_of<ReplicaId>(0x22), 7, content);
  CHECK(to_hex(second.view()) == "69fcc58b516732ec4710ef84149f78a7914dbe8dc7d7938490118e797c408df4");
  const Hash256 record = record_digest({"person", id_of<RecordId>(0x33)}, "state");
  CHECK(to_hex(record.view()) == "c08cf0b4b2de3062fb9a5c140873ea1389d38d93dfa98a20e6c9beddf215f69b");
  Hash256 sum = second;
  add(sum, record);
  CHECK(to_hex(sum.view()) == "2a89b6400445634f42ab4b981d1362bb1b214c21a7811da576db4d576e56848f");
  subtract(sum, second);
  CHECK(sum == record);
  subtract(sum, record);
  CHECK(sum == Hash256{});
  subtract(sum, record);
  add(sum, record);
  CHECK(sum == Hash256{});
}

TEST_CASE_METHOD(OneScope, "the digest of the log chains every position, id and content hash") {
  world.history(10);
  append_all(log, key, world.entries);
  Hash256 digest;
  CHECK(must(log.log_digest_at(key, 0)) == digest);
  for (const Sequenced& s : world.entries) {
    digest = next_log_digest(digest, s.entry.position, s.entry.id.replica, s.entry.id.counter, s.entry.hash);
    CHECK(must(log.log_digest_at(key, s.entry.position)) == digest);
  }
  CHECK(must(log.scope(key)).log_digest == digest);
  CHECK(log.log_digest_at(key, 11).error().code == Code::not_found);
}

TEST_CASE("the digest of the state is the sum over the records, after every append") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    sqlite::Database db = open_database();
    Log log(db);
    World world(seed);
    const ScopeKey key = world.create(db);
    world.history(60);
    for (size_t i = 0; i < world.entries.size(); ++i) {
      append_all(log, key, world.entries, i, i + 1);
      Hash256 sum;
      for (const auto& record : must(log.records_after(key, std::nullopt, SIZE_MAX))) {
        add(sum, record_digest(record.key, record.state));
      }
      REQUIRE(must(log.scope(key)).state_digest == sum);
    }
    must(log.verify(key));
  }
}

TEST_CASE_METHOD(OneScope, "append names the records that changed, each once") {
  world.write(world.writer(0), {on_record("task", 1, model::Action::create),
                                assign("task", 1, "email", model::Kind::register_, "x"),
                                on_record("person", 2, model::Action::create)});
  const Sequenced made = world.sequence(world.writer(0));
  const Touched touched = must(log.append(key, made.entry, made.content()));
  CHECK(touched.records == std::vector<model::RecordKey>{{"task", id_of<RecordId>(1)}, {"person", id_of<RecordId>(2)}});
  world.write(world.writer(0), {on_record("task", 1, model::Action::void_)});
  const Sequenced refused = world.sequence_empty(world.writer(0), "no");
  CHECK(must(log.append(key, refused.entry, nullptr)).records.empty());
}

TEST_CASE("a batch leaves the same rows as appending one by one, also when it is written in between") {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    sqlite::Database one = open_database();
    sqlite::Database batch = open_database();
    World world(seed);
    const ScopeKey key = world.create(one);
    REQUIRE(world.create(batch) == key);
    world.history(80);
    Log log(one);
    append_all(log, key, world.entries);
    Appender appender = must(Appender::open(batch, key));
    for (size_t i = 0; i < world.entries.size(); ++i) {
      must(appender.append(world.entries[i].entry, world.entries[i].content()));
      if (i % 17 == 16) must(appender.flush());
    }
    must(appender.flush());
    CHECK(appender.scope().state_digest == must(log.scope(key)).state_digest);
    CHECK(dump(batch) == dump(one));
    must(Log(batch).verify(key));
  }
}

TEST_CASE("a batch larger than what stays in memory leaves the same rows") {
  sqlite::Database one = open_database();
  sqlite::Database batch = open_database();
  World world;
  const ScopeKey key = world.create(one);
  REQUIRE(world.create(batch) == key);
  Writer& writer = world.writer(0);
  for (int i = 0; i < 24; ++i) {  // 12 MB in records that come again and again
    world.write(writer, {assign("visit_note", static_cast<uint8_t>(1 + i % 5), "body" + std::to_string(i),
                                model::Kind::keep_all, std::string(500'000, static_cast<char>('a' + i)))});
    world.sequence(writer);
  }
  Log log(one);
  append_all(log, key, world.entries);
  Appender appender = must(Appender::open(batch, key));
  for (const Sequenced& s : world.entries) must(appender.append(s.entry, s.content()));
  must(appender.flush());
  CHECK(must(Log(batch).scope(key)).state_digest == must(log.scope(key)).state_digest);
  CHECK((dump(batch) == dump(one)));
  must(Log(batch).verify(key));
}

TEST_CASE("an appender answers from what it has appended") {
  sqlite::Database db = open_database();
  World world;
  const ScopeKey key = world.create(db);
  Appender appender = must(Appender::open(db, key));
  Writer& writer = world.writer(0);
  CHECK(must(appender.replica(writer.id)) == nullptr);
  CHECK(must(appender.record({"task", id_of<RecordId>(1)})) == nullptr);
  CHECK(must(appender.first_missing({{writer.id, 1}}))->second == 1);
  world.write(writer, {on_record("task", 1, model::Action::create)});
  const Sequenced made = world.sequence(writer);
  must(appender.append(made.entry, made.content()));
  CHECK(must(appender.replica(writer.id))->counter == 1);
  CHECK(must(appender.record({"task", id_of<RecordId>(1)}))->present());
  CHECK_FALSE(must(appender.first_missing({{writer.id, 1}})).has_value());
  CHECK(must(appender.first_missing({{writer.id, 3}}))->second == 2);
  CHECK(must(appender.greatest_ord_gained(writer.id, {})) == made.entry.envelope.ord);
}

TEST_CASE("the greatest ord in a base needs only what the base gained") {
  sqlite::Database db = open_database();
  Log log(db);
  World world(4);
  const ScopeKey key = world.create(db);
  world.history(120);
  for (const Sequenced& s : world.entries) {
    if (s.decoded) {
      const model::Version& base = s.decoded->transaction.header.base;
      const uint64_t whole = must(log.greatest_ord(key, base));
      const auto previous = must(log.replica(key, s.entry.id.replica));
      CHECK(must(log.greatest_ord_gained(key, previous, s.decoded->base_gained)) == whole);
      Appender appender = must(Appender::open(db, key));
      CHECK(must(appender.greatest_ord_gained(s.entry.id.replica, s.decoded->base_gained)) == whole);
    }
    must(log.append(key, s.entry, s.content()));
  }
  CHECK(must(log.greatest_ord(key, {})) == 0);
  model::Version unknown;
  unknown.set(id_of<ReplicaId>(0x77), 1);
  CHECK(log.greatest_ord(key, unknown).error().code == Code::not_found);
}

}  // namespace
}  // namespace satchel::log

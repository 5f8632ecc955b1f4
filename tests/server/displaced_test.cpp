// Sealed content whose place something else has taken after a restore: it waits at the centre for a person, beside whatever
// else was written in that slot.
#include <optional>

#include "tests/server/left.hpp"

using namespace satchel;
using namespace satchel::server;
using namespace satchel::server::test;
using proto::VerdictKind;

namespace {

// The one that waits with these words.
std::optional<QuarantineItem> waiting_with(World& world, const std::vector<model::Op>& ops) {
  for (auto& item : must(world.admin()->quarantine(org))) {
    if (item.ops == ops) return std::move(item);
  }
  return std::nullopt;
}

const std::vector<model::Op>& words_of(const Left& left, uint64_t position) {
  return left.ana->written.at(position - 1).transaction.ops;
}

}  // namespace

TEST_CASE("something else took its place after the restore: the sealed content waits at the centre for a person") {
  Left left;
  left.restore();
  left.take_place_of(2);
  const auto verdict = left.offer(left.sealed(2));
  CHECK(verdict.kind == VerdictKind::refused_offer);
  REQUIRE(must(left.world.admin()->quarantine(org)).size() == 1);
  const auto waiting = waiting_with(left.world, words_of(left, 2));
  REQUIRE(waiting.has_value());
  must(left.world.admin()->release(org, waiting->id));
  CHECK(must(left.world.admin()->quarantine(org)).empty());
  must(left.world.admin()->verify());
}

TEST_CASE("words that were refused took its place: both wait, and a decision about one is none about the other") {
  Left left;
  left.restore();
  const Written refused = left.take_place_by_refused(2);
  CHECK(left.offer(left.sealed(2)).kind == VerdictKind::refused_offer);
  CHECK(left.offer(left.sealed(2)).kind == VerdictKind::refused_offer);  // an answer that was lost
  REQUIRE(must(left.world.admin()->quarantine(org)).size() == 2);
  const auto displaced = waiting_with(left.world, words_of(left, 2));
  const auto other = waiting_with(left.world, refused.transaction.ops);
  REQUIRE(displaced.has_value());
  REQUIRE(other.has_value());
  CHECK(other->id == refused.id());
  CHECK_FALSE(displaced->id == other->id);

  must(left.world.admin()->release(org, displaced->id));
  CHECK(left.push(refused).released_at == 0);  // its author still has it set aside
  REQUIRE(must(left.world.admin()->quarantine(org)).size() == 1);
  must(left.world.admin()->release(org, other->id));
  CHECK(left.push(refused).released_at == must(left.world.admin()->scopes(org)).at(0).head);
  CHECK(must(left.world.admin()->quarantine(org)).empty());
  must(left.world.admin()->verify());
}

TEST_CASE("words that are refused in a slot whose lost content waits already are kept as well") {
  Left left;
  left.restore();
  left.take_place_of(2);
  REQUIRE(left.offer(left.sealed(2)).kind == VerdictKind::refused_offer);
  REQUIRE(left.offer(left.sealed(3)).kind == VerdictKind::refused_offer);  // its ground is gone, its slot is free
  const Written refused = left.take_place_by_refused(3);
  CHECK(waiting_with(left.world, refused.transaction.ops).has_value());
  CHECK(waiting_with(left.world, words_of(left, 3)).has_value());
  CHECK(must(left.world.admin()->quarantine(org)).size() == 3);
}

TEST_CASE("what builds on sealed content whose place was taken is not taken for what builds on the other one") {
  for (const bool refused : {false, true}) {
    INFO(refused);
    Left left;
    left.restore();
    if (refused) left.take_place_by_refused(2);
    if (!refused) left.take_place_of(2);
    const size_t before = must(left.world.admin()->quarantine(org)).size();
    REQUIRE(left.offer(left.sealed(2)).kind == VerdictKind::refused_offer);
    model::Entry forged = left.entries[2];
    forged.envelope.ord += 1;
    CHECK(left.offer(left.around(forged)).kind == VerdictKind::refused_offer);
    CHECK(must(left.world.admin()->quarantine(org)).size() == before + 1);  // and nobody has to look at it
    // In a later request, when nobody offers the one before it any more.
    CHECK(left.offer(left.sealed(3)).kind == VerdictKind::refused_offer);
    CHECK(must(left.world.admin()->quarantine(org)).size() == before + 2);
    must(left.world.admin()->verify());
  }
}

TEST_CASE("a line of sealed words whose first has no place any more waits whole, though its slots are free") {
  Left left;
  left.world.grant_in("ben", left.scope);
  Tablet ben(left.world, "ben");
  ben.sync_all();
  const std::vector<model::Op> upon = ben.note(left.scope, "written upon what goes").transaction.ops;
  const std::vector<model::Op> then = ben.note(left.scope, "and upon that").transaction.ops;
  ben.sync_all();
  left.ana->sync_all();
  left.read_entries();
  left.restore();
  left.take_place_of(2);
  REQUIRE(left.offer(left.sealed(2)).kind == VerdictKind::refused_offer);
  CHECK(left.offer(left.sealed(4)).kind == VerdictKind::refused_offer);
  CHECK(left.offer(left.sealed(5)).kind == VerdictKind::refused_offer);
  CHECK(waiting_with(left.world, upon).has_value());
  CHECK(waiting_with(left.world, then).has_value());
  must(left.world.admin()->verify());
}

TEST_CASE("sealed content that its author wrote again does not wait for a person as well, whichever came first") {
  for (const bool author_first : {true, false}) {
    INFO(author_first);
    Left left;
    left.restore();
    left.take_place_of(2);
    if (!author_first) REQUIRE(left.offer(left.sealed(2)).kind == VerdictKind::refused_offer);
    model::Transaction again = left.ana->written.at(1).transaction;
    again.header.id = {left.scope, ReplicaId{random_128(left.world.random)}, 1};
    again.header.base = again.header.shown = {};
    REQUIRE(left.push(left.encoded(again)).kind == VerdictKind::accepted);
    if (author_first) REQUIRE(left.offer(left.sealed(2)).kind == VerdictKind::refused_offer);
    CHECK(must(left.world.admin()->quarantine(org)).empty());
    CHECK(left.offer(left.sealed(3)).kind == VerdictKind::refused_offer);
    must(left.world.admin()->verify());
  }
}

TEST_CASE("the release of what had no place, lost by a restore, comes back as that and not as the one of the slot") {
  Left left;
  left.restore();
  const Written refused = left.take_place_by_refused(2);
  REQUIRE(left.offer(left.sealed(2)).kind == VerdictKind::refused_offer);
  const auto displaced = waiting_with(left.world, words_of(left, 2));
  REQUIRE(displaced.has_value());
  left.world.grant_in("ben", left.scope);
  Tablet ben(left.world, "ben");
  ben.sync_all();
  must(left.world.admin()->backup(left.world.directory / "later.db"));
  must(left.world.admin()->release(org, displaced->id));
  ben.sync_all();
  const uint64_t head = ben.state(left.scope).head;

  left.restore(left.world.directory / "later.db");
  REQUIRE(must(left.world.admin()->quarantine(org)).size() == 2);
  ben.sign_in();
  for (int i = 0; i < 3; ++i) ben.sync_all();
  CHECK(must(left.world.admin()->scopes(org)).at(0).head == head);
  CHECK(waiting_with(left.world, refused.transaction.ops).has_value());
  CHECK_FALSE(waiting_with(left.world, words_of(left, 2)).has_value());
  CHECK(left.push(refused).released_at == 0);
  // A tablet that had no answer offers it once more: it was released, not written again.
  CHECK(left.offer(left.sealed(2)).kind == VerdictKind::refused_offer);
  const auto told = left.world.admin()->release(org, displaced->id);
  REQUIRE_FALSE(told.ok());
  CHECK(told.error().message == "This item was released before.");
  must(left.world.admin()->verify());
}

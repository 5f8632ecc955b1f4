#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/store_support/tablet.hpp"

using namespace satchel;
using namespace satchel::test;

namespace {

// The centre keeps a backup at its present head, so tablets keep what lies above it.
void backup(World& world, const ScopeId& scope) {
  world.centre.keeps_backup = true;
  world.centre.backup_to = world.centre.state(scope).head;
  world.centre.save("backup.db");
}

// Fred was taken at the centre, the page with him never came, and the centre was put back to before him: it stands where the
// tablet's cursor does, in an epoch that both know.
struct TakenAndLost {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});

  TakenAndLost() {
    amy.person(scope, "Edith");
    amy.sync(world.centre);
    backup(world, scope);
    amy.person(scope, "Fred");
    amy.round_without_pages(world.centre);
    REQUIRE(amy.status().unsent == 0);
    world.centre.put_back("backup.db");
  }
  // Without pages, whether for want of room (`more`) or because there is nothing. Does the tablet ask again at once?
  bool asks_after_answer_without_pages(store::SessionMemory& memory, bool more) {
    const auto request = take(amy.store->build_request(amy.limits, memory));
    auto answer = world.centre.answer(request, amy.store->identity().replica, "amy");
    for (const auto& page : answer.pages) REQUIRE(page.entries.empty());
    answer.pages.clear();
    answer.more = more;
    return amy.apply(answer, request).more;
  }
  void is_given_back() {
    amy.sync(world.centre);
    CHECK(world.centre.state(scope).head == 2);
    amy.verify();
  }
};

}  // namespace

TEST_CASE("after yesterday's backup is put back nothing vanishes, and the centre gets everything again") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId edith = amy.person(scope, "Edith");
  world.settle({&amy, &ben});
  backup(world, scope);
  amy.commit({assign("person", edith, "name", "Edie")});
  world.settle({&amy, &ben});
  ben.commit({assign("person", edith, "email", "by ben")});
  world.settle({&ben, &amy});
  const RecordId fred = amy.person(scope, "Fred");  // unsent when it happens
  const uint64_t head = world.centre.state(scope).head;
  const auto before = world.centre.entries(scope);

  world.centre.put_back("backup.db");
  CHECK(world.centre.state(scope).head < head);
  const auto applied = amy.round(world.centre);
  CHECK(applied.notes.size() == 1);
  CHECK(amy.text(edith, "name") == "Edie");
  CHECK(amy.text(edith, "email") == "by ben");
  CHECK(amy.text(fred, "name") == "Fred");
  amy.verify();
  amy.sync(world.centre);  // gives back what ben wrote, too
  ben.sync(world.centre);
  amy.sync(world.centre);
  CHECK(world.centre.state(scope).head == head + 1);
  for (Tablet* tablet : {&amy, &ben}) {
    CHECK(tablet->text(edith, "name") == "Edie");
    CHECK(tablet->text(edith, "email") == "by ben");
    CHECK(tablet->text(fred, "name") == "Fred");
    CHECK(tablet->status().unsent == 0);
    tablet->verify();
  }
  // The envelopes came back as they were: same ord, same times.
  for (const auto& old : before) {
    bool found = false;
    for (const auto& entry : world.centre.entries(scope)) {
      if (entry.id.replica != old.id.replica || entry.id.counter != old.id.counter) continue;
      found = true;
      CHECK(entry.envelope == old.envelope);
    }
    CHECK(found);
  }
}

TEST_CASE("an accepted transaction whose page never came is given back as well") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  backup(world, scope);
  amy.commit({assign("person", edith, "name", "Edie")});
  amy.round_without_pages(world.centre);
  REQUIRE(amy.status().unsent == 0);
  world.centre.put_back("backup.db");
  amy.sync(world.centre);
  CHECK(amy.text(edith, "name") == "Edie");
  CHECK(world.centre.state(scope).head == 2);
  CHECK(amy.status().unsent == 0);
  amy.verify();
}

TEST_CASE("a forged offer is set aside with the reason, own work counts without its envelope") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  const RecordId edith = amy.person(scope, "Edith");
  world.settle({&amy, &ben});
  backup(world, scope);
  amy.commit({assign("person", edith, "name", "Edie")});
  amy.sync(world.centre);
  ben.sync(world.centre);
  ben.commit({assign("person", edith, "email", "by ben")});
  ben.sync(world.centre);
  world.centre.put_back("backup.db");
  ben.round(world.centre);
  auto request = ben.request();
  for (auto& push : request.push) {
    if (push.offer) push.offer->entry.envelope.ord += 1;  // as if somebody had written their own
  }
  ben.apply(world.centre.answer(request, ben.store->identity().replica, "ben"), request);
  CHECK(ben.set_aside().size() == 1);  // what amy wrote, which she will bring herself
  ben.sync(world.centre);              // its own builds on hers: not yet
  amy.sync(world.centre);
  ben.sync(world.centre);
  amy.sync(world.centre);
  for (Tablet* tablet : {&amy, &ben}) {
    CHECK(tablet->text(edith, "name") == "Edie");
    CHECK(tablet->text(edith, "email") == "by ben");
    tablet->verify();
  }
}

TEST_CASE("a refused slot is offered again as the empty slot it was") {
  World world;
  world.centre.refuse = [](const model::Transaction& t) { return t.ops.size() == 1 ? "No." : std::string(); };
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  backup(world, scope);
  amy.commit({assign("person", edith, "name", "Refused")});
  amy.sync(world.centre);
  amy.person(scope, "Fred");
  amy.sync(world.centre);
  REQUIRE(world.centre.state(scope).head == 3);
  world.centre.put_back("backup.db");
  amy.sync(world.centre);
  CHECK(world.centre.state(scope).head == 3);
  CHECK(world.centre.entries(scope).at(1).slot == model::Slot::empty);
  CHECK(amy.set_aside().size() == 1);
  CHECK(amy.status().unsent == 0);
  amy.verify();
}

TEST_CASE("where no backup was configured a centre put back is fetched again, and what is unsent stays") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  world.centre.save("copied by hand.db");
  amy.commit({assign("person", edith, "name", "Edie")});
  amy.sync(world.centre);  // folded away: the centre said that it needs no help to keep it
  const RecordId fred = amy.person(scope, "Fred");
  world.centre.put_back("copied by hand.db");
  const auto notes = amy.sync(world.centre);
  CHECK(notes.size() == 2);
  CHECK(amy.text(edith, "name") == "Edith");
  CHECK(amy.text(fred, "name") == "Fred");
  CHECK(amy.status().unsent == 0);  // under a new name: the old one has a slot that nobody can fill
  CHECK(world.centre.state(scope).head == 2);
  amy.verify();
}

TEST_CASE("a refused slot whose page never came is offered again, and what follows it finds its place") {
  World world;
  world.centre.refuse = [](const model::Transaction& t) { return t.ops.size() == 1 ? "No." : std::string(); };
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  const RecordId edith = amy.person(scope, "Edith");
  amy.sync(world.centre);
  backup(world, scope);
  amy.commit({assign("person", edith, "name", "Refused")});
  const RecordId fred = amy.person(scope, "Fred");
  amy.round_without_pages(world.centre);
  REQUIRE(amy.set_aside().size() == 1);
  amy.verify();
  const ReplicaId before = amy.store->identity().replica;
  world.centre.put_back("backup.db");
  amy.sync(world.centre);
  CHECK(amy.store->identity().replica == before);
  CHECK(world.centre.state(scope).head == 3);
  CHECK(world.centre.entries(scope).at(1).slot == model::Slot::empty);
  CHECK(amy.text(fred, "name") == "Fred");
  CHECK(amy.status().unsent == 0);
  amy.verify();
}

TEST_CASE("a history that the centre asked for goes along until it was answered") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.person(scope, "Edith");
  world.settle({&amy});
  backup(world, scope);
  world.centre.put_back("backup.db");
  amy.person(scope, "Frank");
  world.settle({&amy});  // in an epoch that the next restore takes away
  world.centre.put_back("backup.db");
  store::SessionMemory memory;
  const auto with_history = [&](const proto::SyncRequest& request) {
    return std::any_of(request.cursors.begin(), request.cursors.end(), [&](const proto::Cursor& cursor) {
      return cursor.scope == scope && !cursor.history.empty();
    });
  };
  const auto first = take(amy.store->build_request(amy.limits, memory));
  CHECK(!with_history(first));
  amy.apply(world.centre.answer(first, amy.store->identity().replica, "amy"), first);
  // An answer that has no room for this scope: whoever made it does not remember the history.
  const auto second = take(amy.store->build_request(amy.limits, memory));
  CHECK(with_history(second));
  auto response = world.centre.answer(second, amy.store->identity().replica, "amy");
  std::erase_if(response.pages, [&](const proto::Page& page) { return page.scope == scope; });
  amy.apply(response, second);
  const auto third = take(amy.store->build_request(amy.limits, memory));
  CHECK(with_history(third));
  amy.apply(world.centre.answer(third, amy.store->identity().replica, "amy"), third);
  const auto fourth = take(amy.store->build_request(amy.limits, memory));
  CHECK(!with_history(fourth));
  amy.apply(world.centre.answer(fourth, amy.store->identity().replica, "amy"), fourth);
  world.settle({&amy});
  CHECK(world.centre.state(scope).head == 2);
  amy.verify();
}

TEST_CASE("who had fetched a part only when the centre was put back tells a history that can be read") {
  World world;
  Tablet &ben = world.tablet("ben"), &amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&ben, &amy});
  for (int i = 0; i < 3; ++i) ben.person(scope, "Edith");
  world.settle({&ben});
  backup(world, scope);
  world.centre.put_back("backup.db");  // begins the epoch of which amy will hold a part
  for (int i = 0; i < 6; ++i) ben.person(scope, "Frank");
  world.settle({&ben});
  world.centre.save("later.db");
  world.centre.put_back("later.db");  // and the next, of which she holds nothing
  amy.limits.answer_bytes = 1;
  store::SessionMemory memory;
  const auto round = [&] {
    const auto request = take(amy.store->build_request(amy.limits, memory));
    const auto read = proto::decode_sync_request(proto::encode(request));
    INFO((read.ok() ? std::string() : read.error().place + " " + read.error().message));
    REQUIRE(read.ok());
    amy.apply(world.centre.answer(*read, amy.store->identity().replica, "amy"), request);
  };
  const auto held = [&] {
    for (const auto& info : take(take(amy.store->reader())->scopes())) {
      if (info.id == scope) return info.position;
    }
    return uint64_t{0};
  };
  const uint64_t all = world.centre.state(scope).head;
  while (held() < 5) round();
  REQUIRE(held() < all);

  world.centre.put_back("backup.db");
  for (int i = 0; i < 3; ++i) round();
  world.settle({&amy, &ben});
  CHECK(world.centre.state(scope).head == all);
  amy.verify();
}

TEST_CASE("what others gave back and its author issued again is not set aside with them as well") {
  for (const bool author_first : {true, false}) {
    World world;
    Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
    const ScopeId scope = world.shared_case({&amy, &ben});
    amy.person(scope, "Edith");
    world.settle({&amy, &ben});
    backup(world, scope);
    amy.save_file(world.directory.path("copy.db"));
    const RecordId fred = amy.person(scope, "Fred");
    world.settle({&amy, &ben});
    world.centre.put_back("backup.db");
    // Another life of amy's file takes the place first.
    Tablet& copy = world.tablet("amy", "copy.db");
    copy.person(scope, "Gwen");
    copy.sync(world.centre);
    Tablet &first = author_first ? amy : ben, &second = author_first ? ben : amy;
    first.sync(world.centre);
    second.sync(world.centre);
    world.settle({&amy, &ben, &copy});
    INFO(author_first);
    for (Tablet* tablet : {&amy, &ben, &copy}) {
      CHECK(tablet->text(fred, "name") == "Fred");
      CHECK(tablet->set_aside().empty());
      CHECK(tablet->status().unsent == 0);
      tablet->verify();
    }
  }
}

TEST_CASE("what was accepted before a restore is given back, also when the centre then has nothing new to tell") {
  TakenAndLost it;
  store::SessionMemory memory;
  CHECK(it.asks_after_answer_without_pages(memory, false));
  it.is_given_back();
}

TEST_CASE("what was accepted before a restore is given back, also when the first answer afterwards had no room for its scope") {
  TakenAndLost it;
  store::SessionMemory memory;
  CHECK(it.asks_after_answer_without_pages(memory, true));
  CHECK(it.asks_after_answer_without_pages(memory, false));
  it.is_given_back();
}

TEST_CASE("what others wrote upon own words whose place was taken is not offered as if it built on the other ones") {
  World world;
  Tablet &amy = world.tablet("amy"), &ben = world.tablet("ben");
  const ScopeId scope = world.shared_case({&amy, &ben});
  amy.person(scope, "Edith");
  world.settle({&amy, &ben});
  backup(world, scope);
  amy.save_file(world.directory.path("copy.db"));
  const RecordId fred = amy.person(scope, "Fred");
  world.settle({&amy, &ben});
  ben.commit({assign("person", fred, "email", "by ben")});
  world.settle({&ben, &amy});
  world.centre.put_back("backup.db");
  Tablet& copy = world.tablet("amy", "copy.db");
  copy.person(scope, "Gwen");
  copy.sync(world.centre);
  while (amy.status().unsent == 0) {  // goes back, and will offer Fred and what Ben wrote upon it
    const auto asked = amy.request();
    auto answer = world.centre.answer(asked, amy.store->identity().replica, "amy");
    for (auto& page : answer.pages) page.entries.clear();
    answer.more = true;
    amy.apply(answer, asked);
  }
  const auto request = amy.request();
  REQUIRE(request.push.size() == 2);
  proto::SyncResponse response;
  response.grants_version = request.grants_version;
  response.more = true;
  for (const auto& push : request.push) {
    proto::Verdict& verdict = response.verdicts.emplace_back();
    verdict.id = push.offer->entry.id;
    verdict.id.scope = scope;
    const bool of_ben = verdict.id.replica == ben.store->identity().replica;
    verdict.kind = of_ben ? proto::VerdictKind::not_yet : proto::VerdictKind::fork;
    if (!of_ben) continue;
    verdict.missing_replica = request.push.front().offer->entry.id.replica;
    verdict.missing_counter = request.push.front().offer->entry.id.counter;
  }
  amy.apply(response, request);
  const auto next = amy.request();
  REQUIRE(next.push.size() == 1);
  CHECK(!next.push.front().offer);  // Fred, under another id
  REQUIRE(amy.set_aside().size() == 1);
  CHECK(amy.set_aside().front().id.replica == ben.store->identity().replica);
  world.settle({&amy, &copy, &ben});
  for (Tablet* tablet : {&amy, &copy, &ben}) {
    CHECK(tablet->text(fred, "name") == "Fred");
    CHECK(tablet->text(fred, "email") == "by ben");
    CHECK(tablet->set_aside().empty());
    tablet->verify();
  }
}

TEST_CASE("who was put back and learns of its own later words counts on from there, also when they are lost again") {
  World world;
  Tablet& amy = world.tablet("amy");
  const ScopeId scope = world.shared_case({&amy});
  amy.person(scope, "Edith");
  world.settle({&amy});
  backup(world, scope);
  amy.save_file(world.directory.path("yesterday.db"));
  const RecordId fred = amy.person(scope, "Fred");
  world.settle({&amy});
  amy.put_back_file(world.directory.path("yesterday.db"));
  world.settle({&amy});  // has Fred again, from the centre
  REQUIRE(amy.text(fred, "name") == "Fred");
  world.centre.put_back("backup.db");
  amy.round(world.centre);  // goes back: Fred is to be offered
  amy.verify();
  const RecordId gwen = amy.person(scope, "Gwen");
  amy.verify();
  world.settle({&amy});
  for (const RecordId& one : {fred, gwen}) CHECK(amy.record("person", one).has_value());
  CHECK(world.centre.state(scope).head == 3);
  amy.verify();
}

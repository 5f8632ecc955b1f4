// What devices keep sealed of scopes that left them: asked for after a restore, proven by its envelope, let go of once
// a backup covers it.
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "server/sealing_keys.hpp"
#include "tests/server/left.hpp"

using namespace satchel;
using namespace satchel::server;
using namespace satchel::server::test;
using proto::VerdictKind;
namespace fs = std::filesystem;

TEST_CASE("the centre makes its sealing key once, keeps the private half to itself, and hands out the public half") {
  World world;
  const fs::path file = SealingKeys::path(world.options.keys_dir);
  REQUIRE(fs::exists(file));
  CHECK((fs::status(file).permissions() & fs::perms::mask) == (fs::perms::owner_read | fs::perms::owner_write));
  world.grant("ana");
  Tablet ana(world, "ana");
  const auto first = ana.answer(ana.request());
  CHECK(first.sealing_key.size() == 32);
  CHECK(first.sealing_key_id.size() == 8);
  ana.apply(first);
  CHECK(ana.answer(ana.request()).sealing_key.empty());  // once per session
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  CHECK(text.find(to_hex(first.sealing_key)) == std::string::npos);
  world.stop();
  world.start();
  ana.sign_in();
  CHECK(ana.answer(ana.request()).sealing_key == first.sealing_key);
}

TEST_CASE("a withdrawn tablet is told what a restore lost, and its sealed entries find their place again") {
  Left left;
  left.withdraw();
  left.restore();
  const auto told = left.ana->answer(left.naming(2, 3));
  REQUIRE(told.sealed.size() == 1);
  CHECK(told.sealed.front().scope == left.scope);
  CHECK(told.sealed.front().epoch == left.entries.back().envelope.epoch);
  CHECK(told.sealed.front().held_to == 1);
  CHECK(told.sealed.front().kept_to <= 1);
  CHECK(told.pages.empty());  // a right to deliver is none to read

  const auto early = left.offer(left.sealed(3));
  CHECK(early.kind == VerdictKind::not_yet);
  const auto second = left.offer(left.sealed(2));
  CHECK(second.kind == VerdictKind::accepted);
  CHECK(second.position == 2);
  CHECK(second.now_position == 2);
  CHECK(second.now_epoch != second.epoch);
  CHECK(left.offer(left.sealed(2)).now_position == 2);  // an answer that was lost
  CHECK(left.offer(left.sealed(3)).kind == VerdictKind::accepted);

  left.world.grant_in("ben", left.scope);
  Tablet ben(left.world, "ben");
  ben.sync_all();
  for (uint64_t position : {2, 3}) {
    const auto entry = must(ben.mirror.entry_of(ben.state(left.scope).key, left.ana->replica, position));
    REQUIRE(entry.has_value());
    CHECK(entry->envelope == left.entries[position - 1].envelope);
    CHECK(entry->bytes == left.entries[position - 1].bytes);
  }
  must(left.world.admin()->verify());
}

TEST_CASE("a tablet is told once what it can let go of, and again when a backup reaches further") {
  Left left;
  left.withdraw();
  auto request = left.naming(2, 3);
  CHECK(left.ana->answer(request).sealed.empty());  // held, and no backup has it: nothing to do
  must(left.world.admin()->backup(left.world.directory / "second.db"));
  request.sealed.clear();
  request.all_sealed = false;
  const auto told = left.ana->answer(request);
  REQUIRE(told.sealed.size() == 1);
  CHECK(told.sealed.front().held_to == 3);
  CHECK(told.sealed.front().kept_to == 3);
  CHECK(left.ana->answer(request).sealed.empty());
}

TEST_CASE("a waiting tablet is woken by a backup that covers what it keeps sealed") {
  Left left;
  left.withdraw();
  for (int i = 0; i < 3; ++i) left.ana->sync();
  auto request = left.naming(2, 3);
  request.wait_ms = 30'000;
  const Reply parked = left.ana->send(request);
  REQUIRE(parked.park_ms > 0);
  const uint64_t before = left.world.service->wake();
  must(left.world.admin()->backup(left.world.directory / "second.db"));
  CHECK(left.world.service->wake() != before);
  const Reply woken = left.ana->send(request, true);
  CHECK(woken.park_ms == 0);
  CHECK(must(proto::decode_sync_response(woken.body)).sealed.size() == 1);
}

TEST_CASE("whoever never had a right to a scope hears nothing of it, whatever is named") {
  Left left;
  left.restore();
  left.world.grant("eve");
  Tablet eve(left.world, "eve");
  CHECK(eve.answer(left.naming(2, 3, &eve)).sealed.empty());
}

TEST_CASE("forged, foreign and unreadable sealed entries are refused with a reason, and prove nothing") {
  Left left;
  left.withdraw();
  left.restore();
  const auto refused = [&](const proto::SealedEntry& entry) {
    const auto verdict = left.offer(entry);
    CHECK(verdict.kind == VerdictKind::refused_offer);
    CHECK_FALSE(verdict.reason.empty());
    return verdict.kind == VerdictKind::refused_offer;
  };
  model::Entry bent = left.entries[1];
  bent.envelope.ord += 1;
  CHECK(refused(left.around(bent)));
  bent = left.entries[1];
  bent.bytes = left.entries[2].bytes;  // a true envelope around other content
  CHECK(refused(left.around(bent)));
  bent.bytes = "no transaction at all";
  CHECK(refused(left.around(bent)));
  proto::SealedEntry entry = left.sealed(2);
  entry.content.back() = static_cast<char>(entry.content.back() ^ 1);
  CHECK(refused(entry));
  entry.content = "short";
  CHECK(refused(entry));
  entry.content = seal(left.key, "no offer");
  CHECK(refused(entry));
  entry.content = seal(left.key, {});
  CHECK(refused(entry));
  entry = left.sealed(2);
  entry.scope = ScopeId{random_128(left.world.random)};
  CHECK(refused(entry));
  SeededRandom random(5);
  for (int round = 0; round < 200; ++round) {  // what is opened may be anything
    Bytes plain = proto::encode(proto::Offer{left.scope, left.entries[1]});
    for (int flips = 0; flips < 3; ++flips) {
      char& at = plain[random.below(plain.size())];
      at = static_cast<char>(at ^ (1 << random.below(8)));
    }
    if (plain == proto::encode(proto::Offer{left.scope, left.entries[1]})) continue;
    entry = left.sealed(2);
    entry.content = seal(left.key, plain);
    (void)left.offer(entry);
  }
  CHECK(left.offer(left.sealed(2)).now_position == 2);  // nothing of it took the place
}

TEST_CASE("a renewed key is handed out, and what was sealed to the one before still opens") {
  Left left;
  left.withdraw();
  const auto fresh = must(SealingKeys::renew(*system_files(), left.world.options.keys_dir, left.world.random));
  left.restore();
  const auto told = left.ana->answer(left.ana->request());
  CHECK(told.sealing_key == fresh.public_half);
  CHECK(told.sealing_key_id != left.key.id);
  CHECK(left.offer(left.sealed(2)).kind == VerdictKind::accepted);
}

TEST_CASE("what only lacks its key is not refused: the key may be put back") {
  Left left;
  left.withdraw();
  const fs::path file = SealingKeys::path(left.world.options.keys_dir);
  fs::copy_file(file, left.world.directory / "old.key");
  fs::remove(file);
  must(SealingKeys::renew(*system_files(), left.world.options.keys_dir, left.world.random));
  left.restore();
  CHECK(left.world.logger.has("sealing_key_gone"));
  CHECK(left.offer(left.sealed(2)).kind == VerdictKind::not_yet);
  left.world.stop();
  fs::copy_file(left.world.directory / "old.key", file, fs::copy_options::overwrite_existing);
  left.world.start();
  left.ana->sign_in();
  CHECK(left.offer(left.sealed(2)).kind == VerdictKind::accepted);
}

TEST_CASE("a sealing key that is gone or not a key stops the start and says what to do") {
  World world;
  world.grant("ana");
  world.stop();
  const fs::path file = SealingKeys::path(world.options.keys_dir);
  SECTION("gone") {
    fs::remove(file);
    const auto started = world.try_start();
    REQUIRE_FALSE(started.ok());
    CHECK(started.error().code == Code::not_found);
    CHECK(started.error().message.find("renew-sealing-key") != std::string::npos);
  }
  SECTION("not a key") {
    std::ofstream(file, std::ios::trunc) << "not a key\n";
    CHECK(world.try_start().error().code == Code::corrupt);
  }
  SECTION("empty") {
    std::ofstream(file, std::ios::trunc) << "# nothing\n";
    CHECK(world.try_start().error().code == Code::corrupt);
  }
}

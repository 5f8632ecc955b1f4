// A case that left a tablet: what the tablet keeps sealed of it comes back after a restore, also where something else has
// taken its place by then.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "core/base/sealed_box.hpp"
#include "tests/server/world.hpp"

namespace satchel::server::test {

struct Key {
  Bytes id, public_half;
};

inline Bytes seal(const Key& key, BytesView content) { return must(sealed_box::seal(key.public_half, content)); }

// A case with a backup in the middle, as Ana's tablet had it when it was taken away.
struct Left {
  World world;
  std::filesystem::path backup = world.directory / "backup.db";
  ScopeId scope;
  std::unique_ptr<Tablet> ana;
  Key key;
  std::vector<model::Entry> entries;

  Left() {
    world.options.backup_configured = true;
    world.stop();
    world.start();
    scope = world.grant("ana");
    ana = std::make_unique<Tablet>(world, "ana");
    const auto first = ana->answer(ana->request());
    key = {first.sealing_key_id, first.sealing_key};
    ana->apply(first);
    ana->note(scope, "before the backup");
    ana->sync_all();
    must(world.admin()->backup(backup));
    ana->note(scope, "after it");
    ana->note(scope, "and one more");
    ana->sync_all();
    read_entries();
    REQUIRE(entries.size() == 3);
  }
  void read_entries() {
    entries = must(ana->mirror.entries_after(ana->state(scope).key, 0, SIZE_MAX));
    for (auto& entry : entries) {
      if (entry.slot == model::Slot::content) entry.base = {};
      if (entry.bytes.empty()) entry.bytes = ana->written.at(entry.id.counter - 1).bytes;
    }
  }

  // Ana's file was put back, too: it stands where the centre does, and writes on from there.
  proto::Verdict push(const Written& written) {
    auto request = ana->request(false);
    request.cursors.clear();
    request.push.emplace_back().transaction = written.bytes;
    return ana->answer(request).verdicts.at(0);
  }
  Written encoded(const model::Transaction& transaction) {
    auto bytes = must(proto::encode_transaction(org, transaction, model::Version{}, world.random));
    return {transaction, bytes.bytes, bytes.hash};
  }
  model::Transaction other_words(uint64_t position) {
    model::Transaction other;
    other.header.id = entries.at(position - 1).id;
    other.header.worker = "ana";
    other.header.wall_ms = world.clock.wall_ms() + 1;
    other.header.schema_version = 1;
    other.header.base.set(ana->replica, position - 1);
    other.header.shown = other.header.base;
    other.ops = {create("visit_note", RecordId{random_128(world.random)})};
    return other;
  }
  void take_place_of(uint64_t position) {
    REQUIRE(push(encoded(other_words(position))).kind == proto::VerdictKind::accepted);
  }
  // The same by words that are refused: they are of a field that only the centre writes.
  Written take_place_by_refused(uint64_t position) {
    model::Transaction words = other_words(position);
    words.ops = {assign("person", RecordId{random_128(world.random)}, "nhs_number", model::Kind::server, "1")};
    Written other = encoded(words);
    REQUIRE(push(other).kind == proto::VerdictKind::quarantined);
    return other;
  }

  void withdraw() { must(world.admin()->withdraw(org, "ana", scope)); }
  void restore() { restore(backup); }
  void restore(const std::filesystem::path& from) {
    world.stop();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(world.file(std::string("centre.db") + end));
    std::filesystem::copy_file(from, world.file("centre.db"));
    world.start();
    ana->sign_in();
  }

  proto::SealedEntry sealed(uint64_t position) const { return around(entries.at(position - 1)); }
  proto::SealedEntry around(const model::Entry& entry) const {
    return {scope, entry.envelope.epoch, entry.position, key.id, seal(key, proto::encode(proto::Offer{scope, entry}))};
  }
  proto::SyncRequest naming(uint64_t first, uint64_t last, Tablet* tablet = nullptr) {
    auto request = (tablet == nullptr ? *ana : *tablet).request(false);
    request.sealed = {{scope, entries.back().envelope.epoch, first, last}};
    request.all_sealed = true;
    return request;
  }
  proto::SealedVerdict offer(const proto::SealedEntry& entry) {
    auto request = ana->request(false);
    request.push.emplace_back().sealed = entry;
    const auto response = ana->answer(request);
    REQUIRE(response.sealed_verdicts.size() == 1);
    CHECK(response.verdicts.empty());
    return response.sealed_verdicts.front();
  }
};

}  // namespace satchel::server::test

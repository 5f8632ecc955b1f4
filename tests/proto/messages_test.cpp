#include "proto/messages.hpp"

#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "core/model/limits.hpp"
#include "sample.hpp"

using namespace satchel;
using namespace satchel::proto;

namespace {

// Random messages, every field sometimes there and sometimes not.
struct Dice {
  SeededRandom random;
  bool coin() { return random.below(2) == 0; }
  uint64_t number() { return coin() ? random.below(300) : random.u64() >> 1; }
  int64_t time() { return static_cast<int64_t>(random.below(1ULL << 47)) * (coin() ? 1 : -1); }
  template <class T>
  T id() { T made; random.fill(made.bytes.data(), 16); return made; }
  Hash256 hash() { Hash256 made; random.fill(made.bytes.data(), 32); return made; }
  std::string word() { return coin() ? "case" : "r\xC3\xA9sum\xC3\xA9 " + std::to_string(random.below(1000)); }
  Bytes blob() { Bytes made(1 + random.below(300), '\0'); random.fill(made.data(), made.size()); return made; }
  size_t few() { return random.below(4); }
  model::Version version() {
    model::Version made;
    for (size_t i = few(); i > 0; --i) made.set(id<ReplicaId>(), 1 + random.below(1000));
    return made;
  }
  History history() {
    History made;
    uint64_t position = 1;
    for (size_t i = few(); i > 0; --i) made.push_back({id<EpochId>(), position += random.below(9)});
    return made;
  }
  model::Envelope envelope() { return {id<EpochId>(), 1 + random.below(1000), time(), random.u64(), id<Mac>()}; }
  model::Entry entry(const ScopeId& scope, uint64_t position) {
    model::Entry made;
    made.position = position;
    made.slot = static_cast<model::Slot>(1 + random.below(3));
    made.id = {scope, id<ReplicaId>(), 1 + random.below(99)};
    made.hash = hash();
    made.envelope = envelope();
    if (coin()) made.reason = word();
    if (made.slot == model::Slot::content) {
      if (coin() || position == 0) made.bytes = blob();
    } else {
      made.base = version();
    }
    return made;
  }
};

SyncRequest make_request(Dice& dice) {
  SyncRequest made;
  made.sent_at_ms = dice.time();
  for (size_t i = dice.few(); i > 0; --i) {
    Cursor& cursor = made.cursors.emplace_back();
    cursor.scope = dice.id<ScopeId>();
    if (dice.coin()) cursor.epoch = dice.id<EpochId>();
    cursor.position = dice.number();
    cursor.own_counter = dice.number();
    if (dice.coin()) cursor.log_digest = dice.hash();
    if (dice.coin()) cursor.state_digest = dice.hash();
    cursor.history = dice.history();
    if (dice.coin()) cursor.snapshot = SnapshotProgress{5, {"person", dice.id<RecordId>()}};
    if (dice.coin()) cursor.snapshot = SnapshotProgress{7, {}};
  }
  made.all_cursors = dice.coin();
  for (size_t i = dice.few(); i > 0; --i) {
    Push& push = made.push.emplace_back();
    if (dice.coin()) {
      push.transaction = dice.blob();
      push.refused = dice.coin();
    } else {
      const auto scope = dice.id<ScopeId>();
      push.offer = Offer{scope, dice.entry(scope, 0)};
    }
  }
  made.budget_bytes = dice.number();
  made.wait_ms = static_cast<uint32_t>(dice.random.below(60'000));
  for (size_t i = dice.few(); i > 0; --i) made.purged.push_back(dice.id<ScopeId>());
  made.schema_version = 3;
  for (size_t i = dice.few(); i > 0; --i) made.urgent.push_back(dice.id<ScopeId>());
  for (size_t i = dice.few(); i > 0; --i) {
    const uint64_t first = 1 + dice.random.below(9);
    made.sealed.push_back({dice.id<ScopeId>(), dice.id<EpochId>(), first, first + dice.random.below(9)});
    made.push.emplace_back().sealed =
        SealedEntry{dice.id<ScopeId>(), dice.id<EpochId>(), first, Bytes(8, 'i'), dice.blob() + "x"};
  }
  made.all_sealed = dice.coin();
  made.grants_version = dice.number();
  for (size_t i = dice.few(); i > 0; --i) made.older.push_back({dice.id<ScopeId>(), 1 + dice.number(), dice.hash()});
  return made;
}

Page make_page(Dice& dice) {
  Page made;
  made.scope = dice.id<ScopeId>();
  made.epoch = dice.id<EpochId>();
  made.history = dice.history();
  if (dice.coin()) made.rewind_to = dice.random.below(3);
  made.send_history = dice.coin();
  made.restart = dice.coin();
  made.snapshot_position = dice.number();
  for (size_t i = dice.few(); i > 0; --i) made.snapshot.push_back({{"risk", dice.id<RecordId>()}, dice.blob()});
  made.snapshot_last = dice.coin();
  for (size_t i = dice.few(); i > 0; --i) {
    made.replicas.push_back({dice.id<ReplicaId>(), 1 + dice.random.below(9), dice.version(), dice.random.u64()});
  }
  if (dice.coin()) made.log_digest = dice.hash();
  uint64_t position = 1 + dice.random.below(100);
  for (size_t i = dice.few(); i > 0; --i) {
    made.entries.push_back(dice.entry(made.scope, position++));
    if (dice.coin()) made.entries.back().envelope.epoch = made.epoch;
    if (dice.coin()) made.entries.back().envelope.position = made.entries.back().position;
  }
  made.head = dice.number();
  made.kept_to = dice.number();
  if (dice.coin()) made.head_log_digest = dice.coin() ? dice.hash() : Hash256{};
  if (dice.coin()) made.head_state_digest = dice.coin() ? dice.hash() : Hash256{};
  for (size_t i = dice.few(); i > 0; --i) {
    made.released.push_back({made.scope, dice.id<ReplicaId>(), 1 + dice.random.below(50)});
  }
  return made;
}

OlderPage make_older(Dice& dice) {
  OlderPage made{dice.id<ScopeId>(), dice.id<EpochId>(), {}, dice.coin() ? dice.hash() : Hash256{}};
  uint64_t position = 1 + dice.random.below(100);
  for (size_t i = 1 + dice.few(); i > 0; --i) {
    model::Entry& entry = made.entries.emplace_back(dice.entry(made.scope, position++));
    if (entry.slot == model::Slot::content && entry.bytes.empty()) entry.bytes = dice.blob();
    if (dice.coin()) entry.envelope.epoch = made.epoch;
    if (dice.coin()) entry.envelope.position = entry.position;
  }
  return made;
}

SyncResponse make_response(Dice& dice) {
  SyncResponse made;
  made.server_ms = dice.time();
  for (size_t i = dice.few(); i > 0; --i) {
    Verdict& verdict = made.verdicts.emplace_back();
    verdict.id = {dice.id<ScopeId>(), dice.id<ReplicaId>(), 1 + dice.random.below(50)};
    verdict.kind = static_cast<VerdictKind>(1 + dice.random.below(5));
    verdict.position = dice.number();
    if (dice.coin()) verdict.envelope = dice.envelope();
    if (dice.coin()) verdict.reason = dice.word();
    if (dice.coin()) verdict.missing_replica = dice.id<ReplicaId>();
    if (!verdict.missing_replica.is_nil()) verdict.missing_counter = 1 + dice.random.below(9);
    verdict.released_at = dice.random.below(3);
  }
  for (size_t i = dice.few(); i > 0; --i) made.pages.push_back(make_page(dice));
  for (size_t i = dice.few(); i > 0; --i) {
    Grant& grant = made.grants.emplace_back();
    grant.scope = dice.id<ScopeId>();
    grant.kind = dice.word();
    if (dice.coin()) grant.parent = dice.id<ScopeId>();
    grant.role = "writer";
    grant.withdrawn = dice.coin();
    grant.label = dice.word();
  }
  made.grants_version = dice.number();
  made.more = dice.coin();
  made.send_all_cursors = dice.coin();
  if (dice.coin()) {
    made.sealing_key = Bytes(32, 'k');
    made.sealing_key_id = Bytes(8, 'i');
  }
  for (size_t i = dice.few(); i > 0; --i) {
    made.sealed.push_back({dice.id<ScopeId>(), dice.id<EpochId>(), dice.number(), dice.number()});
    SealedVerdict& verdict = made.sealed_verdicts.emplace_back();
    verdict.scope = dice.id<ScopeId>();
    verdict.epoch = dice.id<EpochId>();
    verdict.position = 1 + dice.random.below(9);
    verdict.kind = static_cast<VerdictKind>(1 + dice.random.below(5));
    if (dice.coin()) verdict.reason = dice.word();
    if (verdict.kind != VerdictKind::accepted && verdict.kind != VerdictKind::quarantined) continue;
    verdict.now_epoch = dice.id<EpochId>();
    verdict.now_position = 1 + dice.random.below(9);
  }
  for (size_t i = dice.few(); i > 0; --i) made.older.push_back(make_older(dice));
  for (size_t i = dice.few(); i > 0; --i) {
    made.content_wanted.push_back({dice.id<ScopeId>(), dice.id<ReplicaId>(), 1 + dice.random.below(50)});
  }
  return made;
}

// protoc's classes read what we write and write the same bytes: the format is what sync.proto says it is.
template <class Generated>
void check_as_protoc(const Bytes& bytes) {
  Generated generated;
  REQUIRE(generated.ParseFromString(bytes));
  REQUIRE(generated.SerializeAsString() == bytes);
}

// Whatever one changed or missing byte leaves behind is refused or well-formed, and never crashes.
void damage(const Bytes& bytes, const std::function<void(BytesView)>& decode) {
  for (size_t i = 0; i < bytes.size(); ++i) decode(BytesView(bytes).substr(0, i));
  Bytes changed = bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {0x01, 0x08, 0x80}) {
      changed[i] = static_cast<char>(bytes[i] ^ flip);
      decode(changed);
    }
    changed[i] = bytes[i];
  }
}

}  // namespace

TEST_CASE("requests come back as they were, and are what protoc would write") {
  Dice dice{SeededRandom(11)};
  for (int round = 0; round < 300; ++round) {
    const SyncRequest request = make_request(dice);
    const Bytes bytes = encode(request);
    check_as_protoc<protoc::SyncRequest>(bytes);
    const auto decoded = decode_sync_request(bytes);
    REQUIRE(decoded.ok());
    REQUIRE(encode(*decoded) == bytes);
    REQUIRE(decoded->cursors.size() == request.cursors.size());
    for (size_t i = 0; i < request.cursors.size(); ++i) {
      CHECK(decoded->cursors[i].scope == request.cursors[i].scope);
      CHECK(decoded->cursors[i].epoch == request.cursors[i].epoch);
      CHECK(decoded->cursors[i].history == request.cursors[i].history);
      CHECK(decoded->cursors[i].snapshot.has_value() == request.cursors[i].snapshot.has_value());
    }
    REQUIRE(decoded->push.size() == request.push.size());
    for (size_t i = 0; i < request.push.size(); ++i) {
      CHECK(decoded->push[i].transaction == request.push[i].transaction);
      CHECK(decoded->push[i].refused == request.push[i].refused);
      REQUIRE(decoded->push[i].offer.has_value() == request.push[i].offer.has_value());
      if (request.push[i].offer) CHECK(decoded->push[i].offer->entry == request.push[i].offer->entry);
      REQUIRE(decoded->push[i].sealed.has_value() == request.push[i].sealed.has_value());
      if (request.push[i].sealed) CHECK(decoded->push[i].sealed->content == request.push[i].sealed->content);
    }
    CHECK(decoded->sealed == request.sealed);
    CHECK(decoded->sent_at_ms == request.sent_at_ms);
    CHECK(decoded->purged == request.purged);
    CHECK(decoded->urgent == request.urgent);
    CHECK(decoded->budget_bytes == request.budget_bytes);
    REQUIRE(decoded->older.size() == request.older.size());
    for (size_t i = 0; i < request.older.size(); ++i) {
      CHECK(decoded->older[i].scope == request.older[i].scope);
      CHECK(decoded->older[i].up_to == request.older[i].up_to);
      CHECK(decoded->older[i].log_digest == request.older[i].log_digest);
    }
  }
}

TEST_CASE("answers come back as they were, and are what protoc would write") {
  Dice dice{SeededRandom(12)};
  for (int round = 0; round < 300; ++round) {
    const SyncResponse response = make_response(dice);
    const Bytes bytes = encode(response);
    check_as_protoc<protoc::SyncResponse>(bytes);
    const auto decoded = decode_sync_response(bytes);
    REQUIRE(decoded.ok());
    REQUIRE(encode(*decoded) == bytes);
    REQUIRE(decoded->pages.size() == response.pages.size());
    for (size_t i = 0; i < response.pages.size(); ++i) {
      const Page &got = decoded->pages[i], &sent = response.pages[i];
      CHECK(got.entries == sent.entries);
      CHECK(got.rewind_to == sent.rewind_to);
      CHECK(got.history == sent.history);
      CHECK(got.head_log_digest == sent.head_log_digest);
      CHECK(got.head_state_digest == sent.head_state_digest);
      CHECK(got.snapshot.size() == sent.snapshot.size());
      CHECK(got.released == sent.released);
      REQUIRE(got.replicas.size() == sent.replicas.size());
      for (size_t k = 0; k < got.replicas.size(); ++k) CHECK(got.replicas[k].base == sent.replicas[k].base);
    }
    CHECK(decoded->content_wanted == response.content_wanted);
    REQUIRE(decoded->older.size() == response.older.size());
    for (size_t i = 0; i < response.older.size(); ++i) {
      CHECK(decoded->older[i].scope == response.older[i].scope);
      CHECK(decoded->older[i].entries == response.older[i].entries);
      CHECK(decoded->older[i].log_digest == response.older[i].log_digest);
    }
    REQUIRE(decoded->verdicts.size() == response.verdicts.size());
    for (size_t i = 0; i < response.verdicts.size(); ++i) {
      CHECK(decoded->verdicts[i].id == response.verdicts[i].id);
      CHECK(decoded->verdicts[i].kind == response.verdicts[i].kind);
      CHECK(decoded->verdicts[i].envelope == response.verdicts[i].envelope);
    }
  }
}

TEST_CASE("sessions and failures come back as they were") {
  const SessionRequest request{0, sample::id<ReplicaId>(3), "a.b.c", Bytes(32, 'p')};
  check_as_protoc<protoc::SessionRequest>(encode(request));
  const auto asked = decode_session_request(encode(request));
  REQUIRE(asked.ok());
  CHECK((asked->replica == request.replica && asked->token == "a.b.c" && asked->secret_proof == request.secret_proof));

  const SessionResponse response{"credential", 900'000, "north", "amy", 1'790'000'000'000};
  check_as_protoc<protoc::SessionResponse>(encode(response));
  const auto answered = decode_session_response(encode(response));
  REQUIRE(answered.ok());
  CHECK((answered->credential == "credential" && answered->expires_in_ms == 900'000 && answered->worker == "amy"));

  const Failure failure{"sign_in", "Please sign in again.", 30};
  check_as_protoc<protoc::Failure>(encode(failure));
  const auto failed = decode_failure(encode(failure));
  REQUIRE(failed.ok());
  CHECK((failed->code == "sign_in" && failed->message == failure.message && failed->retry_after_s == 30));
}

TEST_CASE("damaged messages are refused or well-formed, never a crash") {
  Dice dice{SeededRandom(13)};
  for (int round = 0; round < 3; ++round) {
    damage(encode(make_request(dice)), [](BytesView bytes) {
      const auto decoded = decode_sync_request(bytes);
      if (decoded.ok()) encode(*decoded);
    });
    damage(encode(make_response(dice)), [](BytesView bytes) {
      const auto decoded = decode_sync_response(bytes);
      if (decoded.ok()) encode(*decoded);
    });
  }
  damage(encode(SessionRequest{0, sample::id<ReplicaId>(3), "a.b.c", Bytes(32, 'p')}),
         [](BytesView bytes) { (void)decode_session_request(bytes); });
  damage(encode(Failure{"busy", "Later.", 1}), [](BytesView bytes) { (void)decode_failure(bytes); });
}

TEST_CASE("what a message lacks or has wrong is named") {
  const auto reason = [](const auto& result) { return result.ok() ? std::string("fine") : result.error().message; };
  protoc::SyncRequest request;
  request.add_cursors()->set_scope("short");
  CHECK(reason(decode_sync_request(request.SerializeAsString())) == "Cursor.scope is not 16 bytes");
  request.mutable_cursors(0)->clear_scope();
  CHECK(reason(decode_sync_request(request.SerializeAsString())) == "Cursor.scope is missing");
  request.clear_cursors();
  request.add_push();
  CHECK(reason(decode_sync_request(request.SerializeAsString())) == "Push must hold a transaction, an offer or a sealed entry");

  protoc::SyncResponse response;
  auto* page = response.add_pages();
  page->set_scope(std::string(16, 's'));
  page->set_epoch(std::string(16, 'e'));
  for (const uint64_t position : {4, 6}) {
    auto* entry = page->add_entries();
    entry->set_position(position);
    entry->set_slot(1);
    entry->set_replica(std::string(16, 'r'));
    entry->set_counter(1);
    entry->set_hash(std::string(32, 'h'));
    entry->mutable_envelope();
  }
  CHECK(reason(decode_sync_response(response.SerializeAsString())) == "Page.entries are not dense by position");
  page->mutable_entries(1)->set_position(5);
  CHECK(reason(decode_sync_response(response.SerializeAsString())) == "fine");
  page->mutable_entries(1)->set_slot(4);
  CHECK(reason(decode_sync_response(response.SerializeAsString())) == "Entry.slot is too large");
  CHECK(decode_sync_response(response.SerializeAsString()).error().code == Code::protocol);
}

TEST_CASE("what is sealed names its place and its key, and is bounded") {
  const auto reason = [](const auto& result) { return result.ok() ? std::string("fine") : result.error().message; };
  protoc::SyncRequest request;
  auto* sealed = request.add_push()->mutable_sealed();
  const auto said = [&] { return reason(decode_sync_request(request.SerializeAsString())); };
  CHECK(said() == "SealedEntry names no place");
  sealed->set_scope(std::string(16, 's'));
  sealed->set_epoch(std::string(16, 'e'));
  sealed->set_position(3);
  CHECK(said() == "SealedEntry.key_id is not 8 bytes");
  sealed->set_key_id(std::string(8, 'k'));
  CHECK(said() == "SealedEntry.content is missing");
  sealed->set_content(std::string(sealed_bytes, 'c'));
  CHECK(said() == "fine");
  sealed->set_content(std::string(sealed_bytes + 1, 'c'));
  CHECK(said() == "SealedEntry.content is larger than 5242880 bytes");
  sealed->set_content("c");
  request.mutable_push(0)->set_transaction("and this");
  CHECK(said() == "Push must hold a transaction, an offer or a sealed entry");
  request.clear_push();
  auto* stretch = request.add_sealed();
  stretch->set_scope(std::string(16, 's'));
  stretch->set_epoch(std::string(16, 'e'));
  stretch->set_first(5);
  stretch->set_last(4);
  CHECK(said() == "SealedStretch.first does not begin a stretch");

  protoc::SyncResponse response;
  const auto answered = [&] { return reason(decode_sync_response(response.SerializeAsString())); };
  response.set_sealing_key(std::string(32, 'k'));
  CHECK(answered() == "SyncResponse.sealing_key_id is not 8 bytes");
  response.set_sealing_key_id(std::string(8, 'i'));
  CHECK(answered() == "fine");
  auto* verdict = response.add_sealed_verdicts();
  verdict->set_scope(std::string(16, 's'));
  verdict->set_epoch(std::string(16, 'e'));
  verdict->set_position(3);
  CHECK(answered() == "SealedVerdict.kind is missing");
  verdict->set_kind(protoc::ACCEPTED);
  CHECK(answered() == "SealedVerdict.now_epoch does not go with the verdict");
  verdict->set_kind(protoc::REFUSED_OFFER);
  CHECK(answered() == "fine");
}

TEST_CASE("an offer comes out of its seal as it went in, and nothing else does") {
  Dice dice{SeededRandom(14)};
  for (int round = 0; round < 100; ++round) {
    const ScopeId scope = dice.id<ScopeId>();
    Offer offer{scope, dice.entry(scope, 0)};
    const Bytes bytes = encode(offer);
    check_as_protoc<protoc::Push>(bytes);
    const auto opened = decode_offer(bytes);
    REQUIRE(opened.ok());
    CHECK(opened->scope == scope);
    CHECK(opened->entry == offer.entry);
    if (round < 3) damage(bytes, [](BytesView damaged) { (void)decode_offer(damaged); });
  }
  protoc::Push transaction;
  transaction.set_transaction("x");
  CHECK(decode_offer(transaction.SerializeAsString()).error().code == Code::protocol);
}

TEST_CASE("fields of a newer protocol are passed over") {
  Bytes bytes = encode(Failure{"busy", "Later.", 1});
  bytes += Bytes("\xFA\x01\x03new", 6);  // field 31
  const auto decoded = decode_failure(bytes);
  REQUIRE(decoded.ok());
  CHECK(decoded->code == "busy");
}

TEST_CASE("more pushes than a request may hold are refused before they are stored") {
  SyncRequest request;
  request.push.resize(model::limits::push_items, Push{"x", {}, {}});
  CHECK(decode_sync_request(encode(request)).ok());
  request.push.push_back(Push{"x", {}, {}});
  const auto decoded = decode_sync_request(encode(request));
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().message == "SyncRequest.push are more than one message may hold");
}

TEST_CASE("bodies pack and unpack, up to the limit and not a byte further") {
  for (const size_t size : {0, 1, 4095, 4096, 4097, 300'000}) {
    Bytes plain(size, 'a');
    SeededRandom random(size);
    if (size > 10) random.fill(plain.data(), size / 2);
    const Bytes packed = compress(plain);
    const auto unpacked = decompress(packed, size);
    REQUIRE(unpacked.ok());
    CHECK(*unpacked == plain);
    if (size == 0) continue;
    const auto refused = decompress(packed, size - 1);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Code::limit);
  }
}

TEST_CASE("a zstd bomb, cut or foreign bytes are refused") {
  const Bytes bomb = compress(Bytes(200 << 20, '\0'));
  CHECK(bomb.size() < 100'000);
  CHECK(decompress(bomb, 8 << 20).error().code == Code::limit);
  const Bytes packed = compress(Bytes(5000, 'x'));
  for (size_t i = 0; i < packed.size(); ++i) {
    const auto cut = decompress(BytesView(packed).substr(0, i), 10'000);
    REQUIRE_FALSE(cut.ok());
    CHECK(cut.error().code == Code::protocol);
  }
  CHECK(decompress("<html>Welcome to our Wi-Fi</html>", 10'000).error().code == Code::protocol);
  CHECK_FALSE(decompress(packed + "x", 10'000).ok());
}

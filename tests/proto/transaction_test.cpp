#include <catch2/catch_test_macros.hpp>

#include "core/model/limits.hpp"
#include "proto/wire.hpp"
#include "sample.hpp"

using namespace satchel;
using namespace satchel::model;
using proto::decode_transaction;
using proto::encode_transaction;

namespace {

// Fills with 00 01 02 ...: salts that can be written down.
class CountingRandom final : public Random {
 public:
  void fill(void* out, size_t size) override {
    for (size_t i = 0; i < size; ++i) static_cast<uint8_t*>(out)[i] = next_++;
  }

 private:
  uint8_t next_ = 0;
};

Version previous_of_rich() {
  Version previous;
  previous.set(sample::id<ReplicaId>(0x01), 6);
  previous.set(sample::id<ReplicaId>(0x20), 2);
  return previous;
}

proto::EncodedTransaction encode(const Transaction& transaction, const Version& previous = {}) {
  CountingRandom random;
  auto encoded = encode_transaction("north", transaction, previous, random);
  if (!encoded.ok()) FAIL(encoded.error().place << ": " << encoded.error().message);
  return std::move(encoded).value();
}

std::string refusal(const Transaction& transaction, Code code, std::string* place = nullptr) {
  CountingRandom random;
  const auto encoded = encode_transaction("north", transaction, {}, random);
  if (encoded.ok()) FAIL("was taken");
  CHECK(encoded.error().code == code);
  if (place != nullptr) *place = encoded.error().place;
  return encoded.error().message;
}

// A transaction as protoc's classes hold it, to be changed by hand.
struct Parts {
  protoc::TransactionHeader header;
  std::vector<protoc::Op> ops;

  explicit Parts(const Transaction& transaction, const Version& previous = {}) {
    protoc::Transaction outer;
    REQUIRE(outer.ParseFromString(encode(transaction, previous).bytes));
    REQUIRE(header.ParseFromString(outer.header()));
    for (const auto& sealed : outer.ops()) REQUIRE(ops.emplace_back().ParseFromString(sealed.op()));
  }
  Bytes bytes() const {
    protoc::Transaction outer;
    outer.set_header(header.SerializeAsString());
    for (const auto& op : ops) {
      auto* sealed = outer.add_ops();
      sealed->set_salt(std::string(16, 's'));
      sealed->set_op(op.SerializeAsString());
    }
    return outer.SerializeAsString();
  }
  std::string refusal() const {
    const auto decoded = decode_transaction("north", bytes());
    if (decoded.ok()) FAIL("was taken");
    CHECK(decoded.error().code == Code::protocol);
    return decoded.error().message;
  }
};

}  // namespace

TEST_CASE("a transaction comes back from its bytes as it was, once its base is known") {
  for (const auto& [transaction, previous] :
       {std::pair{sample::first(), Version{}}, std::pair{sample::rich(), previous_of_rich()}}) {
    const auto encoded = encode(transaction, previous);
    auto decoded = decode_transaction("north", encoded.bytes);
    REQUIRE(decoded.ok());
    CHECK(decoded->hash == encoded.hash);
    REQUIRE(decoded->complete(previous).ok());
    CHECK(decoded->transaction == transaction);
    CHECK(decoded->erased == std::vector<bool>(transaction.ops.size(), false));
  }
}

TEST_CASE("a transaction has exactly these bytes and this content hash") {
  const auto encoded = encode(sample::first());
  CHECK(to_hex(encoded.bytes) ==
        "0a36"
        "0a10101112131415161718191a1b1c1d1e1f"  // scope
        "1210202122232425262728292a2b2c2d2e2f"  // replica
        "1801" "2203616d79" "2801"              // counter, worker, author
        "3080b083c59868" "4001"                 // wall_ms, schema_version
        "1230" "0a10000102030405060708090a0b0c0d0e0f"
        "121c" "0a06706572736f6e" "1210505152535455565758595a5b5c5d5e5f" "2801"
        "124b" "0a10101112131415161718191a1b1c1d1e1f"
        "1237" "0a06706572736f6e" "1210505152535455565758595a5b5c5d5e5f" "1a0e7072656665727265645f6e616d65"
        "2001" "2804" "420712054564697468");
  CHECK(to_hex(encoded.hash.view()) == "586baf9632332dc6d3bf526edd6d41b09003f24223416431fff1fb48b09a1821");
}

TEST_CASE("the content hash is what PROTOCOL.md says, and covers the organisation") {
  const auto encoded = encode(sample::rich(), previous_of_rich());
  protoc::Transaction outer;
  REQUIRE(outer.ParseFromString(encoded.bytes));
  CHECK(outer.SerializeAsString() == encoded.bytes);
  Hasher content("satchel.transaction");
  content.part("north").part(outer.header());
  for (const auto& sealed : outer.ops()) {
    content.part(Hasher("satchel.op").part(sealed.salt()).part(sealed.op()).finish().view());
  }
  CHECK(content.finish() == encoded.hash);
  CHECK(decode_transaction("south", encoded.bytes)->hash != encoded.hash);
}

TEST_CASE("the same change written twice has two hashes: salts hide what an erased op said") {
  SeededRandom random(9);
  const auto one = encode_transaction("north", sample::first(), {}, random);
  const auto two = encode_transaction("north", sample::first(), {}, random);
  CHECK(one->hash != two->hash);
}

TEST_CASE("an erased op keeps the content hash and nothing else") {
  const auto encoded = encode(sample::first());
  protoc::Transaction outer;
  REQUIRE(outer.ParseFromString(encoded.bytes));
  auto* sealed = outer.mutable_ops(1);
  const Hash256 hash = Hasher("satchel.op").part(sealed->salt()).part(sealed->op()).finish();
  sealed->clear_salt();
  sealed->clear_op();
  sealed->set_hash(std::string(hash.view()));
  const auto decoded = decode_transaction("north", outer.SerializeAsString());
  REQUIRE(decoded.ok());
  CHECK(decoded->hash == encoded.hash);
  CHECK(decoded->erased == std::vector<bool>{false, true});
  CHECK(decoded->transaction.ops[1] == Op{});
  sealed->set_salt(std::string(16, 's'));
  CHECK_FALSE(decode_transaction("north", outer.SerializeAsString()).ok());
}

TEST_CASE("fields of a newer schema and a newer app survive: the bytes are kept and the hash covers them") {
  Parts parts(sample::first());
  const Bytes added("\xFA\x01\x03new", 6);  // field 31
  protoc::Transaction outer;
  outer.set_header(parts.header.SerializeAsString() + added);
  for (const auto& op : parts.ops) {
    auto* sealed = outer.add_ops();
    sealed->set_salt(std::string(16, 's'));
    sealed->set_op(op.SerializeAsString() + added);
  }
  const auto decoded = decode_transaction("north", outer.SerializeAsString());
  REQUIRE(decoded.ok());
  CHECK(decoded->hash != decode_transaction("north", parts.bytes())->hash);
  CHECK(decoded->transaction.ops[1].field == "preferred_name");

  parts.ops[1].set_kind(77);  // a kind of a newer app may combine what it likes
  parts.ops[1].set_element("e");
  parts.ops[1].set_value("\x62\x01z");
  const auto newer = decode_transaction("north", parts.bytes());
  REQUIRE(newer.ok());
  CHECK(static_cast<uint32_t>(newer->transaction.ops[1].kind) == 77);
}

TEST_CASE("bytes that the content hash would not cover are refused") {
  const Bytes bytes = encode(sample::first()).bytes;
  CHECK_FALSE(decode_transaction("north", bytes + Bytes("\x1A\x01x", 3)).ok());  // an unknown outer field
  CHECK_FALSE(decode_transaction("north", bytes + bytes).ok());                  // two headers
  CHECK_FALSE(decode_transaction("north", {}).ok());
  Bytes longer = bytes;  // the header's length in two bytes instead of one
  longer.replace(1, 1, "\xB5\x00", 2);
  CHECK_FALSE(decode_transaction("north", longer).ok());
}

TEST_CASE("what a header must not be is named") {
  const auto with = [](auto change) {
    Parts parts(sample::first());
    change(parts.header);
    return parts.refusal();
  };
  using H = protoc::TransactionHeader;
  CHECK(with([](H& h) { h.set_scope("x"); }) == "TransactionHeader.scope is not 16 bytes");
  CHECK(with([](H& h) { h.set_replica(std::string(16, '\0')); }) == "TransactionHeader.replica is the nil id");
  CHECK(with([](H& h) { h.clear_counter(); }).find("scope, replica or counter") != std::string::npos);
  CHECK(with([](H& h) { h.set_counter(1ULL << 63); }) == "TransactionHeader.counter is too large");
  CHECK(with([](H& h) { h.clear_worker(); }) == "TransactionHeader.worker is missing or outside its range");
  CHECK(with([](H& h) { h.set_worker("a\nb"); }).find("TransactionHeader.worker") == 0);
  CHECK(with([](H& h) { h.set_worker(std::string(limits::id_bytes + 1, 'a')); }).find("TransactionHeader.worker") == 0);
  CHECK(with([](H& h) { h.clear_author(); }) == "TransactionHeader.author is missing or outside its range");
  CHECK(with([](H& h) { h.set_author(4); }) == "TransactionHeader.author is too large");
  CHECK(with([](H& h) { h.set_wall_ms(INT64_MIN); }).find("wall_ms") != std::string::npos);
  CHECK(with([](H& h) { h.set_heard_ms(-1); }).find("heard_ms") != std::string::npos);
  CHECK(with([](H& h) { h.set_verdicts_known(1); }).find("verdicts_known") != std::string::npos);
  CHECK(with([](H& h) { h.mutable_origin(); }).find("origin") != std::string::npos);
  CHECK(with([](H& h) { h.mutable_opening(); }).find("opening.kind") != std::string::npos);
  CHECK(with([](H& h) { h.set_group("g"); }) == "TransactionHeader.group is not 16 bytes");
  const auto entry = [](protoc::VersionEntry* made, char replica, uint64_t counter) {
    made->set_replica(std::string(16, replica));
    made->set_counter(counter);
  };
  CHECK(with([&](H& h) { entry(h.add_base_gained(), 'a', 0); }).find("counter of zero") != std::string::npos);
  CHECK(with([&](H& h) {
          entry(h.add_base_gained(), 'b', 1);
          entry(h.add_base_gained(), 'a', 1);
        }).find("not ascending") != std::string::npos);
  CHECK(with([&](H& h) {
          h.add_base_gained()->set_replica(h.replica());
          h.mutable_base_gained(0)->set_counter(1);
        }) == "TransactionHeader.base_gained names the replica itself");
}

TEST_CASE("base and shown have to fit together") {
  const auto complete = [](const Version& previous, auto change) {
    Parts parts(sample::rich(), previous_of_rich());
    change(parts.header);
    auto decoded = decode_transaction("north", parts.bytes());
    REQUIRE(decoded.ok());
    const auto result = decoded->complete(previous);
    return result.ok() ? std::string("fine") : result.error().message;
  };
  const auto as_it_is = [](protoc::TransactionHeader&) {};
  CHECK(complete(previous_of_rich(), as_it_is) == "fine");
  Version ahead = previous_of_rich();
  ahead.set(sample::id<ReplicaId>(0x01), 7);
  CHECK(complete(ahead, as_it_is) == "TransactionHeader.base_gained does not grow.");
}

TEST_CASE("shown never exceeds base, also behind a slot that was lost and took part of base with it") {
  Parts parts(sample::rich(), previous_of_rich());
  for (auto& below : *parts.header.mutable_shown_below()) below.set_counter(1'000);
  auto decoded = decode_transaction("north", parts.bytes());
  REQUIRE(decoded.ok());
  REQUIRE(decoded->complete(previous_of_rich()).ok());
  const auto& header = decoded->transaction.header;
  CHECK(header.shown == header.base);
}

TEST_CASE("ops that make no sense are refused, at commit and on arrival alike") {
  const auto refused = [](auto change) {
    Transaction transaction = sample::first();
    Op set = sample::edit("phones", std::string("1"), Kind::set);
    set.action = Action::add;
    set.element = "e";
    transaction.ops.push_back(set);
    change(transaction.ops);
    const std::string here = refusal(transaction, Code::invalid);
    Parts parts(sample::first());
    parts.ops.clear();
    for (const Op& op : transaction.ops) {
      auto& made = parts.ops.emplace_back();
      made.set_collection(op.collection);
      if (!op.record.is_nil()) made.set_record(std::string(op.record.view()));
      made.set_field(op.field);
      made.set_kind(static_cast<uint32_t>(op.kind));
      made.set_action(static_cast<uint32_t>(op.action));
      made.set_element(op.element);
      made.set_part(op.part);
      made.set_value(op.value);
      made.set_reason(op.reason);
    }
    parts.refusal();
    return here;
  };
  using Ops = std::vector<Op>;
  CHECK(refused([](Ops& o) { o[0].collection.clear(); }).find("collection") != std::string::npos);
  CHECK(refused([](Ops& o) { o[0].record = {}; }) == "This change names no record.");
  CHECK(refused([](Ops& o) { o[0].action = Action{9}; }) == "This change has an unknown action.");
  CHECK(refused([](Ops& o) { o[0].action = Action{0}; }) == "This change has an unknown action.");
  CHECK(refused([](Ops& o) { o[0].field = "x"; }) == "This change names a field, but is about the record.");
  CHECK(refused([](Ops& o) { o[0].kind = Kind::set; }) == "This change has a kind, but is about the record.");
  CHECK(refused([](Ops& o) { o[0].value = o[1].value; }) == "This change has a value, but is about the record.");
  CHECK(refused([](Ops& o) { o[0].action = Action::void_, o[0].element = "e"; }).find("about the record") !=
        std::string::npos);
  CHECK(refused([](Ops& o) { o[1].field.clear(); }) == "This change names no field.");
  CHECK(refused([](Ops& o) { o[1].kind = Kind::none; }) == "This change has no kind, but is about a field.");
  CHECK(refused([](Ops& o) { o[1].kind = Kind::set; }) == "This change assigns a set or list.");
  CHECK(refused([](Ops& o) { o[1].element = "e"; }).find("not about a set") != std::string::npos);
  CHECK(refused([](Ops& o) { o[1].part = "p"; }).find("not about a set") != std::string::npos);
  CHECK(refused([](Ops& o) { o[1].value = "\x12\x02\xC3\x28"; }) == "Value.text is not valid UTF-8 text");
  CHECK(refused([](Ops& o) { o[2].kind = Kind::register_; }).find("not about a set") != std::string::npos);
  CHECK(refused([](Ops& o) { o[2].element.clear(); }) == "This change names no element.");
  CHECK(refused([](Ops& o) { o[2].element = std::string(limits::id_bytes + 1, 'e'); }).find("element") !=
        std::string::npos);
  CHECK(refused([](Ops& o) { o[2].action = Action::remove; }) == "This change removes, but has a part or a value.");
}

TEST_CASE("an op on a text carries edits that every version reads the same, and nothing else") {
  const auto with = [](Bytes value, Action action = Action::edit, Kind kind = Kind::text) {
    Transaction transaction = sample::first();
    transaction.ops[1].kind = kind;
    transaction.ops[1].action = action;
    transaction.ops[1].value = std::move(value);
    return transaction;
  };
  const Bytes edits = proto::encode_value(TextEdits{{{3, 2, "x"}, {0, 0, "\xC3\xA9"}}});
  CHECK(decode_transaction("north", encode(with(edits)).bytes)->transaction == with(edits));
  CHECK(decode_transaction("north", encode(with(proto::encode_value(TextEdits{}))).bytes).ok());
  const auto wrong = [](const Transaction& transaction) {
    Parts parts(sample::first());
    parts.ops[1].set_kind(static_cast<uint32_t>(transaction.ops[1].kind));
    parts.ops[1].set_action(static_cast<uint32_t>(transaction.ops[1].action));
    parts.ops[1].set_value(transaction.ops[1].value);
    const std::string here = refusal(transaction, Code::invalid);
    CHECK(parts.refusal() == here);
    return here;
  };
  CHECK(wrong(with(edits, Action::assign)).find("does neither with a text") != std::string::npos);
  CHECK(wrong(with(edits, Action::edit, Kind::register_)).find("edits or sends in what is no text") != std::string::npos);
  CHECK(wrong(with(edits, Action::assign, Kind::register_)).find("a value belongs") != std::string::npos);
  CHECK(wrong(with(proto::encode_value(std::string("x")))).find("edits belong") != std::string::npos);
  CHECK(wrong(with("")).find("edits belong") != std::string::npos);
  CHECK(wrong(with({"\x5A\x02\x10\x01", 4})).find("does not know") != std::string::npos);        // a field beside the edits
  CHECK(wrong(with({"\x5A\x02\x0A\x00", 4})).find("changes nothing") != std::string::npos);
  CHECK(wrong(with({"\x5A\x05\x0A\x03\x1A\x01\xFF", 7})).find("UTF-8") != std::string::npos);
}

TEST_CASE("a text is sent in without a value, and nothing else is") {
  Transaction transaction = sample::first();
  Op& op = transaction.ops[1];
  op.kind = Kind::text;
  op.action = Action::submit;
  op.value.clear();
  CHECK(decode_transaction("north", encode(transaction).bytes)->transaction == transaction);
  const auto wrong = [&](const std::function<void(Op&)>& change, std::string_view words) {
    Transaction changed = transaction;
    change(changed.ops[1]);
    Parts parts(sample::first());
    parts.ops[1].set_kind(static_cast<uint32_t>(changed.ops[1].kind));
    parts.ops[1].set_action(static_cast<uint32_t>(changed.ops[1].action));
    parts.ops[1].set_value(changed.ops[1].value);
    if (!changed.ops[1].element.empty()) parts.ops[1].set_element(changed.ops[1].element);
    CHECK(refusal(changed, Code::invalid).find(words) != std::string::npos);
    CHECK(parts.refusal().find(words) != std::string::npos);
  };
  wrong([](Op& o) { o.value = proto::encode_value(TextEdits{}); }, "sends a text in, but has a value");
  wrong([](Op& o) { o.value = proto::encode_value(std::string("x")); }, "sends a text in, but has a value");
  wrong([](Op& o) { o.kind = Kind::frozen; }, "sends in what is no text");
  wrong([](Op& o) { o.kind = Kind::set; }, "sends in what is no text");
  wrong([](Op& o) { o.element = "e"; }, "names an element");
}

TEST_CASE("an origin says whether it is a release or came too late for a text") {
  Transaction transaction = sample::first();
  Header& header = transaction.header;
  header.author = Author::centre;
  header.origin = Origin{{header.id.scope, sample::id<ReplicaId>(0x70), 9}, "bea", {}, true};
  CHECK(decode_transaction("north", encode(transaction).bytes)->transaction.header.origin->late);
  const auto late = encode(transaction);
  header.origin->late = false;
  CHECK_FALSE(decode_transaction("north", encode(transaction).bytes)->transaction.header.origin->late);
  CHECK(encode(transaction).hash != late.hash);
}

TEST_CASE("a release names the releases that its author had in front of them, each in its base") {
  Transaction transaction = sample::first();
  Header& header = transaction.header;
  const auto author = sample::id<ReplicaId>(0x70), other = sample::id<ReplicaId>(0x80);
  header.author = Author::centre;
  header.base.set(other, 4);
  header.shown.set(other, 4);
  header.origin = Origin{{header.id.scope, author, 9}, "bea", {{other, 2}, {other, 4}}};
  auto decoded = decode_transaction("north", encode(transaction).bytes);
  REQUIRE(decoded.ok());
  REQUIRE(decoded->complete({}).ok());
  CHECK(decoded->transaction == transaction);
  header.origin->saw.back().second = 5;
  decoded = decode_transaction("north", encode(transaction).bytes);
  REQUIRE(decoded.ok());
  CHECK(decoded->complete({}).error().code == Code::protocol);
  header.origin->saw = {{other, 4}, {other, 2}};
  CHECK(refusal(transaction, Code::invalid).find("origin.saw") != std::string::npos);
}

TEST_CASE("a reason that is not text is refused") {
  Transaction transaction = sample::first();
  transaction.ops[1].reason = "\xFF";
  CHECK(refusal(transaction, Code::invalid) == "This change has a reason that is not valid UTF-8 text.");
}

TEST_CASE("the place of a refused op is its number and field") {
  Transaction transaction = sample::first();
  transaction.ops[1].element = "e";
  std::string place;
  refusal(transaction, Code::invalid, &place);
  CHECK(place == "op 1: person.preferred_name");
}

TEST_CASE("what is at a limit goes, what is one above does not") {
  const auto with_value = [](size_t text) {
    Transaction transaction = sample::first();
    transaction.ops[1].value = proto::encode_value(std::string(text, 'a'));
    return transaction;
  };
  CHECK(decode_transaction("north", encode(with_value(limits::field_bytes - 4)).bytes).ok());
  refusal(with_value(limits::field_bytes - 3), Code::limit);

  Transaction reason = sample::first();
  reason.ops[1].reason = std::string(limits::reason_bytes, 'r');
  CHECK(decode_transaction("north", encode(reason).bytes).ok());
  reason.ops[1].reason += 'r';
  refusal(reason, Code::limit);

  Transaction many = sample::first();
  many.ops.resize(limits::ops_per_transaction, many.ops[1]);
  const Bytes bytes = encode(many).bytes;
  CHECK(decode_transaction("north", bytes).ok());
  many.ops.push_back(many.ops[1]);
  refusal(many, Code::limit);
  const size_t last = bytes.rfind("\x12\x4b");  // one op more on the wire
  CHECK(decode_transaction("north", bytes + bytes.substr(last)).error().code == Code::limit);
}

TEST_CASE("a transaction may have 4 MiB and not a byte more") {
  Transaction transaction = sample::first();
  const auto size_with = [&](size_t last) {
    transaction.ops.resize(2);
    for (int i = 0; i < 3; ++i) {
      transaction.ops.push_back(sample::edit("a", std::string(limits::field_bytes - 4, 'a')));
    }
    transaction.ops.push_back(sample::edit("b", std::string(last, 'a')));
  };
  size_with(1'000'000);
  const size_t room = limits::transaction_bytes - encode(transaction).bytes.size();
  size_with(1'000'000 + room);
  const Bytes full = encode(transaction).bytes;
  CHECK(full.size() == limits::transaction_bytes);
  CHECK(decode_transaction("north", full).ok());
  size_with(1'000'000 + room + 1);
  refusal(transaction, Code::limit);
  CHECK(decode_transaction("north", full + "x").error().code == Code::limit);
}

TEST_CASE("damaged transactions are refused or another transaction, never a crash") {
  const auto encoded = encode(sample::rich(), previous_of_rich());
  const auto decodes_as_the_same = [&](BytesView bytes) {
    auto decoded = decode_transaction("north", bytes);
    if (!decoded.ok()) return false;
    (void)decoded->complete(previous_of_rich());
    return decoded->hash == encoded.hash;
  };
  size_t unnoticed = 0;
  for (size_t i = 0; i < encoded.bytes.size(); ++i) {
    unnoticed += decodes_as_the_same(BytesView(encoded.bytes).substr(0, i));
    Bytes changed = encoded.bytes;
    for (const int flip : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF}) {
      changed[i] = static_cast<char>(encoded.bytes[i] ^ flip);
      unnoticed += decodes_as_the_same(changed);
    }
  }
  CHECK(unnoticed == 0);
}

TEST_CASE("random transactions round-trip") {
  SeededRandom random(21);
  Version previous;
  for (uint64_t counter = 1; counter <= 400; ++counter) {
    Transaction transaction = sample::first();
    Header& header = transaction.header;
    header.id.counter = counter;
    header.base = previous;
    header.base.set(header.id.replica, counter - 1);
    for (int i = 0; i < 3; ++i) {
      header.base.raise(sample::id<ReplicaId>(static_cast<uint8_t>(1 + random.below(9))), random.below(counter + 1));
    }
    header.shown = header.base;
    for (const auto& [replica, known] : header.base.entries()) {
      if (random.below(3) == 0) header.shown.set(replica, random.below(known + 1));
    }
    header.verdicts_known = random.below(counter);
    transaction.ops.resize(random.below(4), sample::edit("x", std::string(random.below(400), 'n')));
    const auto encoded = encode_transaction("north", transaction, previous, random);
    REQUIRE(encoded.ok());
    auto decoded = decode_transaction("north", encoded->bytes);
    REQUIRE(decoded.ok());
    REQUIRE(decoded->complete(previous).ok());
    REQUIRE(decoded->transaction == transaction);
    REQUIRE(decoded->hash == encoded->hash);
    previous = header.base;
  }
}

// The inbox entries of a record as they rest beside its state: the bytes of sync.proto, and safe to read whatever they
// are.
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "sync.pb.h"
#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

// Of every kind that asks or tells something, written by two who did not see each other.
std::vector<Conflict> rich_inbox() {
  Tablet a(0, "ann"), b(1, "bob"), centre(8, "centre", Author::centre);
  Log log;
  a.write(log, {create(), add("phones", "p1", "0123", "number"), add("goals", "g1", "3", "place"),
                edit({{0, 0, "She rings on Monday."}}), assign("score", Kind::frozen, "5")});
  b.receive(log);
  Op reason = assign("level", Kind::severity, "high");
  reason.reason = "said so on the phone";
  a.write(log, {reason, remove("phones", "p1"), edit({{4, 5, "phones"}}), void_(), assign("score", Kind::frozen, "6"),
                assign("mail", Kind::register_, "a@x"), assign("wish", Kind::keep_all, "dancing")});
  b.write(log, {assign("level", Kind::severity, "low"), add("phones", "p1", "x", "label"), edit({{13, 6, "Friday"}}),
                assign("score", Kind::frozen, "7"), assign("mail", Kind::register_, "b@x"),
                assign("wish", Kind::keep_all, "singing")});
  centre.receive(log);
  return conflicts(centre.state, nullptr);
}

bool refused_or_canonical(BytesView bytes) {
  const auto read = decode_conflicts(bytes);
  return !read.ok() || encode(*read) == bytes;
}

}  // namespace

TEST_CASE("the inbox of a record is read back as it was, in protoc's bytes") {
  const std::vector<Conflict> inbox = rich_inbox();
  std::set<Rule> rules;
  bool sentences = false, reasons = false;
  for (const Conflict& one : inbox) {
    rules.insert(one.rule);
    sentences = sentences || !one.sentences.empty();
    for (const Head& head : one.standing) reasons = reasons || !head.reason.empty();
    for (const Head& head : one.others) reasons = reasons || !head.reason.empty();
  }
  CHECK(rules.size() >= 6);
  CHECK(sentences);
  CHECK(reasons);
  const Bytes bytes = encode(inbox);
  const auto read = decode_conflicts(bytes);
  REQUIRE(read.ok());
  CHECK(*read == inbox);
  wire::Inbox protoc;
  REQUIRE(protoc.ParseFromString(bytes));
  CHECK(protoc.conflicts_size() == static_cast<int>(inbox.size()));
  CHECK(protoc.SerializeAsString() == bytes);
  CHECK(encode(std::vector<Conflict>{}).empty());
}

TEST_CASE("every cut and every flipped bit of an inbox is refused or is another canonical one") {
  const Bytes bytes = encode(rich_inbox());
  int wrong = 0;
  for (size_t size = 0; size < bytes.size(); ++size) wrong += !refused_or_canonical(BytesView(bytes).substr(0, size));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    wrong += !refused_or_canonical(flipped);
  }
  CHECK(wrong == 0);
}

TEST_CASE("an inbox entry without a rule, or with sentences of no text, is refused") {
  const auto refused = [](const std::function<void(wire::Conflict&)>& change) {
    wire::Inbox inbox;
    wire::Conflict& one = *inbox.add_conflicts();
    one.set_field("body");
    one.set_rule(static_cast<uint32_t>(Rule::same_sentence));
    change(one);
    return !decode_conflicts(inbox.SerializeAsString()).ok();
  };
  CHECK_FALSE(refused([](wire::Conflict&) {}));
  CHECK(refused([](wire::Conflict& one) { one.clear_rule(); }));
  CHECK(refused([](wire::Conflict& one) { one.set_rule(99); }));
  CHECK(refused([](wire::Conflict& one) { one.add_sentences()->set_count(4); }));
}

}  // namespace satchel::merge::test

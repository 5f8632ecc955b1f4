// The bytes of a merge state: canonical, those of sync.proto, and safe to read whatever they are.
#include <catch2/catch_test_macros.hpp>

#include "sync.pb.h"
#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

RecordState rich_state() {
  Tablet a(0, "ann"), b(1, "bob"), centre(8, "centre", Author::centre);
  Log log;
  Op reason = assign("level", Kind::severity, "high");
  reason.reason = "said so on the phone";
  a.write(log, {create(), reason, add("phones", "p1", "0123", "number"), add("needs", "debt", "Debt")});
  b.receive(log);
  centre.receive(log);
  a.write(log, {assign("status", Kind::state, "closed"), remove("phones", "p1"), assign("score", Kind::frozen, "6")});
  b.write(log, {assign("status", Kind::state, "open"), add("phones", "p1", "x", "label"), void_()});
  centre.write(log, {assign("owner", Kind::server, "ann"), restore()});
  a.receive(log);
  a.write(log, {assign("score", Kind::frozen, "7"), settling(assign("drawing", static_cast<Kind>(42), "?"))});
  return a.state;
}

bool accepts_only_canonical(BytesView bytes) {
  const auto read = decode(bytes);
  return !read.ok() || encode(*read) == bytes;
}

std::string message(BytesView bytes) {
  const auto read = decode(bytes);
  return read.ok() ? "" : read.error().message;
}

Bytes changed(const std::function<void(wire::RecordState&)>& change) {
  wire::RecordState state;
  REQUIRE(state.ParseFromString(encode(rich_state())));
  change(state);
  return state.SerializeAsString();
}

bool refuses(std::string_view naming, const std::function<void(wire::RecordState&)>& change) {
  return message(changed(change)).find(naming) != std::string::npos;
}

wire::FieldState* named(wire::RecordState& state, const char* name) {
  for (auto& field : *state.mutable_fields()) {
    if (field.name() == name) return &field;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a state with everything in it is read back as it was") {
  const RecordState state = rich_state();
  const Bytes bytes = encode(state);
  const auto read = decode(bytes);
  REQUIRE(read.ok());
  CHECK(*read == state);
  CHECK(encode(*read) == bytes);
  const auto nothing = decode("");
  REQUIRE(nothing.ok());
  CHECK(*nothing == RecordState{});
  CHECK(encode(RecordState{}).empty());
}

TEST_CASE("the bytes are those that protoc's classes write for sync.proto") {
  const RecordState state = rich_state();
  wire::RecordState parsed;
  REQUIRE(parsed.ParseFromString(encode(state)));
  CHECK(parsed.SerializeAsString() == encode(state));
  REQUIRE(parsed.fields_size() == static_cast<int>(state.fields.size()));
  CHECK(parsed.creates(0).worker() == "ann");
  CHECK(parsed.voids_size() + parsed.restores_size() == 2);
  for (int i = 0; i < parsed.fields_size(); ++i) {
    CHECK(parsed.fields(i).name() == state.fields[static_cast<size_t>(i)].name);
  }
}

TEST_CASE("every cut and every flipped bit is refused or is another canonical state") {
  const Bytes bytes = encode(rich_state());
  for (size_t length = 0; length < bytes.size(); ++length) {
    REQUIRE(accepts_only_canonical(BytesView(bytes).substr(0, length)));
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      REQUIRE(accepts_only_canonical(flipped));
    }
  }
}

TEST_CASE("random bytes and random splices are refused or canonical, and never harm") {
  SeededRandom random(7);
  const Bytes bytes = encode(rich_state());
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    Bytes input;
    if (round % 2 == 0) {
      input.resize(random.below(64));
      random.fill(input.data(), input.size());
    } else {
      input = bytes;
      const size_t from = random.below(bytes.size()), to = random.below(bytes.size());
      input.replace(to, random.below(8), bytes.substr(from, random.below(40)));
    }
    REQUIRE(accepts_only_canonical(input));
    const auto read = decode(input);
    refused += !read.ok();
    if (!read.ok()) continue;
    conflicts(*read, nullptr);  // whatever is accepted can be looked at
    for (const FieldState& field : read->fields) resolve(field, nullptr);
  }
  CHECK(refused > 10000);
}

TEST_CASE("what encode would not have written is refused with the name of what is wrong") {
  CHECK(refuses("ascending", [](auto& state) { state.mutable_fields()->SwapElements(0, 1); }));
  CHECK(refuses("heads", [](auto& state) { state.mutable_fields(0)->clear_heads(); }));
  CHECK(refuses("replica", [](auto& state) { state.mutable_creates(0)->set_replica("short"); }));
  CHECK(refuses("transaction", [](auto& state) { state.mutable_creates(0)->set_counter(0); }));
  CHECK(refuses("position", [](auto& state) { state.mutable_creates(0)->set_position(3); }));
  Bytes not_text = encode(rich_state());
  not_text[not_text.find("ann")] = '\xFF';
  CHECK(message(not_text).find("worker") != std::string::npos);
  CHECK(refuses("shown", [](auto& state) {
    auto* entry = state.mutable_creates(0)->mutable_shown()->add_entries();
    entry->set_replica(std::string(16, 'x'));
    entry->set_counter(1);
  }));
  CHECK(refuses("touched", [](auto& state) { state.mutable_presence()->mutable_touched()->clear_entries(); }));
  CHECK(refuses("creates", [](auto& state) { *state.mutable_creates()->Add() = state.creates(0); }));
  CHECK(refuses("empty", [](auto& state) { state.mutable_presence()->Clear(); }));
  CHECK(refuses("includes itself", [](auto& state) {
    auto* head = named(state, "status")->mutable_heads(0);
    head->mutable_shown()->clear_entries();
    auto* entry = head->mutable_shown()->add_entries();
    entry->set_replica(head->replica());
    entry->set_counter(head->counter());
  }));
  CHECK(refuses("no epoch", [](auto& state) { named(state, "score")->mutable_heads(0)->clear_epoch(); }));
  CHECK(message(encode(rich_state()) + "\x78\x01").find("cannot have") != std::string::npos);
  const auto error = decode("\x0A");
  REQUIRE_FALSE(error.ok());
  CHECK(error.error().code == Code::protocol);
}

TEST_CASE("elements stand in sets only, and not inside elements") {
  CHECK(refuses("elements", [](auto& state) {
    *named(state, "score")->add_elements() = named(state, "phones")->elements(0);
  }));
  CHECK(refuses("kind", [](auto& state) {
    named(state, "phones")->mutable_elements(0)->mutable_parts(0)->set_kind(3);
  }));
  CHECK(refuses("elements", [](auto& state) {
    auto* element = named(state, "phones")->mutable_elements(0);
    *element->mutable_parts(0)->add_elements() = wire::Element(*element);
  }));
  CHECK(refuses("missing", [](auto& state) { named(state, "phones")->clear_elements(); }));
  CHECK(refuses("ascending", [](auto& state) {
    auto* phones = named(state, "phones");
    *phones->add_elements() = wire::Element(phones->elements(0));
  }));
  CHECK(refuses("nobody", [](auto& state) {
    auto* element = named(state, "phones")->mutable_elements(0);
    element->clear_parts();
    element->clear_removes();
  }));
}

TEST_CASE("deep nesting costs no stack") {
  Bytes nested;
  for (int depth = 0; depth < 5000; ++depth) {  // fields in elements in fields ...
    Bytes outer(1, depth % 2 == 0 ? '\x1A' : '\x22');
    uint64_t length = nested.size();
    do {
      outer.push_back(static_cast<char>((length & 0x7F) | (length > 0x7F ? 0x80 : 0)));
      length >>= 7;
    } while (length > 0);
    nested = outer + nested;
  }
  CHECK_FALSE(decode(nested).ok());
  nested[0] = '\x22';
  CHECK_FALSE(decode(nested).ok());
}

}  // namespace satchel::merge::test

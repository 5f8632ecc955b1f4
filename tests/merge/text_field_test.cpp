// Texts as fields of a record: what the record keeps, what it shows, and what people are told.
#include <catch2/catch_test_macros.hpp>

#include "sync.pb.h"
#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

model::Field body(bool keep_all = false) {
  model::Field field;
  field.name = "body";
  field.kind = Kind::text;
  field.between_people_keep_all = keep_all;
  return field;
}

model::Collection text_notes(bool keep_all = false) {
  model::Collection collection;
  collection.name = "note";
  collection.fields["body"] = body(keep_all);
  return collection;
}

std::string shown(const Tablet& tablet) {
  const Resolved resolved = tablet.look("body");
  return resolved.standing.empty() ? "" : words(*resolved.standing.front());
}

// Two people on top of "Rang at ten. Her son helps."
struct Two {
  Two(std::vector<model::TextEdit> one, std::vector<model::TextEdit> other) {
    a.write(log, {create(), edit({{0, 0, "Rang at ten. Her son helps."}})});
    b.receive(log);
    a.write(log, {edit(std::move(one))});
    b.write(log, {edit(std::move(other))});
    a.receive(log);
    b.receive(log);
  }
  Log log;
  Tablet a{0, "ann"}, b{1, "bob"};
};

}  // namespace

TEST_CASE("two people's edits of one text are one text, byte for byte the same on both tablets") {
  const Two two({{0, 4, "Called"}}, {{27, 0, " Bus fares."}});
  CHECK(shown(two.a) == "Called at ten. Her son helps. Bus fares.");
  CHECK(encode(two.a.state) == encode(two.b.state));
  const auto inbox = text_notes();
  CHECK(conflicts(two.a.state, &inbox).empty());
  const Resolved resolved = two.a.look("body");
  CHECK(resolved.standing.front()->worker == "bob");  // who wrote last
}

TEST_CASE("two people in the same sentence are told so, with the range, until one of them has read it") {
  Two two({{13, 3, "His"}}, {{26, 0, " a lot"}});
  const auto collection = text_notes();
  const auto inbox = conflicts(two.a.state, &collection);
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].rule == Rule::same_sentence);
  CHECK_FALSE(inbox[0].decide);
  CHECK(words(inbox[0].standing.at(0)) == "Rang at ten. His son helps a lot.");
  REQUIRE(inbox[0].sentences.size() == 1);
  CHECK(inbox[0].sentences[0].from == 13);
  CHECK(inbox[0].sentences[0].count == 20);
  CHECK(inbox[0].sentences[0].workers == std::vector<std::string>{"ann", "bob"});
  REQUIRE(inbox[0].others.size() == 1);
  CHECK(inbox[0].others[0].worker == "ann");
  two.a.write(two.log, {edit({})});  // read, nothing to change
  CHECK(conflicts(two.a.state, &collection).empty());
}

TEST_CASE("two people's versions of a text stand side by side where the schema says so") {
  Two two({{0, 4, "Called"}}, {{27, 0, " Bus fares."}});
  const auto collection = text_notes(true);
  const auto inbox = conflicts(two.a.state, &collection);
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].rule == Rule::all_kept);
  CHECK(inbox[0].decide);
  REQUIRE(inbox[0].standing.size() == 2);
  CHECK(words(inbox[0].standing[0]) == "Rang at ten. Her son helps. Bus fares.");
  CHECK(words(inbox[0].standing[1]) == "Called at ten. Her son helps.");
  // A decision saw both: positions count in the merged text, which is what both together are.
  two.b.write(two.log, {edit({{0, 40, "Called. Her son helps."}})});
  two.a.receive(two.log);
  const model::Field field = body(true);
  const Resolved resolved = two.a.look("body", &field);
  CHECK(standing(resolved) == std::vector<std::string>{"Called. Her son helps."});
  CHECK(conflicts(two.a.state, &collection).empty());
}

TEST_CASE("one worker's two tablets merge by the character also where people's versions stand apart") {
  Tablet phone(0, "ann"), tablet(1, "ann");
  Log log;
  phone.write(log, {create(), edit({{0, 0, "Rang at ten."}})});
  tablet.receive(log);
  phone.write(log, {edit({{0, 4, "Called"}})});
  tablet.write(log, {edit({{12, 0, " No answer."}})});
  phone.receive(log);
  const model::Field field = body(true);
  CHECK(standing(phone.look("body", &field)) == std::vector<std::string>{"Called at ten. No answer."});
  CHECK(phone.look("body", &field).rule == Rule::only_one);
}

TEST_CASE("one worker's two tablets in the same sentence: the sentence is marked") {
  Tablet phone(0, "ann"), tablet(1, "ann");
  Log log;
  phone.write(log, {create(), edit({{0, 0, "Rang at ten. Her son helps."}})});
  tablet.receive(log);
  phone.write(log, {edit({{0, 4, "Called"}})});
  tablet.write(log, {edit({{11, 0, " or eleven"}})});
  phone.receive(log);
  const Resolved resolved = phone.look("body");
  CHECK(resolved.rule == Rule::same_sentence);
  CHECK(resolved.sentences == std::vector<text::SharedSentence>{{0, 25, {"ann"}}});
}

TEST_CASE("texts give the same bytes in every causal order of up to four edits") {
  const std::vector<Op> alphabet = {edit({{0, 0, "ab"}}), edit({{1, 1, "c"}}), edit({{0, 9, ""}})};
  int histories = 0, different = 0;
  for (const size_t n : {2u, 3u}) {
    for_each_shape(n, false, [&](const Shape& shape) {
      for_each_choice(n, alphabet.size(), [&](const Choice& choice) {
        RecordState state;
        ++histories;
        different += !same_in_every_order(history(shape, alphabet, choice), state);
        CHECK(decode_whole(encode(state)).ok());
      });
    });
  }
  for_each_shape(4, true, [&](const Shape& shape) {
    for_each_choice(4, 2, [&](const Choice& choice) {
      RecordState state;
      ++histories;
      different += !same_in_every_order(history(shape, alphabet, choice), state);
    });
  });
  CHECK(histories > 500);
  CHECK(different == 0);
}

TEST_CASE("a text with its history is read back as it was, in protoc's bytes") {
  const Two two({{0, 4, "Called"}}, {{27, 0, " Bus fares."}});
  const Bytes bytes = encode(two.a.state);
  const auto read = decode(bytes);
  REQUIRE(read.ok());
  CHECK(*read == two.a.state);
  CHECK(decode_whole(bytes).ok());
  wire::RecordState parsed;
  REQUIRE(parsed.ParseFromString(bytes));
  CHECK(parsed.SerializeAsString() == bytes);
  REQUIRE(parsed.fields_size() == 1);
  CHECK(parsed.fields(0).text() == shown(two.a));
  const auto refused = [&](const std::function<void(wire::FieldState&)>& change) {
    wire::RecordState changed = parsed;
    change(*changed.mutable_fields(0));
    return !decode(changed.SerializeAsString()).ok();
  };
  CHECK(refused([](wire::FieldState& field) { field.clear_events(); }));
  CHECK(refused([](wire::FieldState& field) { field.set_kind(1); }));
  CHECK(refused([](wire::FieldState& field) { field.mutable_heads(0)->set_value("\x12\x01x"); }));
  CHECK(refused([](wire::FieldState& field) { field.set_text("\xFF"); }));
  parsed.mutable_fields(0)->set_events("nonsense");
  const auto nonsense = decode(parsed.SerializeAsString());
  REQUIRE(nonsense.ok());  // a reader gets the text all the same
  CHECK(standing(resolve(nonsense->fields.at(0), nullptr)) == std::vector<std::string>{shown(two.a)});
  CHECK(decode_whole(parsed.SerializeAsString()).error().code == Code::protocol);
}

TEST_CASE("a released edit counts in what its author had in front of them, also what was released before it") {
  Log log;
  Tablet a(0, "ann"), b(1, "bob"), centre(2, "centre", Author::centre);
  a.write(log, {create(), edit({{0, 0, "Rang at ten."}})});
  b.receive(log);
  const Version ann_saw = a.has;
  // Ann's next two were held back: their slots are empty for everybody else. Bob writes meanwhile.
  const auto slots_gone = [&](Tablet& tablet) { tablet.has.raise(a.id, 3); };
  slots_gone(b);
  slots_gone(centre);
  b.write(log, {edit({{0, 0, "Monday. "}})});
  centre.has.raise(b.id, 1);
  const auto release = [&](Op op, uint64_t counter, Version shown, std::vector<Version::Entry> saw) {
    Written& written = centre.write(log, {std::move(op)}, std::move(shown));
    written.header.origin = model::Origin{{{}, a.id, counter}, "ann", std::move(saw)};
  };
  release(edit({{12, 0, " No answer."}}), 2, ann_saw, {});
  Version shown = ann_saw;
  shown.raise(a.id, 2);
  release(edit({{22, 1, ", called back."}}), 3, shown, {{centre.id, 1}});
  const auto collection = text_notes();
  std::set<Bytes> states;
  for (const auto& order : std::vector<std::vector<size_t>>{{0, 1, 2, 3}, {0, 2, 1, 3}, {0, 2, 3, 1}}) {
    RecordState state;
    for (const size_t index : order) apply(state, log[index]);
    states.insert(encode(state));
    CHECK(standing(resolve(state.fields.at(0), &collection.fields.at("body"))) ==
          std::vector<std::string>{"Monday. Rang at ten. No answer, called back."});
    CHECK(state.fields.at(0).heads.size() == 2);  // Bob's, and the release that saw the other one
    CHECK(conflicts(state, &collection).empty());
  }
  CHECK(states.size() == 1);
}

TEST_CASE("a form held open beside an own save: a person's version has both") {
  Log log;
  Tablet a(0, "ann"), b(1, "bob");
  a.write(log, {create(), edit({{0, 0, "Rang."}})});
  const Version form = a.has;
  a.write(log, {edit({{5, 0, " Saved."}})});
  b.receive(log);
  a.write(log, {edit({{0, 4, "Called"}})}, form);
  b.write(log, {edit({{0, 0, "Monday: "}})});
  a.receive(log);
  const model::Field field = body(true);
  const Resolved resolved = a.look("body", &field);
  CHECK(standing(resolved) == std::vector<std::string>{"Monday: Rang. Saved.", "Called. Saved."});
}

TEST_CASE("two ops of one transaction on a text are read back, also where one of them changes nothing") {
  const std::vector<std::vector<Op>> transactions = {{edit({}), edit({{0, 0, "a"}})},
                                                     {edit({{0, 0, "a"}}), edit({})},
                                                     {edit({}), edit({})},
                                                     {edit({}), edit({{0, 0, "a"}}), edit({{1, 0, "b"}, {0, 1, ""}})}};
  for (const auto& ops : transactions) {
    Log log;
    Tablet a(0, "ann"), b(1, "bob");
    a.write(log, {create(), edit({{0, 0, "Rang."}})});
    b.receive(log);
    a.write(log, ops);
    a.write(log, {edit({{0, 0, "c"}})});
    a.write(log, {edit({{1, 0, "d"}})});
    b.write(log, {edit({{5, 0, " Twice."}})});
    a.receive(log);
    b.receive(log);
    const auto read = decode_whole(encode(a.state));
    REQUIRE(read.ok());
    CHECK(*read == a.state);
    CHECK(a.state == b.state);
  }
}

TEST_CASE("several ops of one transaction on a text fold to the same readable bytes in every order") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const auto made = random_history(seed, 2 + static_cast<int>(seed % 3), 4 + static_cast<int>(seed % 8), [](SeededRandom& random) {
      const uint64_t dice = random.below(5);
      if (dice == 0) return std::vector{edit({}), edit({{0, 0, "x"}})};
      if (dice == 1) return std::vector{edit({{0, 0, "y"}}), edit({{1, 0, "z"}})};
      return std::vector{edit({{static_cast<uint32_t>(random.below(3)), dice == 2 ? 1u : 0u, "a"}})};
    });
    INFO("seed " << seed);
    const Bytes bytes = encode(made.folds.front());
    REQUIRE(decode_whole(bytes).ok());
    for (const RecordState& fold : made.folds) REQUIRE(encode(fold) == bytes);
  }
}

TEST_CASE("a merged text may be larger than one save may bring") {
  Log log;
  Tablet a(0, "ann"), b(1, "bob");
  a.write(log, {create()});
  b.receive(log);
  a.write(log, {edit({{0, 0, std::string(700'000, 'a')}})});
  b.write(log, {edit({{0, 0, std::string(700'000, 'b')}})});
  a.receive(log);
  CHECK(shown(a).size() == 1'400'000);
  const auto read = decode_whole(encode(a.state));
  REQUIRE(read.ok());
  CHECK(*read == a.state);
}

TEST_CASE("an op that is no edit of a text leaves it as it is and is kept as an event") {
  Tablet a(0, "ann");
  Log log;
  a.write(log, {create(), edit({{0, 0, "Rang."}})});
  a.write(log, {assign("body", Kind::text, "not an edit")});
  CHECK(shown(a) == "Rang.");
  CHECK(decode_whole(encode(a.state)).ok());
}

}  // namespace satchel::merge::test

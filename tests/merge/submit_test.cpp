// Texts that were sent in: what stands, what came later, and what that adds.
#include "core/merge/submit.hpp"

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "core/merge/text/utf.hpp"
#include "sync.pb.h"
#include "tests/merge/support.hpp"
#include "tests/text_support/oracle.hpp"

namespace satchel::merge::test {
namespace {

using Words = std::vector<std::string>;

const FieldState& body(const RecordState& state) { return *state.field("body"); }
std::string value_of(const RecordState& state) { return standing(resolve(body(state), nullptr)).front(); }

model::Collection notes() {
  model::Collection collection;
  collection.fields["body"].name = "body";
  collection.fields["body"].kind = Kind::text;
  collection.fields["body"].amends = "amends";
  return collection;
}

// Ann and Bob have "Rang at ten."
struct Writers {
  Writers() {
    ann.write(log, {create(), edit({{0, 0, "Rang at ten."}})});
    bob.receive(log);
  }
  void exchange() {
    ann.receive(log);
    bob.receive(log);
  }
  Log log;
  Tablet ann{0, "ann"}, bob{1, "bob"};
};

// What each late transaction adds, by its id, with the ids of those that it saw.
using Added = std::map<Version::Entry, std::pair<std::vector<model::TextEdit>, std::vector<Version::Entry>>>;
Added added(const RecordState& state) {
  Added out;
  const LateEdits late(body(state));
  for (size_t i = 0; i < late.items().size(); ++i) {
    const auto& item = late.items()[i];
    auto& [edits, saw] = out[{item.replica, item.counter}];
    edits = late.edits(i);
    for (const size_t other : item.saw) saw.emplace_back(late.items()[other].replica, late.items()[other].counter);
    std::sort(saw.begin(), saw.end());
  }
  return out;
}

std::string after(std::string text, const std::vector<model::TextEdit>& edits) {
  std::u32string now = text::to_utf32(text);
  for (const auto& edit : edits) now.replace(edit.at, edit.removed, text::to_utf32(edit.inserted));
  return text::to_utf8(now);
}

// Of all who sent it in, by its definition: the lowest place.
const Written* first_submit(const std::vector<Written>& history) {
  const Written* first = nullptr;
  for (const Written& each : history) {
    const bool sends = each.ops.back().action == Action::submit && !each.ops.back().settles;
    if (sends && (first == nullptr || each.position < first->position)) first = &each;
  }
  return first;
}

}  // namespace

TEST_CASE("a text that was sent in stands as it read to whoever sent it in, whatever comes later") {
  Writers two;
  two.ann.write(two.log, {edit({{12, 0, " No answer."}}), submit()});
  two.bob.write(two.log, {edit({{0, 0, "Monday. "}})});
  two.exchange();
  for (const Tablet* tablet : {&two.ann, &two.bob}) {
    CHECK(value_of(tablet->state) == "Rang at ten. No answer.");
    const Resolved resolved = tablet->look("body");
    CHECK(resolved.rule == Rule::submitted);
    CHECK_FALSE(resolved.decide);
    CHECK(others(resolved) == Words{"Monday. Rang at ten."});
    REQUIRE(standing_submit(body(tablet->state)) != nullptr);
    CHECK(standing_submit(body(tablet->state))->worker == "ann");
    CHECK(in_submitted(body(tablet->state), two.ann.id, 2));
    CHECK_FALSE(in_submitted(body(tablet->state), two.bob.id, 1));
  }
  CHECK(body(two.ann.state).text.plain() == "Monday. Rang at ten. No answer.");  // nothing is forgotten
}

TEST_CASE("until somebody sends it in a text has nothing later, and when nothing came later nobody is told") {
  Writers two;
  CHECK(standing_submit(body(two.ann.state)) == nullptr);
  CHECK(in_submitted(body(two.ann.state), two.ann.id, 1));
  CHECK(LateEdits(body(two.ann.state)).items().empty());
  two.ann.write(two.log, {submit()});
  two.exchange();
  CHECK(value_of(two.bob.state) == "Rang at ten.");
  CHECK(LateEdits(body(two.bob.state)).items().empty());
  const auto collection = notes();
  CHECK(conflicts(two.bob.state, &collection).empty());
}

TEST_CASE("of two who sent a text in the lowest place stands for good, never the time; an outbox comes last") {
  Writers two;
  two.ann.write(two.log, {edit({{12, 0, " Ann."}}), submit()}, {}, 900);
  two.bob.write(two.log, {edit({{12, 0, " Bob."}}), submit()}, {}, 100);
  Log waiting = two.log;
  two.exchange();
  CHECK(value_of(two.ann.state) == "Rang at ten. Ann.");
  CHECK(others(two.ann.look("body")) == Words{"Rang at ten. Bob."});
  CHECK(two.ann.state == two.bob.state);
  const auto fold = [](const Log& log, const std::vector<size_t>& order) {
    RecordState state;
    for (const size_t at : order) apply(state, log[at]);
    return value_of(state);
  };
  waiting[1].epoch = {};  // still on Ann's tablet
  CHECK(fold(waiting, {0, 1, 2}) == "Rang at ten. Bob.");
  CHECK(fold(waiting, {0, 1}) == "Rang at ten. Ann.");
  waiting[1].epoch = epoch(1);
  waiting[1].position = 99;
  waiting[2].epoch = epoch(2);  // sent again after a restore: the earlier stretch counts
  CHECK(fold(waiting, {0, 2, 1}) == "Rang at ten. Ann.");
}

TEST_CASE("people who sent in the same are no conflict, and whoever has seen what came later takes the entry away") {
  const auto collection = notes();
  Writers two;
  two.ann.write(two.log, {submit()});
  two.bob.write(two.log, {submit()});
  two.exchange();
  CHECK(conflicts(two.ann.state, &collection).empty());
  two.bob.write(two.log, {edit({{12, 0, " Late."}})}, Version{});
  two.exchange();
  const auto inbox = conflicts(two.ann.state, &collection);
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].rule == Rule::submitted);
  CHECK(words(inbox[0].standing.at(0)) == "Rang at ten.");
  two.ann.write(two.log, {settling(submit())});
  two.exchange();
  CHECK(conflicts(two.bob.state, &collection).empty());
  CHECK(value_of(two.bob.state) == "Rang at ten.");
  CHECK(body(two.bob.state).submits.size() == 2);
}

TEST_CASE("what its own transaction edits is sent in with it, in whatever order its ops stand") {
  for (const bool behind : {false, true}) {
    Writers two;
    const Op more = edit({{12, 0, " No answer."}});
    two.ann.write(two.log, behind ? std::vector{submit(), more} : std::vector{more, submit()});
    two.bob.write(two.log, {edit({{0, 0, "Mon. "}})});
    two.exchange();
    CHECK(value_of(two.bob.state) == "Rang at ten. No answer.");
    CHECK(decode_whole(encode(two.bob.state)).ok());
  }
}

TEST_CASE("the text that stands and what each later edit adds are those of the definition, for every small history") {
  int sent = 0, wrong = 0;
  const std::vector<Op> alphabet = {edit({{0, 0, "ab"}}), edit({{1, 1, "c"}}), submit()};
  for_each_shape(3, false, [&](const Shape& shape) {
    for_each_choice(3, alphabet.size(), [&](const Choice& choice) {
      const auto written = history(shape, alphabet, choice);
      const Written* first = first_submit(written);
      if (first == nullptr) return;
      ++sent;
      text_test::Oracle oracle;
      for (const Written& each : written) {
        const auto value = proto::decode_value(each.ops.front().value);
        const auto* edits = std::get_if<model::TextEdits>(&*value);
        oracle.write(each.header.id.replica, each.header.id.counter, each.header.shown,
                     edits == nullptr ? std::vector<model::TextEdit>() : edits->edits);
      }
      const std::string expected = text::to_utf8(oracle.text_at(first->header.shown));
      std::optional<Added> adds;
      for_each_causal_order(written, [&](const RecordState& state) {
        if (state.field("body") == nullptr) return;
        wrong += value_of(state) != expected;
        Added now = added(state);
        if (!adds) adds = now;
        wrong += now != *adds;
      });
    });
  });
  CHECK(sent > 1000);
  CHECK(wrong == 0);
}

TEST_CASE("in large random histories the text that stands is that of the lowest place, equal on every tablet") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    const auto made = random_history(seed, 4, 60, [](SeededRandom& random) {
      std::vector<Op> ops;
      if (random.below(8) != 0) {
        const auto at = static_cast<uint32_t>(random.below(9)), removed = static_cast<uint32_t>(random.below(3));
        ops.push_back(edit({{at, removed, std::string(1 + random.below(4), static_cast<char>('a' + random.below(26)))}}));
      }
      if (ops.empty() || random.below(20) == 0) ops.push_back(submit());
      return ops;
    });
    const std::vector<Written> written(made.log.begin(), made.log.end());
    const Written* first = first_submit(written);
    if (first == nullptr) continue;
    RecordState before;  // what its sender had, and nothing else, in the order of the log
    Version had = first->header.shown;
    for (const Written& each : written) {
      if (&each == first || had.includes(each.header.id.replica, each.header.id.counter)) {
        Written alone = each;
        std::erase_if(alone.ops, [](const Op& op) { return op.action == Action::submit; });
        if (alone.ops.empty()) alone.ops = {settling(submit())};
        apply(before, alone);
      }
    }
    INFO("seed " << seed);
    const std::string expected = body(before).text.plain();
    const Added adds = added(made.folds.front());
    for (const RecordState& fold : made.folds) {
      REQUIRE(value_of(fold) == expected);
      REQUIRE(added(fold) == adds);
    }
  }
}

TEST_CASE("one after the other, what came later leads from the text that was sent in to all of it") {
  Writers two;
  two.ann.write(two.log, {edit({{12, 0, " Ann."}}), submit()});
  two.bob.write(two.log, {edit({{0, 0, "Monday. "}})});
  two.bob.write(two.log, {edit({{8, 4, "Called"}})});
  two.bob.write(two.log, {edit({{22, 0, " Son helps."}})});
  two.exchange();
  const LateEdits late(body(two.ann.state));
  std::string text = late.submitted();
  CHECK(text == "Rang at ten. Ann.");
  REQUIRE(late.items().size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(late.items()[i].saw == (i == 0 ? std::vector<size_t>() : std::vector<size_t>{i - 1}));
    text = after(text, late.edits(i));
  }
  CHECK(text == body(two.ann.state).text.plain());
}

TEST_CASE("a state with submits is read back as it was, in protoc's bytes, and refused where nobody can have written it") {
  Writers two;
  const Bytes quiet = encode(two.ann.state);
  wire::RecordState before;
  REQUIRE(before.ParseFromString(quiet));
  CHECK(before.fields(0).submits_size() == 0);  // a text that nobody sent in has the bytes that it always had
  two.ann.write(two.log, {edit({{12, 0, " No answer."}}), submit()});
  two.bob.write(two.log, {submit()});
  two.exchange();
  const Bytes bytes = encode(two.ann.state);
  wire::RecordState parsed;
  REQUIRE(parsed.ParseFromString(bytes));
  CHECK(parsed.SerializeAsString() == bytes);
  REQUIRE(parsed.fields(0).submits_size() == 2);
  CHECK(parsed.fields(0).submits(0).position() == 2);
  const auto read = decode_whole(bytes);
  REQUIRE(read.ok());
  CHECK(*read == two.ann.state);
  const auto refused = [&](const std::function<void(wire::FieldState&)>& change) {
    wire::RecordState changed = parsed;
    change(*changed.mutable_fields(0));
    return !decode_whole(changed.SerializeAsString()).ok();
  };
  CHECK(refused([](wire::FieldState& field) { field.mutable_submits(0)->set_value("x"); }));
  CHECK(refused([](wire::FieldState& field) { field.mutable_submits(0)->set_settles(true); }));
  CHECK(refused([](wire::FieldState& field) { field.mutable_submits(0)->set_counter(77); }));  // no event of the text
  CHECK(refused([](wire::FieldState& field) { field.mutable_submits()->SwapElements(0, 1); }));
  wire::RecordState other = parsed;
  other.mutable_fields(0)->clear_text();
  other.mutable_fields(0)->clear_events();
  other.mutable_fields(0)->set_kind(static_cast<uint32_t>(Kind::register_));
  CHECK_FALSE(decode(other.SerializeAsString()).ok());
}

}  // namespace satchel::merge::test

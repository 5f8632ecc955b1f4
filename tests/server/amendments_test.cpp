// Notes that were sent in while others wrote: the drafts of amendments that the centre begins.
#include "server/amendments.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <filesystem>

#include "core/merge/resolve.hpp"
#include "core/merge/submit.hpp"
#include "tests/server/world.hpp"

using namespace satchel;
using namespace satchel::server::test;
using model::Kind;
using proto::VerdictKind;

namespace {

model::Op send_in(const RecordId& note) {
  model::Op op = create("visit_note", note);
  op.action = model::Action::submit;
  op.field = "body";
  op.kind = Kind::text;
  return op;
}

model::Op typed(const RecordId& note, const std::string& words, uint32_t at = 0) {
  return write_text("visit_note", note, "body", words, at);
}

struct Case {
  Case() {
    for (const char* name : {"ben", "cat"}) world.grant_in(name, scope);
    ana.note(scope, "Rang at ten.", note);
    settle();
  }

  void settle() {
    world.clock.advance(1000);
    for (int round = 0; round < 4; ++round) {
      for (Tablet* tablet : tablets) {
        tablet->sign_in();
        tablet->sync_all();
        while (!tablet->offers.empty() || !tablet->outbox.empty()) tablet->sync_all();
      }
    }
    for (Tablet* tablet : tablets) CHECK(tablet->state(scope).state_digest == ana.state(scope).state_digest);
  }

  std::optional<merge::RecordState> state(const RecordId& record, Tablet* tablet = nullptr) {
    Tablet& at = tablet == nullptr ? ana : *tablet;
    const auto bytes = must(at.mirror.record_state(at.state(scope).key, {"visit_note", record}));
    if (!bytes) return std::nullopt;
    return must(merge::decode_whole(*bytes));
  }
  std::string reads(const RecordId& record) {
    const auto there = state(record);
    if (!there) return "no such note";
    const auto* text = there->field("body");
    if (text == nullptr) return "";
    return std::get<std::string>(must(proto::decode_value(merge::resolve(*text, nullptr).standing.at(0)->value)));
  }
  // The amendment of what `submit` sent in.
  static RecordId amends(const RecordId& note, const Written& submit) {
    return server::amendment_id({"visit_note", note}, "body", {submit.id().replica, submit.id().counter});
  }
  size_t notes() {
    size_t count = 0;
    for (const auto& record : must(ana.mirror.records_after(ana.state(scope).key, std::nullopt, SIZE_MAX))) {
      count += record.key.collection == "visit_note";
    }
    return count;
  }
  // What the log says of who wrote an amendment: (worker, origin's counter; 0: none).
  std::vector<std::pair<std::string, uint64_t>> written_into(const RecordId& record) {
    std::vector<std::pair<std::string, uint64_t>> out;
    for (const auto& entry : must(ana.mirror.entries_after(ana.state(scope).key, 0, SIZE_MAX))) {
      if (entry.bytes.empty()) continue;
      const auto decoded = must(proto::decode_transaction(org, entry.bytes));
      const auto& header = decoded.transaction.header;
      if (header.author != model::Author::centre || decoded.transaction.ops.at(0).record != record) continue;
      if (header.origin) CHECK(header.origin->late);
      out.emplace_back(header.worker, header.origin ? header.origin->id.counter : 0);
    }
    return out;
  }

  World world;
  ScopeId scope = world.grant("ana");
  RecordId note{random_128(world.random)};
  Tablet ana{world, "ana"}, ben{world, "ben"}, cat{world, "cat"};
  std::vector<Tablet*> tablets = {&ana, &ben, &cat};
};

}  // namespace

TEST_CASE("what was typed beside a note that was sent in becomes the draft of an amendment, in whose words it is") {
  Case c;
  const Written& sent = c.ana.write(c.scope, {typed(c.note, " No answer.", 12), send_in(c.note)});
  const Written& late = c.ben.write(c.scope, {typed(c.note, "Monday. ")});
  const bool submit_first = GENERATE_COPY(0, 1) == 0;  // whoever comes first
  (submit_first ? c.ana : c.ben).sync_all();
  (submit_first ? c.ben : c.ana).sync_all();
  c.settle();
  const RecordId draft = Case::amends(c.note, sent);
  CHECK(c.reads(c.note) == "Rang at ten. No answer.");
  CHECK(c.reads(draft) == "Monday. Rang at ten. No answer.");
  CHECK(c.notes() == 2);
  const auto state = c.state(draft);
  CHECK(state->present());
  const auto* amends = state->field("amends", Kind::register_);
  REQUIRE(amends != nullptr);
  CHECK(must(proto::decode_value(amends->heads.at(0).value)) == model::Value(model::Reference{"visit_note", c.note}));
  CHECK(c.written_into(draft) ==
        std::vector<std::pair<std::string, uint64_t>>{{"centre", 0}, {"ben", late.id().counter}});
  CHECK(merge::standing_submit(*state->field("body")) == nullptr);  // a draft, for a person to finish
  must(c.world.admin()->verify());
}

TEST_CASE("a note that nobody else wrote in has no amendment") {
  Case c;
  c.ben.write(c.scope, {typed(c.note, "Monday. ")});
  c.settle();
  c.ana.write(c.scope, {send_in(c.note)});
  c.ben.write(c.scope, {assign("visit_note", c.note, "hidden_from_person", Kind::restrictive, "x")});
  c.settle();
  CHECK(c.notes() == 1);
  c.ben.write(c.scope, {send_in(c.note)}, [](model::Header& header) { header.shown = {}; });  // the same once more
  c.settle();
  CHECK(c.notes() == 1);
  CHECK(c.reads(c.note) == "Monday. Rang at ten.");
}

TEST_CASE("two people and many saves after a note was sent in are all in one draft, once, in whatever order they come") {
  Case c;
  const Written& sent = c.ana.write(c.scope, {send_in(c.note)});
  c.ben.write(c.scope, {typed(c.note, " Ben one.", 12)});
  c.ben.write(c.scope, {typed(c.note, " Ben two.", 21)});
  c.cat.write(c.scope, {typed(c.note, "Cat: ")});
  c.ben.write(c.scope, {typed(c.note, "Ben: ")}, [&](model::Header& header) {  // a form that he held open
    header.shown.set(c.ben.replica, 0);
  });
  c.ana.sync_all();
  const int order = GENERATE(0, 1);
  if (order == 0) {
    c.cat.sync_all();
    c.ben.sync_all();
  } else {
    for (const Written* one : std::vector<const Written*>(c.ben.outbox.begin(), c.ben.outbox.end())) c.ben.push(*one);
  }
  c.settle();
  const RecordId draft = Case::amends(c.note, sent);
  const std::string text = c.reads(draft);
  for (const char* words : {"Rang at ten.", " Ben one. Ben two.", "Cat: ", "Ben: "}) {
    INFO(text);
    CHECK(text.find(words) != text.npos);
    CHECK(text.find(words, text.find(words) + 1) == text.npos);
  }
  CHECK(text.size() == std::string("Rang at ten. Ben one. Ben two.Cat: Ben: ").size());
  CHECK(c.written_into(draft).size() == 5);
  CHECK(c.notes() == 2);
}

TEST_CASE("submit against submit: the lower place stands, what the other one had more goes into the draft") {
  Case c;
  const Written& first = c.ana.write(c.scope, {typed(c.note, " Ana.", 12), send_in(c.note)});
  c.ben.write(c.scope, {typed(c.note, " Ben.", 12), send_in(c.note)});
  c.ana.sync_all();
  c.settle();
  CHECK(c.reads(c.note) == "Rang at ten. Ana.");
  const std::string draft = c.reads(Case::amends(c.note, first));
  CHECK((draft == "Rang at ten. Ana. Ben." || draft == "Rang at ten. Ben. Ana."));
}

TEST_CASE("people write on in the draft; what comes later joins them, and an amendment that was sent in is amended") {
  Case c;
  const Written& sent = c.ana.write(c.scope, {send_in(c.note)});
  c.ben.write(c.scope, {typed(c.note, "Monday. ")});
  c.cat.write(c.scope, {typed(c.note, " Cat one.", 12)});  // not at base for a while
  c.ana.sync_all();
  c.ben.sync_all();
  c.ana.sync_all();
  const RecordId draft = Case::amends(c.note, sent);
  REQUIRE(c.reads(draft) == "Monday. Rang at ten.");
  const Written& again = c.ana.write(c.scope, {typed(draft, "Read through. "), send_in(draft)});
  c.ana.sync_all();
  c.settle();  // with what Cat wrote
  CHECK(c.reads(draft) == "Read through. Monday. Rang at ten.");
  const RecordId second = Case::amends(draft, again);
  CHECK(c.reads(second) == "Read through. Monday. Rang at ten. Cat one.");
  CHECK(c.written_into(second).back().first == "cat");
  CHECK(c.notes() == 3);
  c.cat.write(c.scope, {typed(c.note, " Two.", 21)}, [&](model::Header& header) {
    header.shown = {};
    header.shown.set(c.ana.replica, 1);
    header.shown.set(c.cat.replica, 1);
  });
  c.settle();
  CHECK(c.reads(second) == "Read through. Monday. Rang at ten. Cat one. Two.");
  CHECK(c.notes() == 3);  // and it ends
}

TEST_CASE("a note that was put away and a note kept from the person have their amendments as well") {
  Case c;
  model::Op away = create("visit_note", c.note);
  away.action = model::Action::void_;
  model::Op hidden = assign("visit_note", c.note, "hidden_from_person", Kind::restrictive, "");
  hidden.value = proto::encode_value(true);
  const Written& sent = c.ana.write(c.scope, {hidden, send_in(c.note)});
  c.ana.write(c.scope, {away});
  c.ben.write(c.scope, {typed(c.note, "Monday. ")});
  c.ana.sync_all();
  c.settle();
  const RecordId draft = Case::amends(c.note, sent);
  CHECK(c.reads(draft) == "Monday. Rang at ten.");
  const auto state = c.state(draft);
  REQUIRE(state);
  const auto* kept = state->field("hidden_from_person", Kind::restrictive);
  REQUIRE(kept != nullptr);
  CHECK(must(proto::decode_value(kept->heads.at(0).value)) == model::Value(true));
}

TEST_CASE("an edit that was held back and is released after the note was sent in goes into the draft") {
  Case c;
  must(c.world.admin()->withdraw(org, "ben", c.scope));
  c.world.clock.advance(10);
  const Written& late = c.ben.write(c.scope, {typed(c.note, "Monday. ")});
  REQUIRE(c.ben.push(late).kind == VerdictKind::quarantined);
  c.world.grant_in("ben", c.scope);
  const Written& sent = c.ana.write(c.scope, {send_in(c.note)});
  c.ana.sync_all();
  must(c.world.admin()->release(org, late.id()));
  c.settle();
  CHECK(c.reads(c.note) == "Rang at ten.");
  CHECK(c.reads(Case::amends(c.note, sent)) == "Monday. Rang at ten.");
  CHECK(c.written_into(Case::amends(c.note, sent)).back().first == "ben");
}

TEST_CASE("a text that several saves made larger than one may bring is carried over in portions") {
  Case c;
  const auto fill = [&](Tablet& tablet, char with) {
    for (int i = 0; i < 2; ++i) tablet.write(c.scope, {typed(c.note, std::string(700'000, with), 12)});
    tablet.budget = 64 << 20;
    tablet.sync_all();
  };
  fill(c.ana, 'a');
  const Written& sent = c.ana.write(c.scope, {send_in(c.note)});
  c.ana.sync_all();
  fill(c.ben, 'b');
  c.settle();
  CHECK(c.reads(c.note).size() == 12 + 1'400'000);
  CHECK(c.reads(Case::amends(c.note, sent)).size() == 12 + 2'800'000);
}

TEST_CASE("after a restore nothing stands in a draft twice, whoever brings the pieces back and in whatever order") {
  Case c;
  c.world.configure_backup();
  c.settle();
  c.world.keep_for_tomorrow();
  c.settle();
  const Written& sent = c.ana.write(c.scope, {send_in(c.note)});
  c.ana.sync_all();
  c.ben.write(c.scope, {typed(c.note, "Monday. ")});
  c.ben.write(c.scope, {typed(c.note, "On ")});
  const int known = GENERATE(0, 1, 2);  // who has the draft before the restore
  c.ben.sync_all();
  const RecordId draft = Case::amends(c.note, sent);
  if (known > 0) c.settle();
  if (known > 1) {
    c.cat.write(c.scope, {typed(draft, " Read.", 23)});
    c.settle();
  }
  c.world.back_to_yesterday();
  std::vector<Tablet*> order = c.tablets;
  if (GENERATE(0, 1) == 1) std::reverse(order.begin(), order.end());
  c.tablets = order;
  if (known == 1) {  // what the draft was made of comes first, and the draft anew with it
    c.ana.sign_in();
    auto back = c.ana.answer(c.ana.request());
    c.ana.apply(back);
    while (c.ana.offers.size() > 3) c.ana.offers.pop_back();
    c.ana.sync();
  }
  c.settle();
  c.settle();
  CHECK(c.reads(c.note) == "Rang at ten.");
  CHECK(c.reads(draft) == (known > 1 ? "On Monday. Rang at ten. Read." : "On Monday. Rang at ten."));
  CHECK(c.written_into(draft).size() == 3);
  for (Tablet* tablet : c.tablets) {
    for (const auto& [id, verdict] : tablet->verdicts) CHECK(verdict.kind == VerdictKind::accepted);
  }
  must(c.world.admin()->verify());
}

TEST_CASE("after a start without a clean stop the drafts go on where they were") {
  Case c;
  const Written& sent = c.ana.write(c.scope, {send_in(c.note)});
  c.ana.sync_all();
  c.ben.write(c.scope, {typed(c.note, "Monday. ")});
  c.cat.write(c.scope, {typed(c.note, " Late.", 12)});
  c.ben.sync_all();
  c.world.crash();
  c.world.start();
  c.settle();
  CHECK(c.reads(Case::amends(c.note, sent)) == "Monday. Rang at ten. Late.");
  CHECK(c.notes() == 2);
}

TEST_CASE("a text that the schema does not let in is not sent in, and no worker can write a draft in another's name") {
  Case c;
  const RecordId goal{random_128(c.world.random)};
  model::Op op = send_in(goal);
  op.collection = "goal";
  op.field = "words";
  const Written& wrong = c.ana.write(c.scope, {create("goal", goal), op});
  CHECK(c.ana.push(wrong).kind == VerdictKind::quarantined);
  const Written& forged = c.ben.write(c.scope, {typed(c.note, "x")}, [&](model::Header& header) {
    header.origin = model::Origin{{c.scope, c.ana.replica, 1}, "ana", {}, true};
  });
  CHECK(c.ben.push(forged).kind == VerdictKind::quarantined);
}

// Text against the oracle, in every order, and what its ordering rule promises to people.
#include <catch2/catch_test_macros.hpp>

#include "core/merge/text/history.hpp"
#include "core/merge/text/utf.hpp"
#include "tests/text_support/session.hpp"

namespace satchel::text_test {
namespace {

using merge::text::Document;
using merge::text::Edit;
using merge::text::History;
using merge::text::Incoming;
using merge::text::SharedSentence;

void run_sessions(uint64_t first_seed, uint32_t sessions, uint32_t steps, uint64_t least_operations) {
  uint64_t operations = 0;
  for (uint64_t seed = first_seed; seed < first_seed + sessions; ++seed) {
    SeededChoices choices(seed);
    const auto difference = run_session(choices, {2 + static_cast<uint32_t>(seed % 7), steps}, &operations);
    INFO("seed " << seed << ", steps " << steps << ": " << difference.value_or("no difference"));
    REQUIRE_FALSE(difference.has_value());
  }
  CHECK(operations >= least_operations);
}

// Writers that type without seeing each other, on top of a text that both have.
struct Typing {
  explicit Typing(std::string_view start) { both.emplace_back(write(1, {}, {{0, 0, std::string(start)}})); }
  Written write(uint32_t who, model::Version shown, std::vector<Edit> edits) {
    Written made;
    made.replica = replica(who);
    made.counter = ++counters[who];
    made.worker = "worker " + std::to_string(who);
    made.shown = std::move(shown);
    made.edits = std::move(edits);
    return made;
  }
  // One transaction per character, forwards or, with the cursor staying where it was, backwards.
  void type(uint32_t who, uint32_t at, std::string_view words, bool backwards) {
    model::Version shown;
    shown.set(replica(1), 1);
    for (size_t i = 0; i < words.size(); ++i) {
      const size_t letter = backwards ? words.size() - 1 - i : i;
      const auto place = backwards ? at : at + static_cast<uint32_t>(i);
      both.push_back(write(who, shown, {{place, 0, std::string(words.substr(letter, 1))}}));
      shown.raise(replica(who), counters[who]);
    }
  }
  std::string merged() const {
    Document document;
    for (const Written& each : both) document.apply(each.incoming());
    return document.text();
  }
  std::deque<Written> both;
  std::map<uint32_t, uint64_t> counters;
};

model::Version version(std::initializer_list<std::pair<uint32_t, uint64_t>> entries) {
  model::Version out;
  for (const auto& [who, counter] : entries) out.set(replica(who), counter);
  return out;
}

}  // namespace

TEST_CASE("text: sessions of two to eight writers end as the oracle says, in every order tried") {
  run_sessions(1, 60, 14, 900);
  run_sessions(100, 12, 60, 1'200);
}

TEST_CASE("text: a million operations of sessions end as the oracle says", "[.nightly]") {
  run_sessions(10'000, 4'000, 40, 180'000);
  run_sessions(50'000, 3'000, 160, 600'000);
  run_sessions(90'000, 200, 800, 220'000);
}

TEST_CASE("text: sentences typed at one place at the same time stand one behind the other") {
  const std::string one = "She will ring on Tuesday. ", other = "Her son helps with the letter. ", third = "Bus fares. ";
  for (int directions = 0; directions < 8; ++directions) {
    Typing typing("Notes: end");
    typing.type(2, 7, one, (directions & 1) != 0);
    typing.type(3, 7, other, (directions & 2) != 0);
    typing.type(4, 7, third, (directions & 4) != 0);
    const std::string merged = typing.merged();
    INFO(merged);
    CHECK(merged.find(one) != std::string::npos);
    CHECK(merged.find(other) != std::string::npos);
    CHECK(merged.find(third) != std::string::npos);
    CHECK(merged.size() == 10 + one.size() + other.size() + third.size());
  }
}

TEST_CASE("text: equal places are ordered by replica and counter, not by arrival") {
  Typing typing("()");
  typing.type(3, 1, "three", false);
  typing.type(2, 1, "two", false);
  CHECK(typing.merged() == "(twothree)");
}

TEST_CASE("text: a tablet's own form that was held open merges beside what the tablet saved since") {
  Document document;
  Typing typing("Rang. ");
  const Written early = typing.write(1, version({{1, 1}}), {{6, 0, "No answer. "}});
  const Written held = typing.write(1, version({{1, 1}}), {{0, 4, "Called"}});
  const Written after = typing.write(2, version({{1, 3}}), {{0, 6, "Phoned"}});
  document.apply(typing.both.front().incoming());
  document.apply(early.incoming());
  document.apply(held.incoming());
  CHECK(document.text() == "Called. No answer. ");
  document.apply(after.incoming());
  CHECK(document.text() == "Phoned. No answer. ");
}

TEST_CASE("text: an edit that changes nothing is an event like any other") {
  Document document;
  Typing typing("Rang.");
  document.apply(typing.both.front().incoming());
  const Written beyond = typing.write(2, version({{1, 1}}), {{40, 3, ""}});
  document.apply(beyond.incoming());
  CHECK(document.text() == "Rang.");
  CHECK(document.graph().includes(replica(2), 1));
  const Bytes events = document.encode_events();
  auto decoded = Document::decode(document.text(), events);
  REQUIRE(decoded.ok());
  CHECK(decoded->graph().includes(replica(2), 1));
}

TEST_CASE("text: edits beyond the end are cut to it, whoever raced them") {
  Document document;
  Typing typing("Rang.");
  document.apply(typing.both.front().incoming());
  const Written here = typing.write(2, version({{1, 1}}), {{3, 100, "te"}, {900, 0, "!"}});
  const Written there = typing.write(3, version({{1, 1}}), {{UINT32_MAX, UINT32_MAX, "?"}});
  document.apply(here.incoming());
  document.apply(there.incoming());
  CHECK(document.text() == "Rante!?");
}

TEST_CASE("text: writing here needs a beginning, a place in the text and UTF-8") {
  Document document;
  CHECK(document.insert(0, "a").error().code == Code::invalid);
  document.begin(replica(1), 1, "worker");
  CHECK(document.insert(1, "a").error().code == Code::invalid);
  CHECK(document.insert(0, "\xFF").error().code == Code::invalid);
  CHECK(document.remove(0, 1).error().code == Code::invalid);
  REQUIRE(document.insert(0, "né😀").ok());
  CHECK(document.replace(1, UINT32_MAX, "").error().code == Code::invalid);
  CHECK(document.length() == 3);
  CHECK(document.at(2) == U'😀');
  CHECK(document.at(3) == 0);
}

TEST_CASE("text: the edits of an open transaction make the same text and the same bytes elsewhere") {
  Document here;
  here.begin(replica(1), 1, "worker");
  REQUIRE(here.insert(0, "Rang at ten, no answer").ok());
  here.begin(replica(1), 2, "worker");
  for (const char letter : std::string(" today")) REQUIRE(here.insert(here.length(), std::string(1, letter)).ok());
  REQUIRE(here.replace(0, 4, "Called").ok());
  REQUIRE(here.remove(here.length() - 1, 1).ok());
  REQUIRE(here.whole_text("Called her at ten, no answer today.").ok());
  CHECK(here.edits().size() == 5);
  const std::vector<Edit> edits = here.edits(), first = {{0, 0, "Rang at ten, no answer"}};
  Document there;
  const model::Version nothing, seen = version({{1, 1}});
  there.apply({replica(1), 1, "worker", &nothing, first});
  there.apply({replica(1), 2, "worker", &seen, edits});
  CHECK(there.text() == here.text());
  CHECK(there.encode_events() == here.encode_events());
}

TEST_CASE("text: an op that follows another in one transaction counts in what that left") {
  Document document;
  Typing typing("Rang.");
  document.apply(typing.both.front().incoming());
  const Written one = typing.write(2, version({{1, 1}}), {{0, 0, "Friday: "}});
  document.apply(one.incoming());
  const Written beside = typing.write(3, version({{1, 1}}), {{4, 1, ", no answer."}});
  document.apply(beside.incoming());
  Written two = one;
  two.edits = {{6, 0, " morning"}};
  document.apply(two.incoming());
  CHECK(document.text() == "Friday morning: Rang, no answer.");
  auto decoded = Document::decode(document.text(), document.encode_events());
  REQUIRE(decoded.ok());
  CHECK(decoded->encode_events() == document.encode_events());
}

TEST_CASE("text: a hundred earlier versions can be read again") {
  Document document;
  std::vector<std::string> texts;
  SeededChoices choices(7);
  for (uint64_t counter = 1; counter <= 100; ++counter) {
    document.begin(replica(1), counter, "worker");
    const uint32_t at = choices.below(document.length() + 1);
    REQUIRE(document.replace(at, std::min(choices.below(4), document.length() - at), "wörd ").ok());
    document.end();
    texts.push_back(document.text());
  }
  auto decoded = Document::decode(document.text(), document.encode_events());
  REQUIRE(decoded.ok());
  History history(*decoded);
  for (uint64_t i = 0; i < 100; ++i) {
    const uint64_t counter = 1 + (i * 37) % 100;
    CHECK(history.text_at(version({{1, counter}})) == texts[counter - 1]);
  }
  CHECK(history.text_at({}) == "");
}

// ---- the same sentence

namespace {

std::vector<SharedSentence> shared(const std::string& start, const Edit& one, const Edit& other, bool seen = false) {
  Typing typing(start);
  const Written a = typing.write(2, version({{1, 1}}), {one}), b = typing.write(3, version({{1, 1}}), {other});
  const Written after = typing.write(4, version({{1, 1}, {2, 1}, {3, 1}}), {{0, 0, "x"}});
  std::vector<std::vector<SharedSentence>> found;
  for (const bool swapped : {false, true}) {
    Document document;
    document.apply(typing.both.front().incoming());
    document.apply((swapped ? b : a).incoming());
    document.apply((swapped ? a : b).incoming());
    if (seen) document.apply(after.incoming());
    found.push_back(shared_sentences(document));
  }
  CHECK(found[0] == found[1]);
  return found[0];
}

const std::vector<std::string> both = {"worker 2", "worker 3"};

}  // namespace

TEST_CASE("text: where two people touched the same sentence the merge says so, with the range") {
  const std::string start = "Rang at ten. Her son helps. Bus fares went up.";
  const auto same = shared(start, {13, 3, "His"}, {26, 0, " a lot"});
  CHECK(same == std::vector<SharedSentence>{{13, 21, both}});
  CHECK(shared(start, {0, 4, "Called"}, {26, 0, " a lot"}).empty());           // two sentences
  CHECK(shared(start, {13, 3, "His"}, {26, 0, " a lot"}, true).empty());       // somebody saw it since
  CHECK(shared(start, {13, 15, ""}, {28, 3, "Train"}).empty());                // one whole sentence went
  CHECK(shared(start, {0, 4, "Called"}, {12, 0, " No answer."}).empty());       // a new sentence behind one
  CHECK(shared(start, {12, 0, " "}, {7, 0, " "}).empty());
  const auto head = shared(start, {13, 4, ""}, {26, 0, " a lot"});             // only its beginning went
  CHECK(head == std::vector<SharedSentence>{{13, 17, both}});
  const auto tail = shared(start, {20, 8, ""}, {13, 3, "His"});  // its end went, so it runs on into the next
  CHECK(tail == std::vector<SharedSentence>{{13, 25, both}});
}

TEST_CASE("text: sentences end at full stops with a space, quotes included, and at line breaks") {
  const std::string start = "He said \"no.\" Paid 3.50 today\nNew line";
  CHECK(shared(start, {0, 2, "She"}, {14, 4, "Gave"}).empty());
  const auto decimal = shared(start, {19, 1, "4"}, {24, 5, "yesterday"});
  CHECK(decimal == std::vector<SharedSentence>{{14, 20, both}});
  CHECK(shared(start, {24, 5, "now"}, {30, 3, "Last"}).empty());
}

}  // namespace satchel::text_test

// The conflict inbox: a function of merge state and schema, with plain words for each rule.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "core/merge/words.hpp"
#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

const std::vector<Rule> rules = {Rule::only_one,      Rule::latest,     Rule::all_kept,      Rule::highest,
                                 Rule::precedence,    Rule::states_differ, Rule::first_sent, Rule::centre_writes,
                                 Rule::element_kept,  Rule::same_sentence, Rule::presence_kept};

std::string place_of(const Conflict& one) { return one.field + "/" + one.element + "/" + one.part; }

std::string listed(const std::vector<Conflict>& conflicts) {
  std::string out;
  for (const Conflict& one : conflicts) {
    out += place_of(one) + " " + std::string(rule_name(one.rule)) + (one.decide ? "?" : "");
    for (const Head& head : one.standing) out += " +" + head.worker + ":" + to_hex(head.value);
    for (const Head& head : one.others) out += " -" + head.worker + ":" + to_hex(head.value);
    out += "\n";
  }
  return out;
}

std::string read(const std::string& path) {
  std::ifstream in(std::string(SATCHEL_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("the inbox is the same in every causal order") {
  const std::vector<Op> alphabet = {create(),
                                    assign("status", Kind::state, "done"),
                                    assign("mail", Kind::keep_all, "x"),
                                    assign("mail", Kind::keep_all, "y"),
                                    add("needs", "debt", "a"),
                                    remove("needs", "debt"),
                                    void_()};
  int histories = 0, different = 0, filled = 0;
  for_each_shape(3, false, [&](const Shape& shape) {
    for_each_choice(3, alphabet.size(), [&](const Choice& choice) {
      auto written = history(shape, alphabet, choice);
      if (written[0].ops[0].action != Action::create) written[0].ops.insert(written[0].ops.begin(), create());
      std::optional<std::string> first;
      for_each_causal_order(written, [&](const RecordState& state) {
        const std::string inbox = listed(conflicts(state, nullptr));
        if (!first) first = inbox;
        different += inbox != *first;
      });
      ++histories;
      filled += !first->empty();
    });
  });
  CHECK(histories > 5000);
  CHECK(filled > 500);
  CHECK(different == 0);
}

TEST_CASE("entries come in the order of field, element and part, the record itself first") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), add("phones", "p1", "1", "number"), add("phones", "p2", "1", "number")});
  b.receive(log);
  a.write(log, {void_(), assign("mail", Kind::keep_all, "a"), add("phones", "p2", "2", "number"),
                remove("phones", "p1")});
  b.write(log, {assign("mail", Kind::keep_all, "b"), add("phones", "p2", "3", "number"),
                add("phones", "p1", "3", "number")});
  a.receive(log);
  std::vector<std::string> order;
  for (const Conflict& one : conflicts(a.state, nullptr)) order.push_back(place_of(one));
  CHECK(order == std::vector<std::string>{"//", "mail//", "phones/p1/", "phones/p2/number"});
}

TEST_CASE("a record that is not there has no entries, and they are back when it is restored") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create()});
  b.receive(log);
  a.write(log, {assign("mail", Kind::keep_all, "a")});
  b.write(log, {assign("mail", Kind::keep_all, "b")});
  a.receive(log);
  CHECK(conflicts(a.state, nullptr).size() == 1);
  a.write(log, {void_()});
  CHECK(conflicts(a.state, nullptr).empty());
  a.write(log, {restore()});
  CHECK(conflicts(a.state, nullptr).size() == 1);
}

TEST_CASE("two people who wrote the same are no conflict, whatever the kind") {
  for (const Kind kind : {Kind::register_, Kind::keep_all, Kind::severity, Kind::state, Kind::frozen, Kind::server}) {
    Tablet a(0, "ann"), b(1, "bob");
    Log log;
    a.write(log, {create(), assign("field", kind, "same")});
    b.write(log, {create(), assign("field", kind, "same")});
    a.receive(log);
    INFO("kind " << static_cast<uint32_t>(kind));
    CHECK(conflicts(a.state, nullptr).empty());
    CHECK(standing(a.look("field")).front() == "same");
  }
}

TEST_CASE("clearing by leaving out a value and by writing Null is the same") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  Op without = assign("mail", Kind::keep_all, ""), null = without;
  without.value.clear();
  null.value = proto::encode_value(model::Null{});
  a.write(log, {create(), without});
  b.write(log, {create(), null});
  a.receive(log);
  CHECK(a.look("mail").standing.empty());
  CHECK(conflicts(a.state, nullptr).empty());
}

TEST_CASE("docs/MERGE.md names every rule and says its words as the code does") {
  const std::string page = read("docs/MERGE.md");
  REQUIRE(!page.empty());
  for (const Rule rule : rules) {
    INFO(rule_name(rule));
    CHECK(page.find("`" + std::string(rule_name(rule)) + "`") != std::string::npos);
    CHECK(page.find(std::string(rule_words(rule))) != std::string::npos);
    CHECK(rule_words(rule).size() > 20);
  }
}

TEST_CASE("every test that docs/MERGE.md names is there") {
  std::string tests;
  for (const auto& file : std::filesystem::directory_iterator(std::string(SATCHEL_SOURCE_DIR) + "/tests/merge")) {
    if (file.path().extension() == ".cpp") tests += read("tests/merge/" + file.path().filename().string());
  }
  const std::string page = read("docs/MERGE.md");
  const std::regex named("\"([^\"]+)\"");
  int seen = 0;
  for (std::sregex_iterator at(page.begin(), page.end(), named), end; at != end; ++at, ++seen) {
    INFO((*at)[1].str());
    CHECK(tests.find("TEST_CASE(\"" + (*at)[1].str() + "\")") != std::string::npos);
  }
  CHECK(seen >= 10);
}

}  // namespace satchel::merge::test

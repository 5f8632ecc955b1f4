#include "tests/spec/expect.hpp"

#include <algorithm>

#include "core/base/ids.hpp"

namespace satchel::spec {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

json sorted(json list) {
  std::sort(list.begin(), list.end());
  return list;
}

// {"any_order": [...]}; {"any_of": [...]}; {"includes": "words"}; else equal. Items of a list are compared without their ids.
void expect_value(const std::string& what, const json& expected, json found) {
  if (found.is_array()) {
    for (json& item : found) {
      if (item.is_object()) item.erase("id");
    }
  }
  if (expected.is_object() && expected.contains("any_order")) {
    return expect_equal(what, sorted(expected["any_order"]), sorted(found));
  }
  if (expected.is_object() && expected.contains("any_of")) {
    const json& any = expected["any_of"];
    return std::find(any.begin(), any.end(), found) == any.end() ? expect_equal(what, expected, found) : void();
  }
  if (expected.is_object() && expected.contains("includes")) {
    return expect_part(what, expected["includes"], found.is_string() ? found.get<std::string>() : found.dump());
  }
  expect_equal(what, expected, found);
}

json values_of(const json& conflict) {
  json values = json::array();
  for (const char* side : {"standing", "others"}) {
    for (const json& head : conflict[side]) values.push_back(head["value"]);
  }
  return sorted(values);
}

// A conflict is described by as much of it as matters: field, decide, rule, element, values of all sides.
json described(const json& conflict, const json& by) {
  json out;
  for (const auto& [member, value] : by.items()) {
    out[member] = member == "values" ? values_of(conflict) : conflict.contains(member) ? conflict[member] : json();
  }
  return out;
}

void expect_conflicts(const json& expected, const json& found) {
  if (expected.size() != found.size()) expect_equal("conflicts of the record", expected, found);
  for (size_t i = 0; i < expected.size(); ++i) {
    json wanted = expected[i];
    if (wanted.contains("values")) wanted["values"] = sorted(wanted["values"]);
    expect_equal("conflict " + std::to_string(i + 1), wanted, described(found[i], expected[i]));
  }
}

void expect_record(Tablet& tablet, const json& expectation, const Names& names) {
  const json read = tablet.read(expectation["collection"], names.in(expectation["record"].get<std::string>()));
  if (expectation.value("gone", false)) {
    if (!read.is_null()) throw Failed("the record is still here");
    return;
  }
  if (read.is_null()) throw Failed("the record is not here");
  const json record = names.out(read["record"]);
  expect_equal("put away", expectation.value("put_away", false), record["void"]);
  const json fields = expectation.value("fields", json::object());
  for (const auto& [field, value] : fields.items()) {
    expect_value(field, value, record["fields"].contains(field) ? record["fields"][field] : json());
  }
  if (expectation.contains("conflicts")) expect_conflicts(expectation["conflicts"], record["conflicts"]);
}

void expect_set_aside(Tablet& tablet, const json& expected, const Names& names) {
  const json found = names.out(tablet.set_aside());
  expect_equal("set aside", expected.size(), found.size());
  for (size_t i = 0; i < expected.size(); ++i) expect_part("set aside", expected[i], found[i].dump());
}

}  // namespace

void Names::make(const std::string& name) {
  if (name.empty() || name.front() != '$' || knows(name)) return;
  ids_[name] = uuid_text(uuid_v7(1'773'000'000'000 + static_cast<int64_t>(ids_.size()), random_));
}

void Names::learn(const std::string& name, const std::string& id) { ids_[name] = id; }

std::string Names::in(const std::string& text) const {
  std::string out = text;
  // Longest first, so that "$note2" is not taken for "$note".
  std::vector<std::pair<std::string, std::string>> longest(ids_.begin(), ids_.end());
  std::sort(longest.begin(), longest.end(),
            [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  for (const auto& [name, id] : longest) out = replaced(std::move(out), name, id);
  return out;
}

json Names::in(const json& value) const { return json::parse(in(value.dump())); }

json Names::out(const json& value) const {
  std::string text = value.dump();
  for (const auto& [name, id] : ids_) text = replaced(std::move(text), id, name);
  return json::parse(text);
}

void expect_equal(const std::string& what, const json& expected, const json& found) {
  if (expected == found) return;
  throw Failed(what + "\n  expected: " + expected.dump() + "\n  found:    " + found.dump());
}

void expect_part(const std::string& what, const std::string& expected, const std::string& found) {
  if (found.find(expected) != std::string::npos) return;
  throw Failed(what + "\n  expected to hold: " + expected + "\n  found:            " + found);
}

void check_expectation(Tablet& tablet, const json& expectation, const Names& names) {
  if (expectation.contains("record")) expect_record(tablet, expectation, names);
  if (expectation.contains("set_aside")) expect_set_aside(tablet, expectation["set_aside"], names);
  if (expectation.contains("status_says")) {
    expect_part("status", expectation["status_says"], tablet.status()["words"]);
  }
  if (expectation.contains("questions")) {
    expect_equal("questions for a person", expectation["questions"], tablet.status()["to_decide"]);
  }
  if (expectation.contains("notices")) {
    expect_equal("things to know", expectation["notices"], tablet.status()["to_know"]);
  }
  if (expectation.contains("query")) {
    const json page = names.out(tablet.query(names.in(expectation["query"])));
    expect_equal("how many", expectation["count"], page["records"].size());
    const json found = expectation.value("found", json::object());
    for (const auto& [field, value] : found.items()) {
      for (const json& record : page["records"]) expect_value(field, value, record["fields"].value(field, json()));
    }
  }
}

}  // namespace satchel::spec

#include "tests/spec/story.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/base/ids.hpp"
#include "tests/spec/expect.hpp"
#include "tests/support/domain_schema.hpp"
#include "tests/support/temporary_directory.hpp"

namespace satchel::spec {
namespace {

class Story {
 public:
  Story(const json& scenario, Orders& orders)
      : scenario_(scenario), orders_(orders), centre_(directory_.path(), time_) {}
  void play();

 private:
  void add_tablet(const std::string& name, const json& about);
  void step(const json& step);
  void centre_step(const json& step);
  void tablet_step(const json& step);
  void write(Tablet& tablet, const json& step);
  void settle(Tablet& tablet, const json& step);
  bool order_matters(const std::vector<std::string>& tablets);
  void sync(std::vector<std::string> tablets);
  void expect(const json& expectation);
  void all_agree();
  Tablet& tablet(const std::string& name);
  std::vector<std::string> all_tablets() const;

  const json& scenario_;
  Orders& orders_;
  test::TemporaryDirectory directory_;
  Time time_;
  Centre centre_;
  Names names_;
  std::map<std::string, std::unique_ptr<Tablet>> tablets_;
  bool centre_acted_ = false;
  std::map<std::string, std::string> forms_;  // name -> token of the read
};

// An app that knows less: the schema of today without some fields, one version older.
std::string older_schema(const json& without) {
  json schema = json::parse(test::domain_schema_text());
  schema["version"] = schema["version"].get<int>() - 1;
  for (const std::string name : without) {
    const size_t dot = name.find('.');
    json& collections = schema["collections"];
    if (dot == std::string::npos) {
      collections.erase(name);
    } else {
      collections[name.substr(0, dot)]["fields"].erase(name.substr(dot + 1));
    }
  }
  return schema.dump();
}

void Story::add_tablet(const std::string& name, const json& about) {
  const std::string schema =
      about.contains("does_not_know") ? older_schema(about["does_not_know"]) : test::domain_schema_text();
  tablets_[name] =
      std::make_unique<Tablet>(directory_.path(name + ".db"), centre_, time_, about["worker"], schema);
}

Tablet& Story::tablet(const std::string& name) {
  const auto found = tablets_.find(name);
  if (found == tablets_.end()) throw Failed("there is no tablet " + name);
  return *found->second;
}

std::vector<std::string> Story::all_tablets() const {
  std::vector<std::string> all;
  for (const auto& [name, tablet] : tablets_) all.push_back(name);
  return all;
}

// ---- the centre

void Story::centre_step(const json& step) {
  const std::string what = step["centre"];
  centre_acted_ = true;
  auto admin = centre_.admin();
  const auto must = [](const auto& result) {
    if (!result.ok()) throw Failed(result.error().message);
  };
  const auto scope = [&] { return *ScopeId::parse(names_.in(step["scope"].get<std::string>())); };
  if (what == "grants") {
    for (const std::string worker : step["to"]) {
      const std::string name = step["scope"];
      const std::optional<ScopeId> there = names_.knows(name) ? std::optional(scope()) : std::nullopt;
      const auto made = admin->grant("north", worker, there, step.value("kind", there ? "" : "case"),
                                     step.value("role", "writer"), name, ScopeId{});
      must(made);
      names_.learn(name, made->text());
    }
  } else if (what == "withdraws") {
    must(admin->withdraw("north", step["from"].get<std::string>(), scope()));
  } else if (what == "suspends") {
    must(admin->suspend("north", step["worker"].get<std::string>(),
                        time_.wall_ms() + milliseconds(step.value("from", "0 days"))));
  } else if (what == "imports") {
    must(admin->import_directory("north", scope(), step["services"].dump()));
  } else if (what == "restarts") {
    admin.reset();
    centre_.restart();
  } else if (what == "holds back") {
    const auto items = admin->quarantine("north");
    must(items);
    expect_equal("transactions in quarantine", step["count"].get<size_t>(), items->size());
  } else if (what == "releases all") {
    const auto items = admin->quarantine("north");
    must(items);
    for (const auto& item : *items) must(admin->release("north", item.id));
  } else {
    throw Failed("the centre cannot \"" + what + "\"");
  }
}

// ---- people

void Story::write(Tablet& tablet, const json& step) {
  json draft = {{"changes", step["writes"]}};
  for (const char* member : {"shown", "open"}) {
    if (step.contains(member)) draft[member] = step[member];
  }
  if (draft.contains("shown")) draft["shown"] = forms_.at(draft["shown"]);
  for (const json& change : draft["changes"]) {
    if (change["action"] == "create") names_.make(change.value("record", ""));
  }
  for (json& opening : draft.contains("open") ? draft["open"] : json::array()) names_.make(opening.value("scope", ""));
  tablet.transact(names_.in(draft));
}

void Story::settle(Tablet& tablet, const json& step) {
  json decision = names_.in(step["settles"]);
  decision["shown"] = tablet.conflicts()["token"];
  tablet.settle(decision);
}

void Story::tablet_step(const json& step) {
  Tablet& who = tablet(step["tablet"]);
  if (step.contains("writes")) {
    write(who, step);
  } else if (step.contains("is_refused")) {
    try {
      write(who, {{"writes", step["is_refused"]}});
    } catch (const Failed& refused) {
      return expect_part("the refusal", step["because"], refused.what());
    }
    throw Failed("this was not refused");
  } else if (step.contains("opens_form")) {
    const json read = who.read(step["collection"], names_.in(step["record"].get<std::string>()));
    if (read.is_null()) throw Failed("the form's record is not here");
    forms_[step["opens_form"]] = read["token"];
  } else if (step.contains("settles")) {
    settle(who, step);
  } else if (step.contains("clock_is_wrong_by")) {
    who.ahead_ms = milliseconds(step["clock_is_wrong_by"]);
  } else if (step.contains("loses_answers")) {
    who.answers_to_lose = step["loses_answers"].get<int>();
  } else {
    throw Failed("this step says nothing that a tablet does");
  }
}

// The order can only matter where several bring something, or the centre did something meanwhile.
bool Story::order_matters(const std::vector<std::string>& tablets) {
  const bool acted = std::exchange(centre_acted_, false);
  const auto brings = [&](const std::string& name) { return tablet(name).status()["unsent"] != 0; };
  const auto bringing = std::count_if(tablets.begin(), tablets.end(), brings);
  return bringing > 1 || (bringing == 1 && acted);
}

void Story::sync(std::vector<std::string> tablets) {
  if (order_matters(tablets)) tablets = orders_.take(std::move(tablets));
  // Once in this order, and once more so that everybody has heard everybody.
  for (int round = 0; round < 2; ++round) {
    for (const std::string& name : tablets) {
      Tablet& who = tablet(name);
      try {
        who.sync();
      } catch (const Failed& failed) {
        if (std::string(failed.what()).find("The answer was lost.") == std::string::npos) throw;
        who.sync();
      }
    }
  }
}

void Story::expect(const json& expectation) {
  const std::string on = expectation.value("on", "all");
  for (const auto& [name, tablet] : tablets_) {
    if (on != "all" && on != name) continue;
    try {
      check_expectation(*tablet, expectation, names_);
    } catch (const Failed& failed) {
      throw Failed("tablet " + name + ": " + failed.what());
    }
  }
}

// Whatever a scenario says: who holds the same scope holds the same, and every store is the fold of its log.
void Story::all_agree() {
  std::map<std::string, json> first;
  for (const auto& [name, tablet] : tablets_) {
    tablet->verify();
    expect_equal("unsent on tablet " + name, 0, tablet->status()["unsent"].get<int>());
    const json answer = tablet->scopes();
    for (const json& scope : answer["scopes"]) {
      const json digests = {scope["log_digest"], scope["state_digest"]};
      const auto [at, fresh] = first.emplace(scope["id"], digests);
      if (!fresh) expect_equal("digests of a scope on tablet " + name, at->second, digests);
    }
  }
}

void Story::step(const json& step) {
  if (step.contains("centre")) return centre_step(step);
  if (step.contains("tablet")) return tablet_step(step);
  if (step.contains("sync"))
    return sync(step["sync"] == "all" ? all_tablets() : step["sync"].get<std::vector<std::string>>());
  if (step.contains("time_passes")) return time_.pass(milliseconds(step["time_passes"]));
  if (step.contains("expect")) {
    for (const json& expectation : step["expect"]) expect(expectation);
    return;
  }
  throw Failed("no such step");
}

void Story::play() {
  for (const auto& [name, about] : scenario_["tablets"].items()) add_tablet(name, about);
  size_t number = 0;
  for (const json& each : scenario_["story"]) {
    ++number;
    try {
      step(each);
    } catch (const std::exception& failed) {
      throw Failed("step " + std::to_string(number) + " " + each.dump().substr(0, 160) + "\n  " + failed.what());
    }
    time_.pass(60'000);
  }
  all_agree();
}

}  // namespace

int64_t milliseconds(const std::string& words) {
  static const std::map<std::string, int64_t> units = {
      {"minute", 60'000}, {"hour", 3'600'000}, {"day", 86'400'000}, {"year", 365 * int64_t{86'400'000}}};
  std::istringstream in(words);
  int64_t number = 0;
  std::string unit;
  in >> number >> unit;
  if (!unit.empty() && unit.back() == 's') unit.pop_back();
  const auto found = units.find(unit);
  if (found == units.end()) throw Failed("\"" + words + "\" is no span of time");
  return number * found->second;
}

void play(const json& scenario, Orders& orders) { Story(scenario, orders).play(); }

}  // namespace satchel::spec

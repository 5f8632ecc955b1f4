#include <algorithm>

#include "tests/sim/checks.hpp"

namespace satchel::sim {
namespace {

struct Act {
  const ReadEntry* read = nullptr;
  size_t index = 0;
};

bool saw(const Act& later, const Act& earlier) {
  if (later.read == earlier.read) return later.index > earlier.index;
  return later.read->header.shown.includes(earlier.read->header.id.replica, earlier.read->header.id.counter);
}

struct Acts {
  bool created = false;
  std::vector<Act> touches, removals;

  void add(const Act& act) {
    const model::Op& op = act.read->ops[act.index];
    const bool by_worker = act.read->header.author == model::Author::worker || act.read->header.origin.has_value();
    if (op.action == model::Action::create) created = true;
    if (op.action == model::Action::void_) {
      removals.push_back(act);
    } else if (op.action == model::Action::restore || (by_worker && !op.settles)) {
      touches.push_back(act);
    }
  }
  bool present() const {
    if (!created || removals.empty()) return created;
    return std::any_of(touches.begin(), touches.end(), [&](const Act& touch) {
      return std::none_of(removals.begin(), removals.end(), [&](const Act& removal) { return saw(removal, touch); });
    });
  }
};

class CheckPresence final : public Check {
 public:
  const char* name() const override { return "presence"; }

  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    for (const ReadScope& scope : world.centre->scopes()) {
      std::map<model::RecordKey, Acts> records;
      for (const ReadEntry& read : scope.entries) {
        for (size_t i = 0; i < read.ops.size(); ++i) {
          records[{read.ops[i].collection, read.ops[i].record}].add({&read, i});
        }
      }
      for (const auto& [key, acts] : records) look(world, key, acts, wrong);
    }
    return wrong;
  }

 private:
  static void look(const AtRest& world, const model::RecordKey& key, const Acts& acts,
                   std::vector<std::string>& wrong) {
    if (acts.removals.empty()) return;
    const bool expected = acts.present();
    for (const auto& tablet : world.tablets) {
      if (!tablet.running()) continue;
      const auto shown = tablet.record(key);
      if (!shown.ok() || !*shown || (*shown)->state.present() == expected) continue;
      wrong.push_back(tablet.name + " shows " + key.collection + " " + key.record.text() + " as " +
                      (expected ? "removed, though somebody touched it who was not shown that"
                                : "there, though everybody who touched it was seen by the removal"));
    }
  }
};

}  // namespace

std::unique_ptr<Check> check_presence() { return std::make_unique<CheckPresence>(); }

}  // namespace satchel::sim

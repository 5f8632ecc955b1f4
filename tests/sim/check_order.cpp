#include <algorithm>

#include "tests/sim/checks.hpp"

namespace satchel::sim {
namespace {

int64_t ms_of(uint64_t ord) { return static_cast<int64_t>(ord >> 16); }

class CheckOrder final : public Check {
 public:
  const char* name() const override { return "order"; }

  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    for (const ReadScope& scope : world.centre->scopes()) look(world, scope, wrong);
    return wrong;
  }

 private:
  static void look(const AtRest& world, const ReadScope& scope, std::vector<std::string>& wrong) {
    uint64_t position = 0;
    model::Version before;
    std::map<std::pair<ReplicaId, uint64_t>, uint64_t> ords;
    const std::string where = world.name_of_scope(scope.state.id) + "@";
    for (const ReadEntry& read : scope.entries) {
      const model::Entry& entry = read.entry;
      const std::string here = where + std::to_string(entry.position);
      if (entry.position != ++position) wrong.push_back(here + ": the positions have a gap or repeat");
      if (!before.includes(entry.base)) wrong.push_back(here + ": its base does not come before it");
      if (before[entry.id.replica] + 1 != entry.id.counter) wrong.push_back(here + ": its slot comes out of turn");
      const uint64_t own = entry.id.counter > 1 ? ords[{entry.id.replica, entry.id.counter - 1}] : 0;
      uint64_t below = own;
      for (const auto& [replica, counter] : entry.base.entries()) {
        const uint64_t ord = ords[{replica, counter}];
        below = std::max(below, ord);
        if (ord >= entry.envelope.ord) wrong.push_back(here + ": its ord does not grow over its base");
      }
      if (entry.envelope.ord <= own) wrong.push_back(here + ": its ord does not grow along its replica");
      // No clock is trusted: an op cannot be later than it was received; but for one that came back after a restore and
      // builds on what came back later.
      if (ms_of(entry.envelope.ord) > entry.envelope.received_ms + 1 && entry.envelope.ord > below + 1) {
        wrong.push_back(here + ": its ord is later than it was received");
      }
      ords[{entry.id.replica, entry.id.counter}] = entry.envelope.ord;
      before.raise(entry.id.replica, entry.id.counter);
    }
    if (position != scope.state.head) wrong.push_back(where + ": the head is not the last position");
  }
};

}  // namespace

std::unique_ptr<Check> check_order() { return std::make_unique<CheckOrder>(); }

}  // namespace satchel::sim

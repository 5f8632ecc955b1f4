#include "tests/sim/checks.hpp"

namespace satchel::sim {
namespace {

class CheckHistory final : public Check {
 public:
  const char* name() const override { return "history"; }

  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    for (const ReadScope& scope : world.centre->scopes()) {
      for (const auto& tablet : world.tablets) {
        if (tablet.running()) look(world, tablet, scope, wrong);
      }
    }
    return wrong;
  }

 private:
  static void look(const AtRest& world, const TabletAtRest& tablet, const ReadScope& scope,
                   std::vector<std::string>& wrong) {
    const auto held = tablet.reader->scopes();
    if (!held.ok()) return;
    for (const auto& one : *held) {
      if (one.id == scope.state.id && one.keeps_history && !one.withdrawn) compare(world, tablet, scope, wrong);
    }
  }

  static void compare(const AtRest& world, const TabletAtRest& tablet, const ReadScope& scope,
                      std::vector<std::string>& wrong) {
    const std::string what = tablet.name + " in " + world.name_of_scope(scope.state.id) + ": ";
    size_t next = 0;
    std::string other;
    const auto read = tablet.reader->history(scope.state.id, [&](const model::Entry& entry, const auto* content) {
      other = next < scope.entries.size() ? what_differs(entry, content, scope.entries[next]) : "length";
      ++next;
      return Result<bool>(other.empty());
    });
    if (!read.ok()) {
      wrong.push_back(what + "its history cannot be read: " + read.error().message + " [" + read.error().place + "]");
    } else if (!other.empty()) {
      wrong.push_back(what + "its history is another than the centre's at place " + std::to_string(next) + ": its " +
                      other);
    } else if (next != scope.entries.size()) {
      wrong.push_back(what + "its history ends at " + std::to_string(next) + " of " +
                      std::to_string(scope.entries.size()));
    }
  }

  static std::string what_differs(const model::Entry& entry, const proto::DecodedTransaction* content,
                                  const ReadEntry& expected) {
    if (entry.position != expected.entry.position) return "position";
    if (entry.hash != expected.entry.hash) return "hash";
    if (entry.slot != expected.entry.slot) return "slot";
    if (content == nullptr) return entry.base == expected.entry.base ? "" : "base";
    if (content->transaction.header.base != expected.header.base) return "base";
    return content->transaction.header.shown == expected.header.shown ? "" : "shown";
  }
};

}  // namespace

std::unique_ptr<Check> check_history() { return std::make_unique<CheckHistory>(); }

}  // namespace satchel::sim

#include "core/store/held_scopes.hpp"
#include "tests/sim/checks.hpp"
#include "tests/sim/sealed.hpp"

namespace satchel::sim {
namespace {

// Where a marked commit turned up.
struct Whereabouts {
  uint32_t stands = 0;     // entries by its worker
  uint32_t released = 0;   // entries by the centre
  uint32_t refused = 0;    // rows of the quarantine, in the name of its slot
  std::optional<uint64_t> displaced;  // in quarantine as what has no place any more: the counter of its slot
  std::set<size_t> aside;  // tablets on which it is set aside, with a reason
  std::set<size_t> sealed;  // tablets that keep it sealed for the centre
  bool without_reason = false;
};

class CheckPromises final : public Check {
 public:
  const char* name() const override { return "promises"; }

  std::vector<std::string> at_rest(const AtRest& world) override {
    std::map<uint32_t, Whereabouts> found;
    sqlite::Database& db = world.centre->db();
    for (const ReadScope& scope : world.centre->scopes()) {
      for (const ReadEntry& read : scope.entries) {
        const auto mark = read.ops.empty() ? std::nullopt : mark_in(read.ops.front().reason);
        if (!mark) continue;
        ++(read.header.author == model::Author::centre ? found[*mark].released : found[*mark].stands);
      }
    }
    look_into_quarantine(db, found);
    const auto keys = world.sealing_keys;
    for (const auto& tablet : world.tablets) {
      if (!tablet.running()) continue;
      look_aside(tablet, found);
      for (const uint32_t mark : marks_sealed_in(tablet.reader->database(), keys)) {
        found[mark].sealed.insert(tablet.number);
      }
    }
    std::vector<std::string> wrong;
    // What an event lets go of rests on this other way of looking.
    const auto seen = marks_in(db);
    for (const auto& [mark, where] : found) {
      if (where.stands == 0 || (seen.ok() && seen->count(mark) != 0)) continue;
      wrong.push_back(words_of_mark(mark) + " stands, and the simulator would not see it when a machine is lost");
    }
    for (const auto& [mark, promise] : world.promises->all()) judge(world, promise, found[mark], wrong);
    return wrong;
  }

 private:
  // What its author has written again waits for nobody: it is there to tell what its slot held once (state 3).
  static void look_into_quarantine(sqlite::Database& db, std::map<uint32_t, Whereabouts>& found) {
    sqlite::StatementScope rows(
        db.prepare("SELECT q.bytes, d.counter FROM centre_quarantine q LEFT JOIN centre_displaced d "
                   "ON d.org = q.org AND d.scope = q.scope AND d.name = q.replica WHERE q.state <> 3"));
    for (;;) {
      const auto more = rows->step();
      if (!more.ok() || !*more) return;
      const auto mark = mark_in(rows->blob(0));
      if (!mark) continue;
      if (rows->is_null(1)) ++found[*mark].refused;
      if (!rows->is_null(1)) found[*mark].displaced = static_cast<uint64_t>(rows->int64(1));
    }
  }

  static void look_aside(const TabletAtRest& tablet, std::map<uint32_t, Whereabouts>& found) {
    const auto items = tablet.reader->set_aside();
    if (!items.ok()) return;
    for (const auto& item : *items) {
      const auto mark = item.ops.empty() ? std::nullopt : mark_in(item.ops.front().reason);
      if (!mark) continue;
      found[*mark].aside.insert(tablet.number);
      found[*mark].without_reason = found[*mark].without_reason || item.reason.empty();
    }
  }

  static void judge(const AtRest& world, const Promise& promise, const Whereabouts& found,
                    std::vector<std::string>& wrong) {
    const std::string who = words_of_mark(promise.mark) + " of " + world.tablets[promise.tablet].name + " in " +
                            world.name_of_scope(promise.scope);
    const bool aside = found.refused > 0 || found.displaced || !found.aside.empty();
    if (found.stands > 1) wrong.push_back(who + " stands " + std::to_string(found.stands) + " times");
    if (found.released > 1) wrong.push_back(who + " was released " + std::to_string(found.released) + " times");
    if (found.stands > 0 && (aside || found.released > 0)) {
      wrong.push_back(who + " stands and is set aside too (refused " + std::to_string(found.refused) +
                      (found.displaced ? ", displaced" : "") + ", on " +
                      std::to_string(found.aside.size()) + " tablets, released " + std::to_string(found.released) +
                      ")");
    }
    judge_aside(world, promise, found, who, wrong);
    if (found.without_reason) wrong.push_back(who + " is set aside without a reason");
    if (!promise.certain || found.stands > 0 || aside || found.released > 0) return;
    wrong.push_back(who + (found.sealed.empty() ? " is lost" : " is at the centre no more, only sealed on a tablet"));
  }

  // It left the scope while it stood, and keeps nothing of it that can be read: what is displaced after that waits at the
  // centre alone, and nobody has refused it.
  static bool has_left(const TabletAtRest& tablet, const ScopeId& scope, uint64_t counter) {
    const auto held = store::find_held_scope(tablet.reader->database(), scope);
    return held.ok() && (!*held || (*held)->withdrawn || (*held)->own_floor >= counter);
  }

  // Its author reads what was refused, until it is released.
  static void judge_aside(const AtRest& world, const Promise& promise, const Whereabouts& found, const std::string& who,
                          std::vector<std::string>& wrong) {
    const TabletAtRest& tablet = world.tablets[promise.tablet];
    const bool same_file = tablet.running() && tablet.life == promise.life && !tablet.copied;
    if (!same_file || !promise.certain) return;
    const bool read_there = found.aside.count(promise.tablet) != 0;
    const bool told = found.refused > 0 || (found.displaced && !has_left(tablet, promise.scope, *found.displaced));
    if (told && found.released == 0 && !read_there) {
      wrong.push_back(who + " was refused, and its author cannot read it");
    }
    if (found.released == 0 || !read_there) return;
    const auto held = store::find_held_scope(tablet.reader->database(), promise.scope);
    if (held.ok() && *held && !(*held)->withdrawn) wrong.push_back(who + " was released and is still set aside");
  }
};

}  // namespace

std::unique_ptr<Check> check_promises() { return std::make_unique<CheckPromises>(); }

}  // namespace satchel::sim

#include "tests/sim/checks.hpp"
#include "tests/sim/timeline.hpp"

namespace satchel::sim {
namespace {

class CheckRights final : public Check {
 public:
  const char* name() const override { return "rights"; }

  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    for (const auto& tablet : world.tablets) {
      if (!tablet.running()) continue;
      look_at_scopes(world, tablet, wrong);
      look_for_rests(tablet, wrong);
    }
    sqlite::Database& db = world.centre->db();
    for (const ReadScope& scope : world.centre->scopes()) {
      for (const ReadEntry& read : scope.entries) {
        look_at_entry(world, scope.state.id, read, wrong);
        look_at_refusal(world, db, scope.state.id, read.entry, wrong);
      }
    }
    return wrong;
  }

 private:
  static void look_at_scopes(const AtRest& world, const TabletAtRest& tablet, std::vector<std::string>& wrong) {
    const auto held = tablet.reader->scopes();
    if (!held.ok()) return;
    for (const auto& scope : *held) {
      const std::string what = tablet.name + " holds " + world.name_of_scope(scope.id);
      if (!world.rights->ever(tablet.worker, scope.id)) {
        wrong.push_back(what + ", which was never granted");
      } else if (world.rights->now(tablet.worker, scope.id) == Rights::Now::none) {
        wrong.push_back(what + ", which was withdrawn");
      }
    }
  }

  // Rows of scopes that are not held any more.
  static void look_for_rests(const TabletAtRest& tablet, std::vector<std::string>& wrong) {
    for (const char* table : {"entries", "records", "outbox", "overlay", "record_index", "field_index", "conflicts",
                              "snapshot_records"}) {
      const std::string sql =
          std::string("SELECT count(*) FROM ") + table + " WHERE scope NOT IN (SELECT scope FROM held_scopes)";
      auto select = tablet.reader->database().prepare_dynamic(sql);
      if (!select.ok()) continue;
      sqlite::StatementScope row(**select);
      if (!row->step().ok() || row->int64(0) == 0) continue;
      wrong.push_back(tablet.name + " keeps " + std::to_string(row->int64(0)) + " rows of " + table +
                      " of a scope that it does not hold");
    }
  }

  // At an earlier time than its ord tells now: it came back after a restore, behind what came back later.
  static bool judged_before(const model::Entry& entry) {
    return static_cast<int64_t>(entry.envelope.ord >> 16) > entry.envelope.received_ms + 1;
  }

  static void look_at_entry(const AtRest& world, const ScopeId& scope, const ReadEntry& read,
                            std::vector<std::string>& wrong) {
    if (read.entry.slot != model::Slot::content || read.header.author != model::Author::worker) return;
    if (judged_before(read.entry)) return;
    const int64_t written = static_cast<int64_t>(read.entry.envelope.ord >> 16);
    if (world.rights->could_write(read.header.worker, scope, written) != Rights::Now::none) return;
    wrong.push_back(world.name_of_scope(scope) + "@" + std::to_string(read.entry.position) + " stands, though " +
                    read.header.worker + " had no right to write there at " + std::to_string(written - kBeginning) +
                    " ms");
  }

  // What was refused because there was no right was written without one.
  static void look_at_refusal(const AtRest& world, sqlite::Database& db, const ScopeId& scope,
                              const model::Entry& entry, std::vector<std::string>& wrong) {
    const bool by_rights = entry.reason.rfind("There was no right to write here", 0) == 0 ||
                           entry.reason.rfind("This was written after the account was suspended", 0) == 0 ||
                           entry.reason.rfind("The right held here is to read only", 0) == 0;
    if (entry.slot != model::Slot::empty || !by_rights || judged_before(entry)) return;
    sqlite::StatementScope row(
        db.prepare("SELECT worker FROM centre_quarantine WHERE scope = ? AND replica = ? AND counter = ?"));
    row->bind_blob(0, scope.view()).bind_blob(1, entry.id.replica.view());
    row->bind(2, static_cast<int64_t>(entry.id.counter));
    const auto found = row->step();
    if (!found.ok() || !*found) return;
    const std::string worker(row->text(0));
    const int64_t written = static_cast<int64_t>(entry.envelope.ord >> 16);
    if (world.rights->could_write(worker, scope, written) != Rights::Now::granted) return;
    wrong.push_back(world.name_of_scope(scope) + "@" + std::to_string(entry.position) + " was refused, though " +
                    worker + " had the right to write there at " + std::to_string(written - kBeginning) + " ms");
  }
};

}  // namespace

std::unique_ptr<Check> check_rights() { return std::make_unique<CheckRights>(); }

}  // namespace satchel::sim

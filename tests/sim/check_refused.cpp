#include "server/quarantine.hpp"
#include "server/release.hpp"
#include "tests/sim/checks.hpp"

namespace satchel::sim {
namespace {

std::string text_of(const model::TransactionId& id) {
  return id.replica.text().substr(0, 4) + "/" + std::to_string(id.counter);
}

class CheckRefused final : public Check {
 public:
  const char* name() const override { return "refused"; }

  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    sqlite::Database& db = world.centre->db();
    std::set<model::TransactionId> released, empty;
    for (const ReadScope& scope : world.centre->scopes()) {
      for (const ReadEntry& read : scope.entries) {
        model::TransactionId id = read.entry.id;
        id.scope = scope.state.id;
        if (read.entry.slot == model::Slot::empty) empty.insert(id);
        if (read.header.origin && !read.header.origin->late) released.insert(server::released_by(read.header));
      }
    }
    look_at_decisions(world, db, released, wrong);
    for (const auto& tablet : world.tablets) look_at_tablet(world, tablet, db, empty, wrong);
    return wrong;
  }

 private:
  static void look_at_decisions(const AtRest& world, sqlite::Database& db,
                                const std::set<model::TransactionId>& released, std::vector<std::string>& wrong) {
    sqlite::StatementScope rows(db.prepare("SELECT scope, replica, counter, state FROM centre_quarantine"));
    for (;;) {
      const auto more = rows->step();
      if (!more.ok() || !*more) return;
      const model::TransactionId id{*ScopeId::from_bytes(rows->blob(0)), *ReplicaId::from_bytes(rows->blob(1)),
                                    static_cast<uint64_t>(rows->int64(2))};
      const bool said = static_cast<server::Quarantined::State>(rows->int64(3)) == server::Quarantined::State::released;
      if (said == (released.count(id) != 0)) continue;
      wrong.push_back(text_of(id) + " in " + world.name_of_scope(id.scope) +
                      (said ? " is said to be released and stands nowhere" : " stands, released, and is said to wait"));
    }
  }

  // What its author's tablet still has, whoever decides about it has to be able to read.
  static void look_at_tablet(const AtRest& world, const TabletAtRest& tablet, sqlite::Database& db,
                             const std::set<model::TransactionId>& empty, std::vector<std::string>& wrong) {
    if (!tablet.running()) return;
    const auto items = tablet.reader->set_aside();
    if (!items.ok()) return;
    for (const auto& item : *items) {
      if (item.waiting || empty.count(item.id) == 0) continue;
      sqlite::StatementScope row(
          db.prepare("SELECT 1 FROM centre_quarantine WHERE scope = ? AND replica = ? AND counter = ?"));
      row->bind_blob(0, item.id.scope.view()).bind_blob(1, item.id.replica.view());
      row->bind(2, static_cast<int64_t>(item.id.counter));
      const auto found = row->step();
      if (found.ok() && *found) continue;
      wrong.push_back(text_of(item.id) + " in " + world.name_of_scope(item.id.scope) + " is set aside on " +
                      tablet.name + ", and the centre has only its empty slot");
    }
  }
};

}  // namespace

std::unique_ptr<Check> check_refused() { return std::make_unique<CheckRefused>(); }

}  // namespace satchel::sim

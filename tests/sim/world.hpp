// One world: tablets, the network, the centre and its people from one seed; then everything heals, and what must hold
// is checked. The same plan gives the same story byte for byte.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/centre.hpp"
#include "tests/sim/centres_words.hpp"
#include "tests/sim/checks.hpp"
#include "tests/sim/people.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/promises.hpp"
#include "tests/sim/rights.hpp"
#include "tests/sim/tablet.hpp"

namespace satchel::sim {

struct Outcome {
  uint64_t seed = 0;
  std::vector<Violation> violations;
  uint64_t tablets = 0, commits = 0, refused = 0, faults = 0, requests = 0, deaths = 0, rounds = 0, steps = 0;
  int64_t simulated_ms = 0;
  std::array<uint32_t, static_cast<size_t>(What::count_)> events{};
  std::string story;
  bool counts() const { return tablets >= kTabletsLeast && commits >= kCommitsLeast && faults >= kFaultsLeast; }
};

Outcome run_world(const Plan& plan, bool story);

class World {
 public:
  World(const Plan& plan, bool story);
  Outcome run();

  struct Before;

  // ---- for checks and events
  TabletMachine& tablet(uint32_t who) { return *tablets[who % tablets.size()]; }
  // What is in a machine's file now, read in a copy of its disk: to look changes nothing, and a fault that the machine's
  // disk is about to have meets the machine.
  template <class F>
  void look_into(const support::MemoryDisk& disk, const std::string& path, F work) const {
    support::MemoryDisk copy;
    copy.put_back(disk.contents());
    sqlite::Database db = open(copy, path);
    work(db);
  }
  // A connection of the checker's own, once everything is healed.
  sqlite::Database open_centre() const { return open(centre->disk, kCentreFile); }
  void violate(const std::string& check, const std::string& what);
  std::string name_of_scope(const ScopeId& scope) const;

  const Plan plan;
  Timeline timeline;
  Story story;
  std::vector<std::unique_ptr<TabletMachine>> tablets;
  std::unique_ptr<CentreMachine> centre;
  Promises promises;
  Rights rights;
  KnownRecords known;
  CentresWords centres_words;
  std::map<ScopeId, std::string> scope_kinds;
  std::vector<ScopeId> cases;
  ScopeId team;
  Outcome outcome;

 private:
  friend class Events;
  static sqlite::Database open(support::MemoryDisk& disk, const std::string& path);
  void set_up();
  void add_tablet(const TabletPlan& plan, const std::string& name, const std::string& worker);
  void watch(TabletMachine& tablet);
  std::map<ScopeId, uint32_t> mark(store::Draft& draft);
  void commit(TabletMachine& tablet, store::Draft draft, const Form* form);
  void committed(TabletMachine& tablet, const store::Draft& draft);
  void check_shown(TabletMachine& tablet, const model::TransactionId& id, const Before& before, const Form* form);
  void came(TabletMachine& tablet, const sync::HttpRequest& request, const sync::HttpResponse& response);
  std::set<uint32_t> marks_everywhere();
  bool keeps(const Promise& promise) const;  // its tablet has promised to keep it until a backup has it
  void lets_go(const TabletMachine& tablet, const std::string& why);
  void open_again(TabletMachine& tablet);
  void start_centre();
  void write_more();
  void heal();
  void settle();
  bool sync_all();
  std::string standing();
  void check();

  std::string schema_, newer_schema_;
  bool night_ = false;             // nobody opens anything
  bool centre_held_down_ = false;  // nobody starts it
};

}  // namespace satchel::sim

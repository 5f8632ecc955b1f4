// What each event does to a world.
#pragma once

#include "tests/sim/world.hpp"

namespace satchel::sim {

class Events {
 public:
  explicit Events(World& world) : world_(world) {}
  void happen(const Event& event);
  void goes_offline(TabletMachine& tablet, int64_t for_ms);

 private:
  // Each is called with the tablet it is about and dice of its own; false: it did not come to it.
  bool by_people(TabletMachine& tablet, What what, Dice& dice);
  bool write(TabletMachine& tablet, Dice& dice);
  bool open_form(TabletMachine& tablet, Dice& dice);
  bool save_form(TabletMachine& tablet, Dice& dice);
  bool change(TabletMachine& tablet, Dice& dice);
  bool set_risk(TabletMachine& tablet, Dice& dice);
  bool settle(TabletMachine& tablet, Dice& dice);
  bool remove(TabletMachine& tablet, Dice& dice);
  bool open_case(TabletMachine& tablet, Dice& dice);
  bool write_in_two(TabletMachine& tablet, Dice& dice);

  bool on_tablet(TabletMachine& tablet, What what, Dice& dice);
  bool sign_out(TabletMachine& tablet, Dice& dice);
  bool close_app(TabletMachine& tablet, Dice& dice);
  bool put_file_back(TabletMachine& tablet, Dice& dice);
  bool copy_file(TabletMachine& tablet, Dice& dice);
  bool fill_disk(TabletMachine& tablet, Dice& dice);
  bool grow_schema(TabletMachine& tablet);
  bool keep_history(TabletMachine& tablet, Dice& dice);
  bool background(TabletMachine& tablet, Dice& dice);
  bool lose_tablet(TabletMachine& tablet);
  TabletMachine* join(Dice& dice, bool in_many_parts);  // null: there are enough
  bool join_and_break_off(Dice& dice);
  void write_at_once(TabletMachine& tablet, Dice& dice);
  void clears_up(TabletMachine& tablet, int64_t delay_ms);
  bool weather(TabletMachine& tablet, What what, Dice& dice);
  bool clock(TabletMachine& tablet, What what, Dice& dice);
  bool tablet_dies(TabletMachine& tablet, What what, Dice& dice);

  bool centre_event(What what, Dice& dice);
  bool centre_down_long();
  bool restore(Dice& dice);
  bool rights(What what, Dice& dice);
  bool give(Dice& dice);
  bool give(const std::string& worker, const ScopeId& scope, const std::string& role);
  bool begin_case(Dice& dice);
  bool take(Dice& dice);
  bool take(const std::string& worker, const ScopeId& scope);
  bool close_case(Dice& dice);
  bool decide(What what, Dice& dice);
  bool night(TabletMachine& away, What what, Dice& dice);

  std::string some_worker(Dice& dice);
  int64_t now() const { return kBeginning + world_.timeline.now(); }  // by a right clock: the centre's
  void later(int64_t delay_ms, std::function<void(World&)> task);
  World& world_;
};

}  // namespace satchel::sim

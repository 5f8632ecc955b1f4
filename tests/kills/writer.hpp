// A link worker at a tablet that may be gone in the next instant: what is written next, drawn over the kinds of the
// schema, some of it from forms that stood open while something else came in.
#pragma once

#include <optional>
#include <vector>

#include "core/base/clock.hpp"
#include "core/store/store.hpp"
#include "tests/sim/dice.hpp"
#include "tests/sim/people.hpp"

namespace satchel::kills {

class Writer {
 public:
  // Borrows all.
  Writer(store::Reader& reader, const Clock& clock, sim::Dice& dice) : reader_(reader), clock_(clock), dice_(dice) {}
  // Empty: nothing this time (a form was opened, the record that was looked for is not there).
  store::Draft next();

 private:
  void look_around();  // what is on this tablet
  void open_form();
  store::Draft save_form();
  store::Draft new_record(const std::string& kind);
  store::Draft change();
  store::Draft set_risk();
  store::Draft remove_or_restore();
  store::Draft settle();
  store::Draft open_case();
  store::Draft write_in_two();
  sim::Desk desk() { return {reader_, clock_.wall_ms()}; }

  store::Reader& reader_;
  const Clock& clock_;
  sim::Dice& dice_;
  sim::KnownRecords known_;
  std::vector<sim::Form> forms_;
  uint64_t turns_ = 0;
};

}  // namespace satchel::kills

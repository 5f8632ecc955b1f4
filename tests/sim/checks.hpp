// What must hold once everything is healed and at rest. Each check is an object of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/at_rest.hpp"

namespace satchel::sim {

struct Violation {
  std::string check, what;
};

class Check {
 public:
  virtual ~Check() = default;
  virtual const char* name() const = 0;
  // One sentence per violation.
  virtual std::vector<std::string> at_rest(const AtRest& world) = 0;
};

// Every commit that returned stands, or is set aside with a reason, exactly once.
std::unique_ptr<Check> check_promises();
// Every store is the fold of its log; so is the centre.
std::unique_ptr<Check> check_verify();
// Log and state digests are the centre's wherever a scope is held, and everything is there.
std::unique_ptr<Check> check_digests();
// Positions are dense, bases come before, a slot once, ord grows along causality: computed from the entries alone.
std::unique_ptr<Check> check_order();
// Nobody holds what was never granted, nor keeps what was withdrawn, not even a row of it; and what stands was written
// by someone who had a right to at that time.
std::unique_ptr<Check> check_rights();
// No alarm is lowered by somebody who was not shown it: heads of severities computed from the entries alone.
std::unique_ptr<Check> check_alarms();
// A record is there if nobody removed it, or somebody touched it who was not shown the removal: from the entries alone.
std::unique_ptr<Check> check_presence();
// What a team's list shows of a case is what stands there.
std::unique_ptr<Check> check_headers();
// What was refused can be read at the centre as long as a tablet of its author has it, and what is said to be released
// stands.
std::unique_ptr<Check> check_refused();
// Where a tablet keeps the whole history, it is the centre's from position 1 on.
std::unique_ptr<Check> check_history();
// A tablet takes a new replica id only where its file was copied or put back, or the centre was.
std::unique_ptr<Check> check_forks();
// The inbox is the same on every tablet that holds the same, by the same schema.
std::unique_ptr<Check> check_inbox();
// Nothing waits to be sent any more.
std::unique_ptr<Check> check_outbox();
// No machine met a mistake of its own, and nowhere did digests differ, not even to be cured.
std::unique_ptr<Check> check_machines();

std::vector<std::unique_ptr<Check>> all_checks();

}  // namespace satchel::sim

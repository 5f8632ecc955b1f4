// What must hold between tablets once everything is healed.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <initializer_list>

#include "tests/contract/world.hpp"

namespace satchel::contract {

// Everything that all hold of the scope is the same, and each store is what its log says.
inline void require_agreement(const ScopeId& scope, std::initializer_list<Tablet*> tablets) {
  Tablet& first = **tablets.begin();
  for (Tablet* tablet : tablets) {
    CHECK(tablet->status().unsent == 0);
    CHECK(tablet->log_digest(scope) == first.log_digest(scope));
    CHECK(tablet->state_digest(scope) == first.state_digest(scope));
    tablet->verify();
  }
}

// Syncs until nothing is left, at most `times`; an attempt may fail.
inline void sync_in_the_end(Tablet& tablet, int times = 40) {
  for (int i = 0; i < times; ++i) {
    if (tablet.sync().ok() && tablet.status().unsent == 0) return;
  }
  FAIL("never got through");
}

// Backoff in milliseconds instead of seconds: the formula is the same, the test is quicker.
inline sync::EngineOptions hasty() {
  sync::EngineOptions options;
  options.backoff_base_ms = 5;
  options.backoff_cap_ms = 20;
  return options;
}

}  // namespace satchel::contract

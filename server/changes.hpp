// What has changed lately, so that a thousand parked long polls need not each look through all their scopes whenever
// one note arrives. Only saves work: when in doubt it says that something may have changed.
#pragma once

#include <cstdint>
#include <deque>
#include <set>

#include "core/base/ids.hpp"

namespace satchel::server {

class Changes {
 public:
  uint64_t now() const { return now_; }  // moves with every change
  void in_scope(int64_t org, const ScopeId& scope);
  void anywhere();  // another process wrote, or everything may have changed
  // May one of `scopes` of the organisation have changed after `since` (a now() of before)?
  bool touched_since(uint64_t since, int64_t org, const std::set<ScopeId>& scopes) const;

 private:
  struct Change {
    uint64_t at = 0;
    int64_t org = 0;
    ScopeId scope;
  };
  static constexpr size_t most_ = 4096;
  std::deque<Change> recent_;
  uint64_t now_ = 0;
  uint64_t blind_before_ = 0;  // of changes at or below this not everything is known
};

}  // namespace satchel::server

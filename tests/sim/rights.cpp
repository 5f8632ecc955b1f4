#include "tests/sim/rights.hpp"

namespace satchel::sim {

void Rights::give(const std::string& worker, const ScopeId& scope, bool writes, int64_t at_ms, bool surely) {
  ever_.insert({worker, scope});
  now_[{worker, scope}] = surely ? Now::granted : Now::unknown;
  writes_[{worker, scope}].emplace_back(at_ms, !surely ? Now::unknown : writes ? Now::granted : Now::none);
}

void Rights::take(const std::string& worker, const ScopeId& scope, int64_t at_ms, bool surely) {
  now_[{worker, scope}] = surely ? Now::none : Now::unknown;
  writes_[{worker, scope}].emplace_back(at_ms, now_[{worker, scope}]);
}

void Rights::suspend(const std::string& worker, int64_t at_ms, bool surely) {
  suspended_[worker] = surely ? Now::granted : Now::unknown;
  suspensions_[worker].emplace_back(at_ms, suspended_[worker]);
}

void Rights::reinstate(const std::string& worker, int64_t at_ms, bool surely) {
  suspended_[worker] = surely ? Now::none : Now::unknown;
  suspensions_[worker].emplace_back(at_ms, suspended_[worker]);
}

Rights::Now Rights::now(const std::string& worker, const ScopeId& scope) const {
  const auto suspended = suspended_.find(worker);
  if (suspended != suspended_.end() && suspended->second == Now::granted) return Now::none;
  if (suspended != suspended_.end() && suspended->second == Now::unknown) return Now::unknown;
  const auto found = now_.find({worker, scope});
  if (found == now_.end()) return perhaps_.count(worker) != 0 ? Now::unknown : Now::none;
  return found->second;
}

std::vector<ScopeId> Rights::granted_to(const std::string& worker) const {
  std::vector<ScopeId> scopes;
  for (const auto& [key, now] : now_) {
    if (key.first == worker && now == Now::granted) scopes.push_back(key.second);
  }
  return scopes;
}

std::vector<std::pair<std::string, ScopeId>> Rights::withdrawn() const {
  std::vector<std::pair<std::string, ScopeId>> all;
  for (const auto& [key, now] : now_) {
    if (now == Now::none) all.push_back(key);
  }
  return all;
}

Rights::Now Rights::at(const History& history, int64_t at_ms) {
  Now found = Now::none;
  for (const auto& [from_ms, now] : history) {
    if (from_ms <= at_ms) found = now;
  }
  return found;
}

Rights::Now Rights::could_write(const std::string& worker, const ScopeId& scope, int64_t at_ms) const {
  const auto suspensions = suspensions_.find(worker);
  const Now suspended = suspensions == suspensions_.end() ? Now::none : at(suspensions->second, at_ms);
  if (suspended == Now::granted) return Now::none;
  const auto writes = writes_.find({worker, scope});
  const Now unheard_of = perhaps_.count(worker) != 0 ? Now::unknown : Now::none;
  const Now right = writes == writes_.end() ? unheard_of : at(writes->second, at_ms);
  return suspended == Now::unknown && right == Now::granted ? Now::unknown : right;
}

}  // namespace satchel::sim

#include "server/changes.hpp"

namespace satchel::server {

void Changes::in_scope(int64_t org, const ScopeId& scope) {
  recent_.push_back({++now_, org, scope});
  if (recent_.size() <= most_) return;
  blind_before_ = recent_.front().at;
  recent_.pop_front();
}

void Changes::anywhere() {
  blind_before_ = ++now_;
  recent_.clear();
}

bool Changes::touched_since(uint64_t since, int64_t org, const std::set<ScopeId>& scopes) const {
  if (since < blind_before_) return true;
  for (auto change = recent_.rbegin(); change != recent_.rend() && change->at > since; ++change) {
    if (change->org == org && scopes.count(change->scope) != 0) return true;
  }
  return false;
}

}  // namespace satchel::server

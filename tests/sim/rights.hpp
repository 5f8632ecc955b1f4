// Who was granted what, as the operators of this world did it: independent of what the centre remembers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/ids.hpp"

namespace satchel::sim {

class Rights {
 public:
  enum class Now { none, granted, unknown };  // unknown: the centre died while it was being told

  // `at_ms`: by the centre's clock. `writes`: a role that may write.
  void give(const std::string& worker, const ScopeId& scope, bool writes, int64_t at_ms, bool surely);
  void take(const std::string& worker, const ScopeId& scope, int64_t at_ms, bool surely);
  void suspend(const std::string& worker, int64_t at_ms, bool surely);
  void reinstate(const std::string& worker, int64_t at_ms, bool surely);
  // Something new was granted, or not: the centre died while it was told, and nobody here knows its id.
  void perhaps_something(const std::string& worker) { perhaps_.insert(worker); }
  // Of what a tablet may hold when everything has come to rest.
  Now now(const std::string& worker, const ScopeId& scope) const;
  bool ever(const std::string& worker, const ScopeId& scope) const {
    return ever_.count({worker, scope}) != 0 || perhaps_.count(worker) != 0;
  }
  std::vector<ScopeId> granted_to(const std::string& worker) const;
  std::vector<std::pair<std::string, ScopeId>> withdrawn() const;
  // Was there a right to write at this time?
  Now could_write(const std::string& worker, const ScopeId& scope, int64_t at_ms) const;

 private:
  using Key = std::pair<std::string, ScopeId>;
  using History = std::vector<std::pair<int64_t, Now>>;  // from when on it was so
  static Now at(const History& history, int64_t at_ms);
  std::map<Key, Now> now_;
  std::set<Key> ever_;
  std::set<std::string> perhaps_;
  std::map<std::string, Now> suspended_;
  std::map<Key, History> writes_;
  std::map<std::string, History> suspensions_;
};

}  // namespace satchel::sim

// Version vector (Parker et al. 1983): replica -> number of its transactions that are included, a prefix each.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/ids.hpp"

namespace satchel::model {

class Version {
 public:
  using Entry = std::pair<ReplicaId, uint64_t>;

  uint64_t operator[](const ReplicaId& replica) const;  // 0 when absent
  bool includes(const ReplicaId& replica, uint64_t counter) const { return (*this)[replica] >= counter; }
  bool includes(const Version& other) const;
  void set(const ReplicaId& replica, uint64_t counter);    // 0 removes
  void raise(const ReplicaId& replica, uint64_t counter);  // to at least `counter`
  void join(const Version& other);                         // pointwise greatest
  void meet(const Version& other);                         // pointwise least
  bool empty() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }  // ascending by replica, counters > 0
  bool operator==(const Version&) const = default;

 private:
  std::vector<Entry> entries_;
};

}  // namespace satchel::model

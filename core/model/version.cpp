#include "core/model/version.hpp"

#include <algorithm>

namespace satchel::model {
namespace {

template <class Entries>
auto position_of(Entries& entries, const ReplicaId& replica) {
  return std::lower_bound(entries.begin(), entries.end(), replica,
                          [](const Version::Entry& entry, const ReplicaId& wanted) { return entry.first < wanted; });
}

}  // namespace

uint64_t Version::operator[](const ReplicaId& replica) const {
  const auto at = position_of(entries_, replica);
  return at != entries_.end() && at->first == replica ? at->second : 0;
}

bool Version::includes(const Version& other) const {
  auto mine = entries_.begin();
  for (const auto& [replica, counter] : other.entries_) {
    while (mine != entries_.end() && mine->first < replica) ++mine;
    if (mine == entries_.end() || mine->first != replica || mine->second < counter) return false;
  }
  return true;
}

void Version::set(const ReplicaId& replica, uint64_t counter) {
  const auto at = position_of(entries_, replica);
  const bool there = at != entries_.end() && at->first == replica;
  if (there && counter == 0) {
    entries_.erase(at);
  } else if (there) {
    at->second = counter;
  } else if (counter != 0) {
    entries_.insert(at, {replica, counter});
  }
}

void Version::raise(const ReplicaId& replica, uint64_t counter) {
  if (counter == 0) return;
  const auto at = position_of(entries_, replica);
  if (at != entries_.end() && at->first == replica) {
    at->second = std::max(at->second, counter);
  } else {
    entries_.insert(at, {replica, counter});
  }
}

void Version::join(const Version& other) {
  if (other.entries_.empty() || includes(other)) return;
  std::vector<Entry> joined;
  joined.reserve(entries_.size() + other.entries_.size());
  auto mine = entries_.begin();
  for (const Entry& theirs : other.entries_) {
    while (mine != entries_.end() && mine->first < theirs.first) joined.push_back(*mine++);
    if (mine != entries_.end() && mine->first == theirs.first) {
      joined.emplace_back(theirs.first, std::max(mine->second, theirs.second));
      ++mine;
    } else {
      joined.push_back(theirs);
    }
  }
  joined.insert(joined.end(), mine, entries_.end());
  entries_ = std::move(joined);
}

void Version::meet(const Version& other) {
  size_t kept = 0;
  auto theirs = other.entries_.begin();
  for (const Entry& mine : entries_) {
    while (theirs != other.entries_.end() && theirs->first < mine.first) ++theirs;
    if (theirs == other.entries_.end() || theirs->first != mine.first) continue;
    entries_[kept++] = {mine.first, std::min(mine.second, theirs->second)};
  }
  entries_.resize(kept);
}

}  // namespace satchel::model

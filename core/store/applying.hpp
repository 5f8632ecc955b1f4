// One answer of the centre on its way into the store: verdicts, then grants, then pages, in one SQLite transaction. All
// of it came over the network, so nothing is checked with SATCHEL_CHECK that the centre could get wrong.
#pragma once

#include <algorithm>
#include <map>

#include "core/store/held_scopes.hpp"
#include "core/store/outbox.hpp"
#include "core/store/store.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

// What one replica writes in one scope.
struct Line {
  log::ScopeKey scope;
  ReplicaId replica;
  std::strong_ordering operator<=>(const Line&) const = default;
};

// What came of it so far.
struct Findings {
  Applied applied;
  std::vector<std::pair<log::ScopeKey, model::RecordKey>> touched;  // to be refreshed at the end
  bool wrote_twice = false;             // the tablet's own replica id is in use elsewhere, or the file went back in time
  std::map<Line, uint64_t> first_fork;  // lowest own counter under which the centre holds something else
  std::map<Line, uint64_t> taken_by_other;  // others' lines: lowest counter whose slot holds other content than was here
  std::map<Line, uint64_t> missing_own;  // own slots that the centre asks for and that are not in the outbox
  bool seq_begun = false;
  bool gave_up = false;  // on a page, for this time
};

struct Applying : Findings {
  Applying(Work& w, const proto::SyncResponse& answer, const proto::SyncRequest& asked)
      : work(w), response(answer), request(asked) {}

  Work& work;
  const proto::SyncResponse& response;
  const proto::SyncRequest& request;

  void forked_at(const Line& line, uint64_t counter) {
    wrote_twice = wrote_twice || line.replica == work.row.replica;
    note_lowest(first_fork, line, counter);
  }
  void other_holds(const Line& line, uint64_t counter) {
    note_lowest(taken_by_other, line, counter);
  }
  static void note_lowest(std::map<Line, uint64_t>& lowest, const Line& line, uint64_t counter) {
    const auto [at, fresh] = lowest.emplace(line, counter);
    if (!fresh && counter < at->second) at->second = counter;
  }
  // Of this version's slots, does one hold other content at the centre, whosever line it is in?
  bool builds_on_other(log::ScopeKey scope, const model::Version& version) const {
    const auto names = [&](const auto& other) {
      return other.first.scope == scope && version[other.first.replica] >= other.second;
    };
    return std::any_of(taken_by_other.begin(), taken_by_other.end(), names) ||
           std::any_of(first_fork.begin(), first_fork.end(), names);
  }
  void note(std::string words) { applied.notes.push_back(std::move(words)); }
  void touch(log::ScopeKey scope, const std::vector<model::RecordKey>& records) {
    for (const auto& record : records) touched.emplace_back(scope, record);
  }
  // Notes what the version of the scope was before, for read tokens.
  Result<> moved(const ScopeId& scope, const model::Version& before, const model::Version& after);
};

Result<> apply_verdicts(Applying& a);                       // apply_verdicts.cpp
Result<> apply_grants(Applying& a);                         // apply_grants.cpp
Result<> apply_page(Applying& a, const proto::Page& page);  // apply_pages.cpp
// Nothing of a page stands, because it did not fit: its scope is fetched anew, or given up for this time.
Result<> page_did_not_fit(Applying& a, const ScopeId& id, const Error& why);
// Rows that the centre accepted: gone when they are in the log; offered again when a restore of the centre lost them.
Result<> settle_accepted(Applying& a, const HeldScope& scope, uint64_t centre_head);
// Withdrawn scopes with nothing left to deliver are gone from here.
Result<> purge_withdrawn(Applying& a);  // purge.cpp

}  // namespace satchel::store

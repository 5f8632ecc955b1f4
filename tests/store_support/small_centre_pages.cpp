// What the small centre gives: pages of a scope, and older history.
#include <algorithm>

#include "tests/store_support/small_centre.hpp"
#include "tests/store_support/take.hpp"

namespace satchel::test {
namespace {

// Up to where two histories of epochs are one and the same.
uint64_t shared_prefix(const proto::History& here, uint64_t head, const proto::History& there) {
  size_t same = 0;
  while (same < here.size() && same < there.size() && here[same] == there[same]) ++same;
  if (same == 0) return 0;
  const auto end = [&](const proto::History& history) {
    return same < history.size() ? history[same].first_position - 1 : UINT64_MAX;
  };
  return std::min({head, end(here), end(there)});
}

}  // namespace

void SmallCentre::add_snapshot(proto::Page& page, const Scope& scope, const proto::Cursor& cursor, size_t budget,
                               bool& more) {
  log::Log log(*db_);
  const auto snapshot = take(log.snapshot_at(scope.key, snapshot_at));
  page.snapshot_position = snapshot_at;
  const bool goes_on = cursor.snapshot && cursor.snapshot->position == snapshot_at;
  size_t bytes = 0;
  for (const auto& record : snapshot.records) {
    if (goes_on && record.key <= cursor.snapshot->after) continue;
    if (bytes > budget) {
      more = true;
      if (goes_on) return;
      for (const auto& tail : snapshot.replicas) page.snapshot_version.raise(tail.replica, tail.counter);
      return;
    }
    bytes += record.state.size();
    page.snapshot.push_back(record);
  }
  page.snapshot_last = true;
  page.replicas = snapshot.replicas;
  page.log_digest = snapshot.log_digest;
  for (const auto& [id, position] : releases_) {
    if (id.scope == page.scope && position <= snapshot_at) page.released.push_back(id);
  }
}

proto::Page SmallCentre::page(const proto::Cursor& cursor, const ReplicaId& replica, size_t budget, bool& more) {
  const Scope& scope = scopes_.at(cursor.scope);
  log::Log log(*db_);
  const log::ScopeState state = take(log.scope(scope.key));
  const proto::History history = take(log.history(scope.key));
  proto::Page page;
  page.scope = cursor.scope;
  page.epoch = state.epoch;
  page.head = state.head;
  page.kept_to = keeps_backup ? std::min(backup_to, state.head) : state.head;
  uint64_t from = cursor.position;
  if (!cursor.epoch) {
    page.history = history;
    add_snapshot(page, scope, cursor, budget, more);
    if (!page.snapshot_last) return page;
    from = snapshot_at;
  } else if (*cursor.epoch != state.epoch) {
    page.history = history;
    uint64_t shared = UINT64_MAX;
    const auto known =
        std::find_if(history.begin(), history.end(), [&](const auto& h) { return h.epoch == *cursor.epoch; });
    if (known != history.end()) {
      shared = std::next(known) == history.end() ? state.head : std::next(known)->first_position - 1;
    } else if (cursor.history.empty()) {
      page.history.clear();
      page.send_history = more = true;
      return page;
    } else {
      shared = shared_prefix(history, state.head, cursor.history);
    }
    if (cursor.position > shared) page.rewind_to = from = shared;
  }
  for (auto& entry : take(log.entries_after(scope.key, from, budget))) {
    if (entry.id.replica == replica && entry.id.counter <= cursor.own_counter) entry.bytes.clear();
    if (entry.slot == model::Slot::content) entry.base = {};
    page.entries.push_back(std::move(entry));
  }
  const uint64_t reached = page.entries.empty() ? from : page.entries.back().position;
  if (reached < state.head) {
    more = true;
    return page;
  }
  page.head_log_digest = state.log_digest;
  page.head_state_digest = state.state_digest;
  return page;
}

void SmallCentre::add_older(proto::SyncResponse& response, const proto::OlderWanted& wanted, size_t budget,
                            const std::string& worker) {
  const auto granted = grants_[worker].find(wanted.scope);
  if (granted == grants_[worker].end() || granted->second.withdrawn) return;
  log::Log log(*db_);
  const log::ScopeKey key = scopes_.at(wanted.scope).key;
  if (take(log.log_digest_at(key, wanted.up_to)) != wanted.log_digest) return;
  proto::OlderPage page;
  page.scope = wanted.scope;
  page.entries = take(log.entries_up_to(key, wanted.up_to, budget));
  page.epoch = page.entries.front().envelope.epoch;
  page.log_digest = take(log.log_digest_at(key, page.entries.front().position - 1));
  if (bend_older) bend_older(page);
  response.more = response.more || page.entries.front().position > 1;
  response.older.push_back(std::move(page));
}

}  // namespace satchel::test

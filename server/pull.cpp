#include "server/pull.hpp"

#include <algorithm>

#include "core/model/limits.hpp"
#include "server/agenda.hpp"
#include "server/holdings.hpp"

namespace satchel::server {
namespace {

size_t size_of_page(const proto::Page& page) {
  size_t size = Pull::page_overhead_bytes + page.history.size() * 24;
  for (const auto& record : page.snapshot) size += record.state.size() + record.key.collection.size() + 24;
  for (const auto& tail : page.replicas) size += 40 + tail.base.entries().size() * 26;
  size += page.snapshot_version.entries().size() * 26;
  for (const auto& entry : page.entries) size += Pull::size_of(entry);
  return size;
}

// Last position of stretch `index`.
uint64_t end_of(const proto::History& history, size_t index, uint64_t head) {
  return index + 1 < history.size() ? history[index + 1].first_position - 1 : head;
}

// Up to where two histories are one and the same, if each reaches to its `head`.
uint64_t shared_prefix(const proto::History& here, uint64_t head_here, const proto::History& there,
                       uint64_t head_there) {
  size_t same = 0;
  while (same < here.size() && same < there.size() && here[same] == there[same]) ++same;
  if (same == 0) return 0;
  return std::min(end_of(here, same - 1, head_here), end_of(there, same - 1, head_there));
}

bool nothing_held(const proto::Cursor& cursor) { return !cursor.epoch || cursor.epoch->is_nil(); }

}  // namespace

size_t Pull::size_of(const model::Entry& entry) {
  constexpr size_t overhead_bytes = 160;  // envelope, id and hash of an entry on the wire
  return overhead_bytes + entry.bytes.size() + entry.reason.size();
}

void remember(SessionMemory& memory, const proto::SyncRequest& request) {
  // Sent before one that was heard already: a request that was long on its way, or a tablet's clock set back. What it
  // names may be behind, and nothing would put that right, because a tablet names only what moved. So it is asked for
  // everything, whichever of the two it was.
  if (request.all_sealed) {
    memory.sealed.clear();
    for (const proto::SealedStretch& stretch : request.sealed) memory.sealed.push_back({stretch, {}, {}});
  }
  const bool late = request.sent_at_ms < memory.sent_at_ms;
  memory.sent_at_ms = request.sent_at_ms;
  const bool too_many = !request.all_cursors && memory.cursors.size() + request.cursors.size() > model::limits::cursors;
  if (late || too_many) {
    memory.cursors.clear();
    memory.moved.clear();
    memory.complete = false;
    return;
  }
  if (request.all_cursors) {
    memory.cursors.clear();
    memory.complete = true;
  }
  for (const proto::Cursor& cursor : request.cursors) {
    memory.cursors[cursor.scope] = cursor;
    memory.moved.insert(cursor.scope);
  }
  for (const ScopeId& scope : request.purged) memory.cursors.erase(scope);
}

Result<std::vector<GrantRow>> readable_now(Centre& centre, const Session& session) {
  const int64_t now = centre.clock().wall_ms();
  std::vector<GrantRow> readable;
  SATCHEL_ASSIGN(const bool suspended, suspended_at(centre.db(), session.org, session.worker, now));
  if (suspended) return readable;
  SATCHEL_ASSIGN(const auto rows, grants_of(centre.db(), session.org, session.worker));
  for (const GrantRow& row : rows) {
    if (row.from_ms > now || (row.to_ms && *row.to_ms <= now)) continue;
    if (!readable.empty() && readable.back().scope == row.scope) readable.pop_back();
    readable.push_back(row);
  }
  return readable;
}

Result<> Pull::add_grants(const std::vector<GrantRow>& readable, proto::SyncResponse& response) {
  const auto add = [&](const GrantRow& row, bool withdrawn) -> Result<> {
    SATCHEL_ASSIGN(const auto state, centre_.log().find_scope(session_.org, row.scope));
    if (!state) return {};
    response.grants.push_back({row.scope, state->kind, state->parent, row.role, withdrawn, row.label});
    return {};
  };
  std::set<ScopeId> listed;
  for (const GrantRow& row : readable) {
    SATCHEL_TRY(add(row, false));
    listed.insert(row.scope);
  }
  // Withdrawn ones stay in the list until the device has confirmed that they are gone from it.
  SATCHEL_ASSIGN(auto rows, grants_of(centre_.db(), session_.org, session_.worker));
  std::reverse(rows.begin(), rows.end());
  for (const GrantRow& row : rows) {
    if (!listed.insert(row.scope).second) continue;
    SATCHEL_ASSIGN(const auto holding, find_holding(centre_.db(), session_.org, session_.replica, row.scope));
    if (holding || memory_.cursors.count(row.scope) != 0) SATCHEL_TRY(add(row, true));
  }
  return {};
}

Result<bool> Pull::has_news(const log::ScopeState& state, const proto::Cursor& cursor) {
  if (nothing_held(cursor) || cursor.position != state.head || cursor.log_digest != state.log_digest) return true;
  if (cursor.state_digest != Hash256{} && cursor.state_digest != state.state_digest &&
      memory_.restarted.count(state.id) == 0) {
    return true;
  }
  if (memory_.kept_to.emplace(state.id, centre_.kept_to(state)).first->second != centre_.kept_to(state)) return true;
  if (*cursor.epoch == state.epoch) return false;
  SATCHEL_ASSIGN(const auto history, centre_.log().history(state.key));
  return proto::epoch_at(history, state.head) != *cursor.epoch;
}

// Only of scopes that nothing is held of, and once in a session: each of their records is read for it.
Result<> Pull::look_at_agendas(std::vector<Wanted>& all) {
  std::map<ScopeId, std::optional<int64_t>> known;
  for (Wanted& scope : all) {
    if (!nothing_held(*scope.cursor) || all.size() == 1) continue;
    const auto found = memory_.agenda.find(scope.state.id);
    if (found == memory_.agenda.end()) {
      SATCHEL_ASSIGN(scope.soonest,
                     soonest_in(centre_, scope.state.key, request_.sent_at_ms - agenda_reaches_back_ms));
    } else {
      scope.soonest = found->second;
    }
    known.emplace(scope.state.id, scope.soonest);
  }
  memory_.agenda = std::move(known);
  return {};
}

Result<std::vector<Pull::Wanted>> Pull::wanted(const std::vector<GrantRow>& readable) {
  const std::set<ScopeId> urgent(request_.urgent.begin(), request_.urgent.end());
  std::vector<Wanted> all;
  for (const GrantRow& row : readable) {
    SATCHEL_ASSIGN(auto state, centre_.log().find_scope(session_.org, row.scope));
    // Granted by another process since this batch was written: it goes out once it is noted who may hold it.
    if (!state || memory_.held.count(row.scope) == 0) continue;
    const auto cursor = memory_.cursors.find(row.scope);
    const proto::Cursor& from = cursor == memory_.cursors.end() ? nothing_held_ : cursor->second;
    SATCHEL_ASSIGN(const bool news, has_news(*state, from));
    if (!news) continue;
    const uint64_t left = state->head - std::min(state->head, from.position);
    all.push_back({std::move(*state), &from, left, urgent.count(row.scope) != 0});
  }
  SATCHEL_TRY(look_at_agendas(all));
  std::stable_sort(all.begin(), all.end(), [](const Wanted& a, const Wanted& b) {
    if (a.urgent != b.urgent) return a.urgent;
    const bool a_team = a.state.kind == "team", b_team = b.state.kind == "team";
    if (a_team != b_team) return b_team;  // the directory last
    if (a.soonest.has_value() != b.soonest.has_value()) return a.soonest.has_value();
    if (a.soonest != b.soonest) return a.soonest < b.soonest;
    return a.left < b.left;
  });
  return all;
}

Result<std::optional<uint64_t>> shared_up_to(Centre& centre, const log::ScopeState& scope, const proto::Cursor& cursor) {
  SATCHEL_ASSIGN(const proto::History history, centre.log().history(scope.key));
  for (size_t i = 0; i < history.size(); ++i) {
    if (history[i].epoch == *cursor.epoch) return std::optional(end_of(history, i, scope.head));
  }
  if (cursor.history.empty()) return std::optional<uint64_t>();
  return std::optional(shared_prefix(history, scope.head, cursor.history, cursor.position));
}

// True when the page says how to get back together, and nothing else can be sent before that.
Result<bool> Pull::agree_on_history(const Wanted& wanted, proto::Page& page) {
  const proto::Cursor& cursor = *wanted.cursor;
  SATCHEL_ASSIGN(const auto shared, shared_up_to(centre_, wanted.state, cursor));
  if (!shared) {
    page.send_history = true;
    return true;
  }
  if (cursor.position > *shared || *cursor.epoch != wanted.state.epoch) {
    SATCHEL_ASSIGN(page.history, centre_.log().history(wanted.state.key));
  }
  if (cursor.position <= *shared) return false;
  page.rewind_to = *shared;
  centre_.logger().log(
      LogLevel::info, "rewind",
      {{"scope", wanted.state.id.text()}, {"from", std::to_string(cursor.position)}, {"to", std::to_string(*shared)}});
  return true;
}

Result<bool> Pull::digests_agree(const Wanted& wanted) {
  const proto::Cursor& cursor = *wanted.cursor;
  SATCHEL_ASSIGN(const Hash256 digest, centre_.log().log_digest_at(wanted.state.key, cursor.position));
  const bool log_agrees = digest == cursor.log_digest;
  const bool compare_state = cursor.position == wanted.state.head && cursor.state_digest != Hash256{};
  bool state_agrees = !compare_state || cursor.state_digest == wanted.state.state_digest;
  if (log_agrees && !state_agrees) state_agrees = !memory_.restarted.insert(wanted.state.id).second;
  if (log_agrees && state_agrees) return true;
  centre_.logger().log(LogLevel::error, log_agrees ? "state_digest_differs" : "log_digest_differs",
                       {{"scope", wanted.state.id.text()},
                        {"replica", session_.replica.text()},
                        {"position", std::to_string(cursor.position)}});
  return false;
}

Result<> Pull::add_entries(const Wanted& wanted, uint64_t after, size_t budget, proto::Page& page) {
  uint64_t last = after;
  if (after < wanted.state.head) {
    SATCHEL_ASSIGN(page.entries, centre_.log().entries_after(wanted.state.key, after, budget));
    for (model::Entry& entry : page.entries) {
      // Its own come without their bytes: it has them, unless its counter says that it does not.
      const bool has_it = entry.id.replica == session_.replica && entry.id.counter <= wanted.cursor->own_counter;
      if (has_it) entry.bytes.clear();
      last = entry.position;
    }
  }
  if (last != wanted.state.head) return {};
  page.head_log_digest = wanted.state.log_digest;
  page.head_state_digest = wanted.state.state_digest;
  return {};
}

Result<proto::Page> Pull::page(const Wanted& wanted, size_t budget, bool& ends_here) {
  proto::Page page;
  page.scope = wanted.state.id;
  page.epoch = wanted.state.epoch;
  page.head = wanted.state.head;
  page.kept_to = centre_.kept_to(wanted.state);
  memory_.kept_to[wanted.state.id] = page.kept_to;
  ends_here = false;
  uint64_t after = wanted.cursor->position;
  if (nothing_held(*wanted.cursor)) {
    SATCHEL_ASSIGN(const bool whole, snapshot_page(wanted, budget, page));
    if (!whole) return page;
    after = page.snapshot_position;
    const size_t used = size_of_page(page);
    if (after < wanted.state.head && used >= budget) return page;
    budget -= std::min(budget, used);
  } else {
    SATCHEL_ASSIGN(const bool apart, agree_on_history(wanted, page));
    if (apart) return page;
    SATCHEL_ASSIGN(const bool agree, digests_agree(wanted));
    page.restart = !agree;
    if (!agree) return page;
  }
  SATCHEL_TRY(add_entries(wanted, after, budget, page));
  ends_here = page.head_log_digest.has_value();
  return page;
}

Result<> Pull::tidy() {
  std::set<ScopeId> granted;
  SATCHEL_ASSIGN(const auto rows, grants_of(centre_.db(), session_.org, session_.worker));
  for (const GrantRow& row : rows) granted.insert(row.scope);
  const auto strange = [&](const ScopeId& scope) {
    return granted.count(scope) == 0 && memory_.held.count(scope) == 0;
  };
  std::erase_if(memory_.cursors, [&](const auto& item) { return strange(item.first); });
  std::erase_if(memory_.moved, strange);
  std::erase_if(memory_.sealed, [&](const auto& stretch) { return strange(stretch.stretch.scope); });
  for (auto& item : memory_.cursors) item.second.history = {};
  return {};
}

Result<> Pull::answer(proto::SyncResponse& response) {
  SATCHEL_ASSIGN(const auto readable, readable_now(centre_, session_));
  SATCHEL_ASSIGN(response.grants_version,
                 grants_version(centre_.db(), session_.org, session_.worker, centre_.clock().wall_ms()));
  std::set<ScopeId> may_read;
  for (const GrantRow& row : readable) may_read.insert(row.scope);
  // A device that names a scope which it may no longer read has not heard of it: tell it again.
  const bool stale =
      request_.all_cursors && std::any_of(request_.cursors.begin(), request_.cursors.end(),
                                          [&](const proto::Cursor& c) { return may_read.count(c.scope) == 0; });
  if (request_.grants_version != response.grants_version || stale) SATCHEL_TRY(add_grants(readable, response));
  if (request_.all_cursors || !response.grants.empty()) {
    response.sealing_key = centre_.sealing_keys().current().public_half;
    response.sealing_key_id = centre_.sealing_keys().current().id;
  }
  SATCHEL_ASSIGN(response.sealed, sealed_states(centre_, session_, memory_.sealed));
  if (!memory_.complete) {
    response.send_all_cursors = true;
    response.more = true;
    return {};
  }
  SATCHEL_ASSIGN(const auto scopes, wanted(readable));
  size_t budget = static_cast<size_t>(std::min<uint64_t>(request_.budget_bytes, centre_.options().answer_bytes_most));
  for (const Wanted& scope : scopes) {
    if (budget < page_overhead_bytes && !response.pages.empty()) {
      response.more = true;
      return {};
    }
    bool ends_here = false;
    SATCHEL_ASSIGN(proto::Page next, page(scope, budget, ends_here));
    response.more = response.more || !ends_here;
    budget -= std::min(budget, size_of_page(next));
    response.pages.push_back(std::move(next));
  }
  return add_older(readable, budget, response);
}

}  // namespace satchel::server

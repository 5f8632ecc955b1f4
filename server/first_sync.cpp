#include "server/first_sync.hpp"

#include "server/pull.hpp"
#include "server/quarantine.hpp"

namespace satchel::server {
namespace {

constexpr int64_t pin_ms = 30 * 60'000;        // a part of 1 MiB takes 5 minutes on the slowest links
constexpr int64_t pin_rewrite_ms = 5 * 60'000;

Result<int64_t> pin_used_ms(sqlite::Database& db, const log::ScopeState& scope) {
  sqlite::StatementScope select(db.prepare("SELECT used_ms FROM centre_pins WHERE org = ? AND scope = ?"));
  select->bind(0, scope.key.org).bind_blob(1, scope.id.view());
  SATCHEL_ASSIGN(const bool found, select->step());
  return found ? select->int64(0) : INT64_MIN;
}

// Of how long ago, by a clock that may have been set back: in the future is now.
bool within(int64_t used_ms, int64_t now_ms, int64_t most_ms) {
  return used_ms != INT64_MIN && (used_ms > now_ms || now_ms - used_ms < most_ms);
}

}  // namespace

Result<bool> is_pinned(Centre& centre, const log::ScopeState& scope) {
  SATCHEL_ASSIGN(const int64_t used_ms, pin_used_ms(centre.db(), scope));
  return within(used_ms, centre.clock().wall_ms(), pin_ms);
}

Result<> pin(Work& work, const Pin& pin) {
  Centre& centre = work.centre();
  SATCHEL_TRY(centre.log().checkpoint(pin.scope, pin.position));
  return centre.db()
      .prepare("INSERT INTO centre_pins VALUES(?, ?, ?) ON CONFLICT(org, scope) DO UPDATE SET used_ms = excluded.used_ms")
      .bind(0, pin.scope.org)
      .bind_blob(1, pin.id.view())
      .bind(2, centre.clock().wall_ms())
      .run();
}

// Where a first sync that begins now stands: with those under way, else as high as it may be.
Result<uint64_t> Pull::first_position(const log::ScopeState& state) {
  SATCHEL_ASSIGN(const bool pinned, is_pinned(centre_, state));
  return pinned && state.layer <= centre_.kept_to(state) ? state.layer : centre_.kept_to(state);
}

// May parts of the snapshot at `position` still be made? Its states must be at hand, and it must have been begun in
// this history: a restore may have given the position to something else.
Result<bool> Pull::may_go_on(const log::ScopeState& state, const proto::History& history, uint64_t position) {
  if (position > state.head || (position != state.layer && position != state.head)) return false;
  const uint64_t first = history.empty() ? 1 : history.back().first_position;
  return centre_.snapshot_may_go_on(state.id, position, first);
}

// True when the last part is in the page.
Result<bool> Pull::snapshot_page(const Wanted& wanted, size_t budget, proto::Page& page) {
  const proto::Cursor& cursor = *wanted.cursor;
  const log::ScopeState& state = wanted.state;
  SATCHEL_ASSIGN(page.history, centre_.log().history(state.key));
  uint64_t position = 0;
  std::optional<model::RecordKey> after;
  if (cursor.snapshot && !cursor.snapshot->after.collection.empty()) {
    position = cursor.snapshot->position;
    after = cursor.snapshot->after;
    SATCHEL_ASSIGN(const bool possible, may_go_on(state, page.history, position));
    page.restart = !possible;
    if (!possible) return false;
  } else {
    SATCHEL_ASSIGN(position, first_position(state));
  }
  centre_.snapshot_begun(state.id, position);
  SATCHEL_ASSIGN(auto part, centre_.log().snapshot_part(state.key, position, after, budget));
  if (part.folded != 0) {
    centre_.logger().log(LogLevel::info, "snapshot_folded",
                         {{"scope", state.id.text()}, {"entries", std::to_string(part.folded)}});
  }
  if (!part.last) SATCHEL_TRY(want_pin({state.key, state.id, position}, state.layer));
  page.snapshot_position = position;
  page.snapshot = std::move(part.snapshot.records);
  page.snapshot_last = part.last;
  page.snapshot_version = std::move(part.version);
  page.replicas = std::move(part.snapshot.replicas);
  page.log_digest = part.snapshot.log_digest;
  if (part.last) {
    SATCHEL_ASSIGN(page.released, released_up_to(centre_.db(), state.key.org, state.id, position));
  }
  return part.last;
}

Result<> Pull::want_pin(const Pin& pin, uint64_t layer) {
  log::ScopeState scope;
  scope.key = pin.scope;
  scope.id = pin.id;
  SATCHEL_ASSIGN(const int64_t used_ms, pin_used_ms(centre_.db(), scope));
  const bool fresh = within(used_ms, centre_.clock().wall_ms(), pin_rewrite_ms);
  if (pin.position != layer || !fresh) pins_.push_back(pin);
  return {};
}

}  // namespace satchel::server

// What a device is given: its grants and, of the scopes that it may read now, what lies above its cursors - in one read
// snapshot, within a budget: the urgent scopes first, then, of those that it has nothing of, the ones with something on
// their agenda, the soonest first, then the ones with least to send. Owned invariant: not a byte of
// a scope without a right to it at this moment.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "proto/messages.hpp"
#include "server/authorise.hpp"
#include "server/first_sync.hpp"
#include "server/sealed.hpp"
#include "server/sessions.hpp"

namespace satchel::server {

// What the centre remembers between the requests of one session; forgotten at a restart (send_all_cursors).
struct SessionMemory {
  std::map<ScopeId, proto::Cursor> cursors;
  bool complete = false;                // every scope that the device holds has been named
  std::set<ScopeId> held;               // rows of centre_holdings known to be there
  std::map<ScopeId, uint64_t> kept_to;  // last one told, or found at the beginning
  std::set<ScopeId> restarted;          // by a differing state digest: once per session, not for ever
  std::map<ScopeId, std::optional<int64_t>> agenda;  // soonest of the scopes that nothing is held of yet
  std::set<ScopeId> moved;              // cursors not yet written to centre_holdings
  std::vector<SealedMemory> sealed;
  int64_t sent_at_ms = 0;               // of the last request, by the tablet's clock
  int64_t written_ms = 0;               // when they last were
  int64_t expires_ms = 0;
  Session session;
  // The last answer had nothing in it: a parked poll is answered from here until something it may read changes.
  struct Quiet {
    uint64_t at = 0;  // Changes::now() then
    uint64_t grants_version = 0;
    uint32_t park_ms = 0;
    Bytes body;
  };
  std::optional<Quiet> quiet;
};

// Takes over the cursors and confirmations of a request, unless it comes late or there would be too many: then all
// cursors are asked for.
void remember(SessionMemory& memory, const proto::SyncRequest& request);

// Grants that give a right to read now: none while suspended, the newest per scope.
Result<std::vector<GrantRow>> readable_now(Centre& centre, const Session& session);

// Up to where the device that names this cursor and the centre share the history of the scope, which may lie below the
// cursor; empty: the cursor names no history yet, and its epoch is not known here.
Result<std::optional<uint64_t>> shared_up_to(Centre& centre, const log::ScopeState& scope, const proto::Cursor& cursor);

class Pull {
 public:
  Pull(Centre& centre, const Session& session, SessionMemory& memory, const proto::SyncRequest& request)
      : centre_(centre), session_(session), memory_(memory), request_(request) {}
  // Fills grants, pages, older history, more, send_all_cursors, the sealing key, and what became of what is sealed.
  Result<> answer(proto::SyncResponse& response);
  // After the answer: keeps of the cursors what the next one needs. Whatever a tablet names, memory grows only with
  // what it was ever given a right to.
  Result<> tidy();
  // Positions whose states the next parts will want, to be pinned before the answer goes out.
  const std::vector<Pin>& pins() const { return pins_; }

  static constexpr size_t page_overhead_bytes = 200;
  static size_t size_of(const model::Entry& entry);  // on the wire

 private:
  struct Wanted {
    log::ScopeState state;
    const proto::Cursor* cursor = nullptr;
    uint64_t left = 0;  // positions
    bool urgent = false;
    std::optional<int64_t> soonest = {};  // on its agenda
  };
  Result<> add_grants(const std::vector<GrantRow>& readable, proto::SyncResponse& response);
  Result<std::vector<Wanted>> wanted(const std::vector<GrantRow>& readable);
  Result<> look_at_agendas(std::vector<Wanted>& all);
  Result<bool> has_news(const log::ScopeState& state, const proto::Cursor& cursor);
  Result<proto::Page> page(const Wanted& wanted, size_t budget, bool& ends_here);
  // first_sync.cpp
  Result<uint64_t> first_position(const log::ScopeState& state);
  Result<bool> may_go_on(const log::ScopeState& state, const proto::History& history, uint64_t position);
  Result<bool> snapshot_page(const Wanted& wanted, size_t budget, proto::Page& page);
  Result<> want_pin(const Pin& pin, uint64_t layer);
  // older.cpp
  Result<> add_older(const std::vector<GrantRow>& readable, size_t budget, proto::SyncResponse& response);
  Result<proto::OlderPage> older_page(const log::ScopeState& state, uint64_t up_to, size_t budget);
  Result<bool> agree_on_history(const Wanted& wanted, proto::Page& page);
  Result<bool> digests_agree(const Wanted& wanted);
  Result<> add_entries(const Wanted& wanted, uint64_t after, size_t budget, proto::Page& page);

  Centre& centre_;
  const Session& session_;
  SessionMemory& memory_;
  const proto::SyncRequest& request_;
  const proto::Cursor nothing_held_;
  std::vector<Pin> pins_;
};

}  // namespace satchel::server

// Older history: what a snapshot covers, for a device that asks for it. Owned invariant: the rights are those of reading
// the scope now, as for any page.
#include <algorithm>

#include "server/pull.hpp"

namespace satchel::server {

// What a piece costs a request stays within its budget; the rest is asked for by its next one.
Result<> Pull::add_older(const std::vector<GrantRow>& readable, size_t budget, proto::SyncResponse& response) {
  for (const proto::OlderWanted& wanted : request_.older) {
    const bool may_read = std::any_of(readable.begin(), readable.end(),
                                      [&](const GrantRow& row) { return row.scope == wanted.scope; });
    if (!may_read || memory_.held.count(wanted.scope) == 0) continue;
    SATCHEL_ASSIGN(const auto state, centre_.log().find_scope(session_.org, wanted.scope));
    if (!state || wanted.up_to > state->head) continue;
    // Of another history: its cursor brings both together first, and then it asks anew.
    SATCHEL_ASSIGN(const Hash256 here, centre_.log().log_digest_at(state->key, wanted.up_to));
    if (here != wanted.log_digest) continue;
    const bool anything = !response.pages.empty() || !response.older.empty();
    if (anything && budget < page_overhead_bytes) {
      response.more = true;
      return {};
    }
    SATCHEL_ASSIGN(proto::OlderPage page, older_page(*state, wanted.up_to, budget));
    for (const auto& entry : page.entries) budget -= std::min(budget, size_of(entry));
    response.more = response.more || page.entries.front().position > 1;
    response.older.push_back(std::move(page));
  }
  return {};
}

Result<proto::OlderPage> Pull::older_page(const log::ScopeState& state, uint64_t up_to, size_t budget) {
  proto::OlderPage page;
  page.scope = state.id;
  SATCHEL_ASSIGN(page.entries, centre_.log().entries_up_to(state.key, up_to, budget));
  if (page.entries.empty()) return make_error(Code::corrupt, "The log of a scope has a hole.", "entries");
  page.epoch = page.entries.front().envelope.epoch;
  SATCHEL_ASSIGN(page.log_digest, centre_.log().log_digest_at(state.key, page.entries.front().position - 1));
  return page;
}

}  // namespace satchel::server

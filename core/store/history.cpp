#include "core/store/history.hpp"

#include <algorithm>

namespace satchel::store {
namespace {

Result<> apply_piece(Applying& a, const proto::OlderPage& page) {
  SATCHEL_ASSIGN(const auto scope, find_held_scope(a.work.db, page.scope));
  if (!scope || scope->withdrawn || page.entries.empty()) return {};
  SATCHEL_ASSIGN(const auto wanted, a.work.log.older_wanted(scope->key));
  if (!wanted || wanted->up_to != page.entries.back().position) return {};  // of an answer that another one overtook
  const Result<> added = a.work.log.add_older(scope->key, page.entries, page.log_digest);
  if (added.ok()) {
    a.applied.entries += page.entries.size();
    return {};
  }
  if (added.error().code != Code::protocol) return added;
  a.work.logger.log(LogLevel::error, "older_history_refused",
                    {{"scope", scope->id.text()}, {"what", added.error().message}});
  a.note("The history that the central store sent of one place does not fit what this tablet holds. It was not kept.");
  return a.work.log.keep_older(scope->key, false);
}

}  // namespace

Result<> keep_history(Work& work, const ScopeId& id, bool keep) {
  SATCHEL_ASSIGN(const auto scope, find_held_scope(work.db, id));
  if (!scope) return make_error(Code::not_found, "This tablet does not hold this scope.", "scope");
  return work.log.keep_older(scope->key, keep);
}

Result<> ask_for_history(Work& work, const std::vector<HeldScope>& scopes, proto::SyncRequest& request) {
  SATCHEL_ASSIGN(const auto keeping, work.log.scopes_keeping_older(1));
  for (const HeldScope& scope : scopes) {
    if (!std::binary_search(keeping.begin(), keeping.end(), scope.key.scope)) continue;
    if (scope.withdrawn || scope.restart || scope.snapshot || scope.send_history) continue;
    SATCHEL_ASSIGN(const auto wanted, work.log.older_wanted(scope.key));
    if (wanted) request.older.push_back({scope.id, wanted->up_to, wanted->digest});
  }
  return {};
}

Result<> apply_history(Applying& a) {
  for (const proto::OlderPage& page : a.response.older) SATCHEL_TRY(apply_piece(a, page));
  return {};
}

}  // namespace satchel::store

// Which scopes this worker may hold now.
#include <algorithm>

#include "core/store/applying.hpp"

namespace satchel::store {
namespace {

const proto::Grant* find(const std::vector<proto::Grant>& grants, const ScopeId& scope) {
  const auto found =
      std::find_if(grants.begin(), grants.end(), [&](const auto& grant) { return grant.scope == scope; });
  return found == grants.end() ? nullptr : &*found;
}

void take(HeldScope& scope, const proto::Grant& grant) {
  scope.kind = grant.kind;
  scope.parent = grant.parent;
  scope.role = grant.role;
  scope.label = grant.label;
  scope.opened = false;
  scope.withdrawn = grant.withdrawn;
}

Result<> add(Applying& a, const proto::Grant& grant) {
  HeldScope scope;
  scope.id = grant.scope;
  take(scope, grant);
  SATCHEL_TRY(insert_held_scope(a.work, scope));
  // Held and purged before: what it wrote then is not in this file any more.
  SATCHEL_ASSIGN(const OwnCounter own, own_counter(a.work.db, grant.scope, a.work.row.replica));
  scope.own_floor = own.counter;
  SATCHEL_TRY(a.work.db.prepare("DELETE FROM purged_scopes WHERE id = ?").bind_blob(0, grant.scope.view()).run());
  a.applied.more = true;  // its cursor has not been sent yet
  return update_held_scope(a.work.db, scope);
}

Result<> confirm_again(Applying& a, const ScopeId& scope) {
  const auto& told = a.request.purged;
  if (std::find(told.begin(), told.end(), scope) != told.end()) return {};
  a.applied.more = true;
  return a.work.db.prepare("INSERT OR IGNORE INTO purged_scopes (id) VALUES (?)").bind_blob(0, scope.view()).run();
}

}  // namespace

Result<> apply_grants(Applying& a) {
  if (!a.response.sealing_key.empty()) {
    a.work.row.sealing_key = a.response.sealing_key;
    a.work.row.sealing_key_id = a.response.sealing_key_id;
  }
  // An answer that was overtaken by a later one says nothing new.
  if (a.request.grants_version != a.work.row.grants_version) return {};
  // The same version with a list: the centre thinks that this device has not understood it.
  if (a.response.grants_version == a.work.row.grants_version && a.response.grants.empty()) return {};
  a.work.row.grants_version = a.response.grants_version;
  SATCHEL_ASSIGN(auto held, held_scopes(a.work.db));
  for (auto& scope : held) {
    const proto::Grant* grant = find(a.response.grants, scope.id);
    if (grant != nullptr) {
      if (scope.withdrawn && !grant->withdrawn) a.applied.more = true;  // its cursor has not been sent yet
      take(scope, *grant);
    } else if (!scope.opened) {
      scope.withdrawn = true;
    }
    SATCHEL_TRY(update_held_scope(a.work.db, scope));
  }
  for (const auto& grant : a.response.grants) {
    const bool known =
        std::any_of(held.begin(), held.end(), [&](const auto& scope) { return scope.id == grant.scope; });
    if (known) continue;
    if (grant.withdrawn) {
      SATCHEL_TRY(confirm_again(a, grant.scope));
    } else {
      SATCHEL_TRY(add(a, grant));
    }
  }
  return {};
}

}  // namespace satchel::store

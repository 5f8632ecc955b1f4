#include "server/judge.hpp"

#include <algorithm>

#include "server/authorise.hpp"
#include "server/quarantine.hpp"

namespace satchel::server {
namespace {

Refusal judge_author(const Session& session, const model::Header& header) {
  if (header.author == model::Author::centre) return "Only the central store can write in its own name.";
  if (header.worker != session.worker) return "This was written in another person's name.";
  // Also of one's own words: whoever holds a released transaction takes its origin off the list of what was set aside.
  if (header.origin) {
    return "This says that it brings back words that were set aside. Only the central store can do that.";
  }
  return std::nullopt;
}

Result<Refusal> judge_rights(Centre& centre, const Session& session, const ScopeId& scope, int64_t ms) {
  SATCHEL_ASSIGN(const bool suspended, suspended_at(centre.db(), session.org, session.worker, ms));
  if (suspended) return Refusal("This was written after the account was suspended. A supervisor can read it.");
  SATCHEL_ASSIGN(const auto role, role_at(centre.db(), session.org, session.worker, scope, ms));
  if (!role) return Refusal("There was no right to write here when this was written. A supervisor can read it.");
  if (!may_write(*role)) return Refusal("The right held here is to read only.");
  return Refusal();
}

Refusal judge_op(const model::Schema& schema, const std::string& scope_kind, const model::Op& op) {
  const std::string place = op.collection + (op.field.empty() ? "" : "." + op.field);
  const std::string by_centre = "Only the central store writes " + place + ".";
  if (op.kind == model::Kind::server) return by_centre;
  const model::Collection* collection = schema.collection(op.collection);
  if (collection == nullptr) return std::nullopt;
  if (collection->server_only) return by_centre;
  const auto& homes = collection->scopes;
  if (std::find(homes.begin(), homes.end(), scope_kind) == homes.end()) {
    return "Records of " + op.collection + " do not belong into a place of the kind \"" + scope_kind + "\".";
  }
  if (op.field.empty()) return std::nullopt;
  const model::Field* field = schema.field(op.collection, op.field);
  if (field == nullptr) return std::nullopt;
  if (field->kind == model::Kind::server) return by_centre;
  if (op.action == model::Action::submit && field->amends.empty()) return "No text of " + place + " can be sent in.";
  if (field->kind != op.kind) return "The app that wrote this treats " + place + " in another way than it must be.";
  return std::nullopt;
}

}  // namespace

Result<Refusal> judge(Centre& centre, const Session& session, const log::ScopeState& scope,
                      const model::Transaction& transaction, int64_t ms) {
  const model::Header& header = transaction.header;
  if (Refusal refusal = judge_author(session, header)) return refusal;
  SATCHEL_ASSIGN(const Refusal no_right, judge_rights(centre, session, scope.id, ms));
  if (no_right) return no_right;
  SATCHEL_ASSIGN(const auto ground, refused_ground(centre.db(), session.org, header, transaction.ops));
  if (ground) {
    return Refusal("This builds on something from the same tablet that was set aside before (number " +
                   std::to_string(*ground) + ").");
  }
  for (const model::Op& op : transaction.ops) {
    if (Refusal refusal = judge_op(centre.schema(), scope.kind, op)) return refusal;
  }
  return Refusal();
}

Result<Refusal> judge_opening(Centre& centre, const Session& session, const model::Header& header, int64_t ms) {
  if (!header.opening) return Refusal("The place that this was written to is not known to the central store.");
  if (Refusal refusal = judge_author(session, header)) return refusal;
  const model::Opening& opening = *header.opening;
  const auto kind = centre.schema().scopes().find(opening.kind);
  const Refusal not_allowed = "There was no right to open a place of the kind \"" + opening.kind + "\".";
  if (kind == centre.schema().scopes().end()) return not_allowed;
  bool allowed = false;
  for (const std::string& role : kind->second.opened_by) {
    SATCHEL_ASSIGN(const bool held, has_role_at(centre.db(), session.org, session.worker, role, ms));
    allowed = allowed || held;
  }
  SATCHEL_ASSIGN(const bool suspended, suspended_at(centre.db(), session.org, session.worker, ms));
  if (!allowed || suspended) return not_allowed;
  // A parent that has not arrived yet cannot be judged, and hanging under it gives nobody a right to it.
  SATCHEL_ASSIGN(const auto parent, centre.log().find_scope(session.org, opening.parent));
  if (!parent) return Refusal();
  SATCHEL_ASSIGN(const auto role, role_at(centre.db(), session.org, session.worker, opening.parent, ms));
  const bool fits = kind->second.parent.empty() || kind->second.parent == parent->kind;
  if (!fits || !role) return Refusal("There was no right to open something under that place.");
  return Refusal();
}

}  // namespace satchel::server

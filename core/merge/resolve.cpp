#include "core/merge/resolve.hpp"

#include <algorithm>
#include <utility>

#include "core/merge/kinds.hpp"

namespace satchel::merge {
namespace {

using model::Kind;

Heads newest_first(const std::vector<Head>& heads) {
  Heads sorted;
  sorted.reserve(heads.size());
  for (const Head& head : heads) sorted.push_back(&head);
  sort_newest_first(sorted);
  return sorted;
}

Resolved without_cleared(Resolved resolved) {
  std::erase_if(resolved.standing, [](const Head* head) { return cleared(*head); });
  return resolved;
}

}  // namespace

Resolved resolve_with_cleared(Kind kind, Heads heads, const model::Field* field) {
  if (field && field->kind != kind) field = nullptr;
  switch (kind) {
    case Kind::register_: return resolve_register(std::move(heads));
    case Kind::keep_all: return resolve_keep_all(std::move(heads));
    case Kind::severity:
    case Kind::restrictive:
      return field ? resolve_severity(std::move(heads), *field) : resolve_unknown(std::move(heads));
    case Kind::state: return resolve_state(std::move(heads), field);
    case Kind::frozen: return resolve_frozen(std::move(heads));
    case Kind::server: return resolve_server(std::move(heads));
    default: return resolve_unknown(std::move(heads));
  }
}

Resolved resolve(const FieldState& state, const model::Field* field) {
  if (state.kind == Kind::text) return resolve_text(state, field);
  return without_cleared(resolve_with_cleared(state.kind, newest_first(state.heads), field));
}

Resolved resolve_at(const FieldState& state, const model::Field* field, const model::Version& shown) {
  Heads heads = newest_first(state.heads);
  std::erase_if(heads, [&](const Head* head) { return !shown.includes(head->replica, head->counter); });
  return without_cleared(resolve_with_cleared(state.kind, std::move(heads), field));
}

std::string_view rule_name(Rule rule) {
  switch (rule) {
    case Rule::only_one: return "only_one";
    case Rule::latest: return "latest";
    case Rule::all_kept: return "all_kept";
    case Rule::highest: return "highest";
    case Rule::precedence: return "precedence";
    case Rule::states_differ: return "states_differ";
    case Rule::first_sent: return "first_sent";
    case Rule::centre_writes: return "centre_writes";
    case Rule::element_kept: return "element_kept";
    case Rule::moved: return "moved";
    case Rule::same_sentence: return "same_sentence";
    case Rule::submitted: return "submitted";
    case Rule::presence_kept: return "presence_kept";
  }
  return "unknown";
}

}  // namespace satchel::merge

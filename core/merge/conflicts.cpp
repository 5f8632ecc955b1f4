// The conflict inbox of one record: what people wrote without seeing each other, and what became of it.
#include <algorithm>

#include "core/merge/kinds.hpp"

namespace satchel::merge {
namespace {

using model::Kind;

std::vector<Head> copies(const Heads& heads) {
  std::vector<Head> out;
  out.reserve(heads.size());
  for (const Head* head : heads) out.push_back(*head);
  return out;
}

Conflict conflict(std::string_view field, Resolved resolved) {
  Conflict made;
  made.field = field;
  made.rule = resolved.rule;
  made.decide = resolved.decide;
  made.standing = copies(resolved.standing);
  made.others = copies(resolved.others);
  made.sentences = std::move(resolved.sentences);
  return made;
}

// Who was still using what somebody took out: of each replica the newest head that no remove saw. Settlements count
// where they touch.
void collect_users(const std::vector<Head>& heads, const Touches& presence, bool settlements, Heads& users) {
  for (const Head& head : heads) {
    const bool user = (settlements || !head.settles) && presence.touched.includes(head.replica, head.counter) &&
                      !presence.removed.includes(head.replica, head.counter);
    if (!user) continue;
    const auto known = std::find_if(users.begin(), users.end(),
                                    [&](const Head* other) { return other->replica == head.replica; });
    if (known == users.end()) {
      users.push_back(&head);
    } else if (newer(head, **known)) {
      *known = &head;
    }
  }
}

Conflict kept(std::string_view field, Rule rule, Heads users, const std::vector<Head>& removes) {
  Resolved resolved;
  resolved.rule = rule;
  sort_newest_first(users);
  resolved.standing = std::move(users);
  for (const Head& remove : removes) resolved.others.push_back(&remove);
  sort_newest_first(resolved.others);
  return conflict(field, std::move(resolved));
}

void add_record(const RecordState& state, std::vector<Conflict>& out) {
  if (state.voids.empty()) return;
  Heads users;
  collect_users(state.creates, state.presence, false, users);
  collect_users(state.restores, state.presence, true, users);
  for (const FieldState& field : state.fields) {
    collect_users(field.heads, state.presence, false, users);
    for (const Element& element : field.elements) {
      collect_users(element.removes, state.presence, false, users);
      for (const FieldState& part : element.parts) collect_users(part.heads, state.presence, false, users);
    }
  }
  out.push_back(kept("", Rule::presence_kept, std::move(users), state.voids));
}

void add_heads(std::string_view name, Kind kind, const std::vector<Head>& heads, const model::Field* field,
               std::string_view element, std::string_view part, std::vector<Conflict>& out) {
  if (heads.size() < 2) return;
  Heads sorted;
  for (const Head& head : heads) sorted.push_back(&head);
  sort_newest_first(sorted);
  Resolved resolved = resolve_with_cleared(kind, std::move(sorted), field);
  if (resolved.rule == Rule::only_one) return;
  Conflict made = conflict(name, std::move(resolved));
  made.element = element;
  made.part = part;
  out.push_back(std::move(made));
}

void add_element(const FieldState& field, const Element& element, std::vector<Conflict>& out) {
  if (!element.removes.empty()) {
    Heads users;
    for (const FieldState& part : element.parts) {
      collect_users(part.heads, element.presence, part.name.empty(), users);
    }
    Conflict made = kept(field.name, Rule::element_kept, std::move(users), element.removes);
    made.element = element.id;
    out.push_back(std::move(made));
  }
  for (const FieldState& part : element.parts) {
    const size_t before = out.size();
    add_heads(field.name, Kind::register_, part.heads, nullptr, element.id, part.name, out);
    const bool place = field.kind == Kind::list && part.name == model::place_part;
    if (place && out.size() > before) out.back().rule = Rule::moved;
  }
}

const model::Field* declared(const model::Collection* collection, const std::string& name) {
  if (!collection) return nullptr;
  const auto at = collection->fields.find(name);
  return at == collection->fields.end() ? nullptr : &at->second;
}

bool known(Kind kind) { return kind >= Kind::register_ && kind <= Kind::text; }

}  // namespace

std::vector<Conflict> conflicts(const RecordState& state, const model::Collection* collection) {
  std::vector<Conflict> out;
  if (!state.present()) return out;
  add_record(state, out);
  for (const FieldState& field : state.fields) {
    if (!known(field.kind)) continue;
    if (field.kind == Kind::text) {
      Resolved resolved = resolve_text(field, declared(collection, field.name));
      if (resolved.rule != Rule::only_one) out.push_back(conflict(field.name, std::move(resolved)));
      continue;
    }
    add_heads(field.name, field.kind, field.heads, declared(collection, field.name), "", "", out);
    for (const Element* element : elements(field)) add_element(field, *element, out);
  }
  return out;
}

}  // namespace satchel::merge

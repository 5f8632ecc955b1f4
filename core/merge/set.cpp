// set: an element is there if some touch of it is in no remove's shown. Its own value and its parts merge as registers.
#include <algorithm>

#include "core/merge/kinds.hpp"

namespace satchel::merge {
namespace {

Element& element_of(std::vector<Element>& elements, const std::string& id) {
  const auto before = [](const Element& element, const std::string& wanted) { return element.id < wanted; };
  const auto at = std::lower_bound(elements.begin(), elements.end(), id, before);
  if (at != elements.end() && at->id == id) return *at;
  Element element;
  element.id = id;
  return *elements.insert(at, std::move(element));
}

// A decision about a part of an element must not bring back an element that somebody took out meanwhile.
bool touches(const model::Op& op) { return !op.settles || op.part.empty(); }

}  // namespace

void merge_set(std::vector<Element>& elements, const Arrival& arrival) {
  Element& element = element_of(elements, arrival.op.element);
  const auto& id = arrival.id();
  if (arrival.op.action == model::Action::remove) {
    element.presence.remove(arrival.header().shown, id.replica, id.counter);
    erase_seen(element.removes, arrival);
    insert(element.removes, arrival.head());
    return;
  }
  if (touches(arrival.op)) {
    element.presence.touch(id.replica, id.counter);
    erase_seen(element.removes, arrival);
  }
  merge_heads(field_of(element.parts, arrival.op.part, model::Kind::register_).heads, arrival);
}

std::vector<const Element*> elements(const FieldState& state) {
  std::vector<const Element*> present;
  for (const Element& element : state.elements) {
    if (element.presence.present()) present.push_back(&element);
  }
  if (state.kind == model::Kind::list) sort_by_place(present);
  return present;
}

}  // namespace satchel::merge

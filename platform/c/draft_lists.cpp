// Where the elements of lists go: "before", "after", "to"; and whole orders.
#include <algorithm>

#include "core/merge/list.hpp"
#include "core/merge/resolve.hpp"
#include "platform/c/draft.hpp"
#include "proto/codec.hpp"

namespace satchel::abi {

using nlohmann::json;

namespace {

bool contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

// An element that the list has: its id, or its value where the value is the element.
Result<std::string> DraftBuilder::listed_element(const ListOrder& list, const json& given,
                                                 const std::string& place) const {
  std::string id = given.is_string() ? given.get<std::string>() : std::string();
  if (contains(list.wanted, id)) return id;
  if (list.field->parts.empty()) {
    SATCHEL_ASSIGN(id, plain_id(*list.field, given, place));
    if (contains(list.wanted, id)) return id;
  }
  return make_error(Code::not_found, "\"" + list.field->name + "\" has no such element.", place);
}

Result<DraftBuilder::ListOrder*> DraftBuilder::list(const Target& target, const model::Field& field) {
  const model::RecordKey key{target.collection->name, target.record};
  const auto [at, fresh] = lists_.try_emplace({key, field.name});
  ListOrder& list = at->second;
  if (!fresh) return &list;
  list.target = target;
  list.field = &field;
  SATCHEL_ASSIGN(list.now, now(target, field));
  for (const merge::Element* element : merge::elements(list.now)) list.wanted.push_back(element->id);
  return &list;
}

Result<> DraftBuilder::put_last(const Target& target, const model::Field& field, const std::string& id) {
  SATCHEL_ASSIGN(ListOrder * list, this->list(target, field));
  auto& wanted = list->wanted;
  if (contains(wanted, id)) return {};
  wanted.push_back(id);
  list->moved.insert(id);
  return {};
}

Result<> DraftBuilder::take_out(const Target& target, const model::Field& field, const std::string& id) {
  SATCHEL_ASSIGN(ListOrder * list, this->list(target, field));
  std::erase(list->wanted, id);
  list->moved.erase(id);
  return {};
}

// Nothing said: what is new comes last, what is there stays.
Result<> DraftBuilder::put_where_asked(const Target& target, const model::Field& field, const std::string& id,
                                       JsonObject& object) {
  const char* where = nullptr;
  for (const char* member : {"before", "after", "to"}) {
    if (object.find(member) == nullptr) continue;
    if (where != nullptr) return object.wrong(member, "One of \"before\", \"after\" and \"to\" is enough.");
    where = member;
  }
  if (where == nullptr) return put_last(target, field, id);
  SATCHEL_ASSIGN(ListOrder * list, this->list(target, field));
  auto& wanted = list->wanted;
  std::erase(wanted, id);
  auto at = wanted.end();
  if (where == std::string_view("to")) {
    SATCHEL_ASSIGN(const std::string anchor, object.text(where));
    if (anchor != "first" && anchor != "last") return object.wrong(where, "This must be \"first\" or \"last\".");
    if (anchor == "first") at = wanted.begin();
  } else {
    SATCHEL_ASSIGN(const std::string anchor, listed_element(*list, *object.find(where), object.at(where)));
    at = std::find(wanted.begin(), wanted.end(), anchor);
    if (where == std::string_view("after")) ++at;
  }
  wanted.insert(at, id);
  list->moved.insert(id);
  return {};
}

Result<> DraftBuilder::move(const Target& target, JsonObject& object) {
  SATCHEL_ASSIGN(const std::string name, object.text("field"));
  SATCHEL_ASSIGN(const model::Field* declared, field(target, name, object.at("field")));
  if (declared->kind != model::Kind::list) return object.wrong("field", "\"" + name + "\" is not a list.");
  SATCHEL_ASSIGN(const std::string id, named_element(*declared, object));
  SATCHEL_ASSIGN(const ListOrder* list, this->list(target, *declared));
  if (!contains(list->wanted, id)) {
    return make_error(Code::not_found, "\"" + name + "\" has no element \"" + id + "\".", object.at("element"));
  }
  if (!object.find("before") && !object.find("after") && !object.find("to")) {
    return object.wrong("to", "Say where it goes: \"before\" or \"after\" another one, or \"to\" first or last.");
  }
  return put_where_asked(target, *declared, id, object);
}

// The listed ones in this order, in the places that they take up together; others stay where they are.
Result<> DraftBuilder::order(const Target& target, JsonObject& object) {
  SATCHEL_ASSIGN(const std::string name, object.text("field"));
  SATCHEL_ASSIGN(const model::Field* declared, field(target, name, object.at("field")));
  if (declared->kind != model::Kind::list) return object.wrong("field", "\"" + name + "\" is not a list.");
  SATCHEL_ASSIGN(const json* listed, object.array_or_null("elements"));
  if (listed == nullptr)
    return object.wrong("elements", "\"elements\" is missing: ids in the order that they shall have.");
  SATCHEL_ASSIGN(ListOrder * list, this->list(target, *declared));
  auto& wanted = list->wanted;
  std::vector<std::string> ids;
  for (size_t i = 0; i < listed->size(); ++i) {
    const std::string place = object.at("elements") + "/" + std::to_string(i);
    SATCHEL_ASSIGN(std::string id, listed_element(*list, (*listed)[i], place));
    if (contains(ids, id)) return make_error(Code::invalid, "This element stands twice.", place);
    ids.push_back(std::move(id));
  }
  auto next = ids.begin();
  for (std::string& id : wanted) {
    if (contains(ids, id)) id = *next++;
  }
  return {};
}

void DraftBuilder::push_places() {
  for (const auto& [key, list] : lists_) {
    for (const merge::Placed& placed : merge::fewest_moves(list.now, list.wanted, list.moved, context_.random)) {
      model::Op op;
      op.field = list.field->name;
      op.kind = list.field->kind;
      op.action = model::Action::add;
      op.element = placed.element;
      op.part = model::place_part;
      op.value = proto::encode_value(placed.place);
      push(list.target, std::move(op));
    }
  }
}

}  // namespace satchel::abi

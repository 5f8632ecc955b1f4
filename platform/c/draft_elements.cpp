// Changes of sets and lists: elements with a value, items with parts.
#include <algorithm>

#include "core/merge/resolve.hpp"
#include "core/model/json_value.hpp"
#include "platform/c/draft.hpp"
#include "platform/c/values.hpp"
#include "proto/codec.hpp"

namespace satchel::abi {

using model::Action;
using nlohmann::json;

namespace {

Error never_had(const std::string& collection, const std::string& field, const std::string& id) {
  return make_error(Code::not_found, "\"" + field + "\" never had the element \"" + id + "\". Nothing was changed.",
                    collection + "." + field);
}

}  // namespace

Result<std::string> DraftBuilder::plain_id(const model::Field& field, const json& value,
                                           const std::string& place) const {
  SATCHEL_ASSIGN(const Bytes encoded, encode_json(value, field.type, place));
  if (encoded.empty()) return make_error(Code::invalid, "A value must stand here.", place);
  SATCHEL_ASSIGN(const model::Value decoded, proto::decode_value(encoded));
  return model::element_id(decoded);
}

Result<> DraftBuilder::item(const Target& target, const model::Field& field, const std::string& id, const json& parts,
                            const std::string& place) {
  if (!parts.is_object()) return make_error(Code::invalid, "An object { } of parts must stand here.", place);
  model::Op op;
  op.field = field.name;
  op.kind = field.kind;
  op.action = Action::add;
  op.element = id;
  if (parts.empty()) push(target, op);
  for (const auto& [name, value] : parts.items()) {
    const std::string part_place = place + "/" + escaped(name);
    const auto type = field.parts.find(name);
    if (type == field.parts.end()) {
      return make_error(Code::invalid, "An item of \"" + field.name + "\" has no part \"" + name + "\".", part_place);
    }
    op.part = name;
    SATCHEL_ASSIGN(op.value, encode_json(value, type->second, part_place));
    push(target, op);
  }
  return {};
}

Result<> DraftBuilder::add_each(const Target& target, const model::Field& field, const json& values,
                                const std::string& place) {
  if (!values.is_array()) return add_each(target, field, json::array({values}), place);  // one alone
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string each = place + "/" + std::to_string(i);
    std::string id;
    if (!field.parts.empty()) {
      id = uuid_text(random_128(context_.random));
      SATCHEL_TRY(item(target, field, id, values[i], each));
    } else {
      model::Op op;
      op.field = field.name;
      op.kind = field.kind;
      op.action = Action::add;
      SATCHEL_ASSIGN(id, plain_id(field, values[i], each));
      op.element = id;
      SATCHEL_ASSIGN(op.value, encode_json(values[i], field.type, each));
      push(target, std::move(op));
    }
    if (field.kind == model::Kind::list) SATCHEL_TRY(put_last(target, field, id));
  }
  return {};
}

// The element that a change is about: named by its id, or by its value where the value is the element.
Result<std::string> DraftBuilder::named_element(const model::Field& field, JsonObject& object) {
  SATCHEL_ASSIGN(std::string id, object.text_or("element", {}));
  const json* value = object.find("value");
  if (value != nullptr && !field.parts.empty()) return object.wrong("value", "An item is named by its \"element\".");
  if (!id.empty()) return id;
  if (value == nullptr) return object.wrong("value", "\"value\" or \"element\" is missing.");
  return plain_id(field, *value, object.at("value"));
}

// An element that is its value.
Result<> DraftBuilder::plain(const Target& target, const model::Field& field, const std::string& id, JsonObject& object,
                             Action action) {
  model::Op op;
  op.field = field.name;
  op.kind = field.kind;
  op.action = action;
  op.element = id;
  if (action == Action::add) {
    const json* value = object.find("value");
    if (value != nullptr) {
      SATCHEL_ASSIGN(op.value, encode_json(*value, field.type, object.at("value")));
    } else {
      SATCHEL_ASSIGN(op.value, value_kept(target, field, id));
    }
  }
  push(target, std::move(op));
  return {};
}

// "add" and "remove" of one element.
Result<> DraftBuilder::element(const Target& target, JsonObject& object, Action action) {
  SATCHEL_ASSIGN(const std::string name, object.text("field"));
  SATCHEL_ASSIGN(const model::Field* declared, field(target, name, object.at("field")));
  if (!model::has_elements(declared->kind)) {
    return object.wrong("field", "\"" + name + "\" holds one value: use \"set\" instead.");
  }
  const json* parts = object.find("parts");
  std::string id;
  if (action == Action::add && !declared->parts.empty()) {
    if (object.find("value") != nullptr) return object.wrong("value", "An item has parts: give \"parts\" instead.");
    SATCHEL_ASSIGN(id, object.text_or("element", {}));
    if (id.empty()) id = uuid_text(random_128(context_.random));
    SATCHEL_TRY(item(target, *declared, id, parts == nullptr ? json::object() : *parts, object.at("parts")));
  } else {
    if (parts != nullptr) return object.wrong("parts", "Nothing here has parts.");
    SATCHEL_ASSIGN(id, named_element(*declared, object));
    if (action == Action::remove) {
      SATCHEL_ASSIGN(const bool known, ever_had(target, *declared, id));
      if (!known) return never_had(target.collection->name, name, id);
    }
    SATCHEL_TRY(plain(target, *declared, id, object, action));
  }
  if (declared->kind != model::Kind::list) return {};
  return action == Action::add ? put_where_asked(target, *declared, id, object) : take_out(target, *declared, id);
}

// As it is in the store; empty where nobody wrote it.
Result<merge::FieldState> DraftBuilder::now(const Target& target, const model::Field& field) const {
  SATCHEL_ASSIGN(auto record, context_.reader.record(target.collection->name, target.record));
  const merge::FieldState* state = record.has_value() ? record->state.field(field.name, field.kind) : nullptr;
  if (state != nullptr) return *state;
  merge::FieldState none;
  none.kind = field.kind;
  return none;
}

// Also what somebody took out: taking it out once more says nothing wrong. And what this draft puts in.
Result<bool> DraftBuilder::ever_had(const Target& target, const model::Field& field, const std::string& id) const {
  for (const store::Change& change : parsed_.draft.changes) {
    const model::Op& op = change.op;
    if (op.record == target.record && op.collection == target.collection->name && op.field == field.name &&
        op.element == id) {
      return true;
    }
  }
  SATCHEL_ASSIGN(const merge::FieldState state, now(target, field));
  return std::any_of(state.elements.begin(), state.elements.end(),
                     [&](const merge::Element& element) { return element.id == id; });
}

// "Keep it": the value that the element has, given again.
Result<Bytes> DraftBuilder::value_kept(const Target& target, const model::Field& field, const std::string& id) const {
  SATCHEL_ASSIGN(const merge::FieldState state, now(target, field));
  for (const merge::Element& element : state.elements) {
    if (element.id != id) continue;
    for (const merge::FieldState& part : element.parts) {
      const merge::Resolved own = merge::resolve(part, nullptr);
      if (part.name.empty() && !own.standing.empty()) return own.standing.front()->value;
    }
  }
  return never_had(target.collection->name, field.name, id);
}

}  // namespace satchel::abi

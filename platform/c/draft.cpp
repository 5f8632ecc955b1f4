#include "platform/c/draft.hpp"

#include "platform/c/values.hpp"

namespace satchel::abi {

using model::Action;
using nlohmann::json;

std::string escaped(std::string_view member) {  // RFC 6901
  std::string out;
  for (const char c : member) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

Result<ScopeId> DraftBuilder::scope_of(JsonObject& object, const Target& target) {
  SATCHEL_ASSIGN(const auto given, object.id_or_none<ScopeId>("scope"));
  if (given.has_value()) return *given;
  const model::RecordKey key{target.collection->name, target.record};
  const auto made = made_here_.find(key);
  if (made != made_here_.end()) return made->second;
  SATCHEL_ASSIGN(const auto there, context_.reader.record(key.collection, key.record));
  if (there.has_value()) return there->scope;
  return make_error(Code::not_found, "This store has no " + key.collection + " " + key.record.text() + ".",
                    object.at("record"));
}

Result<DraftBuilder::Target> DraftBuilder::target(JsonObject& object, bool creates) {
  Target target;
  SATCHEL_ASSIGN(const std::string name, object.text("collection"));
  target.collection = context_.reader.schema().collection(name);
  if (target.collection == nullptr) return object.wrong("collection", "There is no collection \"" + name + "\".");
  SATCHEL_ASSIGN(const auto record, object.id_or_none<RecordId>("record"));
  if (record.has_value()) {
    target.record = *record;
  } else if (creates) {
    target.record = RecordId{uuid_v7(context_.clock.wall_ms(), context_.random)};
  } else {
    return object.wrong("record", "\"record\" is missing: the id of what to change.");
  }
  if (creates) {
    SATCHEL_ASSIGN(const auto scope, object.id_or_none<ScopeId>("scope"));
    const auto& opened = parsed_.draft.open;
    if (!scope.has_value() && opened.size() != 1) {
      return object.wrong("scope", "\"scope\" is missing: where the new record belongs.");
    }
    target.scope = scope.has_value() ? *scope : opened.front().first;
    made_here_[{name, target.record}] = target.scope;
  } else {
    SATCHEL_ASSIGN(target.scope, scope_of(object, target));
  }
  SATCHEL_ASSIGN(target.reason, object.text_or("reason", {}));
  return target;
}

Result<const model::Field*> DraftBuilder::field(const Target& target, const std::string& name,
                                                const std::string& place) const {
  const auto it = target.collection->fields.find(name);
  if (it != target.collection->fields.end()) return &it->second;
  return make_error(Code::invalid, "\"" + target.collection->name + "\" has no field \"" + name + "\".", place);
}

void DraftBuilder::push(const Target& target, model::Op op) {
  op.collection = target.collection->name;
  op.record = target.record;
  op.reason = target.reason;
  op.settles = settles_;
  parsed_.draft.changes.push_back({target.scope, std::move(op)});
}

void DraftBuilder::push_record_op(const Target& target, Action action) {
  model::Op op;
  op.action = action;
  push(target, std::move(op));
}

Result<> DraftBuilder::assign(const Target& target, const model::Field& field, const json& value,
                              const std::string& place) {
  if (model::has_elements(field.kind)) return add_each(target, field, value, place);
  model::Op op;
  op.field = field.name;
  op.kind = field.kind;
  op.action = Action::assign;
  SATCHEL_ASSIGN(op.value, encode_json(value, field.type, place));
  push(target, std::move(op));
  return {};
}

Result<> DraftBuilder::fields(const Target& target, JsonObject& object) {
  const json* values = object.find("fields");
  if (values == nullptr) return {};
  const std::string pointer = object.at("fields");
  if (!values->is_object()) return object.wrong("fields", "\"fields\" must be an object { }.");
  for (const auto& [name, value] : values->items()) {
    const std::string place = pointer + "/" + escaped(name);
    SATCHEL_ASSIGN(const model::Field* declared, field(target, name, place));
    SATCHEL_TRY(assign(target, *declared, value, place));
  }
  return {};
}

// "set": one field with its value, or several.
Result<> DraftBuilder::set(const Target& target, JsonObject& object) {
  if (object.find("fields") != nullptr) return fields(target, object);
  SATCHEL_ASSIGN(const std::string name, object.text("field"));
  SATCHEL_ASSIGN(const model::Field* declared, field(target, name, object.at("field")));
  const json* given = object.find("value");
  if (given == nullptr) return object.wrong("value", "\"value\" is missing; null clears the field.");
  if (model::has_elements(declared->kind)) {
    return object.wrong("field", "\"" + name + "\" holds several values: use \"add\" and \"remove\" instead.");
  }
  return assign(target, *declared, *given, object.at("value"));
}

Result<> DraftBuilder::add(const json& change, const std::string& pointer) {
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(change, pointer));
  SATCHEL_ASSIGN(const std::string action, object.text("action"));
  SATCHEL_ASSIGN(const Target to, target(object, action == "create"));
  parsed_.records.push_back(to.record);
  if (action == "create") {
    push_record_op(to, Action::create);
    SATCHEL_TRY(fields(to, object));
  } else if (action == "void") {
    push_record_op(to, Action::void_);
  } else if (action == "restore") {
    push_record_op(to, Action::restore);
  } else if (action == "set") {
    SATCHEL_TRY(set(to, object));
  } else if (action == "add" || action == "remove") {
    SATCHEL_TRY(element(to, object, action == "add" ? Action::add : Action::remove));
  } else if (action == "edit") {
    SATCHEL_TRY(edit(to, object));
  } else if (action == "submit") {
    SATCHEL_TRY(submit(to, object));
  } else if (action == "move") {
    SATCHEL_TRY(move(to, object));
  } else if (action == "order") {
    SATCHEL_TRY(order(to, object));
  } else {
    return object.wrong("action", "\"action\" must be create, set, edit, submit, add, remove, move, order, void or restore.");
  }
  return object.no_others();
}

ParsedDraft DraftBuilder::take() {
  push_places();
  return std::move(parsed_);
}

}  // namespace satchel::abi

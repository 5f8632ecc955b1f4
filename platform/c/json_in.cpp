#include "platform/c/json_in.hpp"

#include <map>

#include "core/merge/resolve.hpp"
#include "core/model/json_value.hpp"
#include "platform/c/json_object.hpp"
#include "platform/c/values.hpp"
#include "proto/codec.hpp"

namespace satchel::abi {
namespace {

using model::Action;
using nlohmann::json;

std::string escaped(std::string_view member) {  // RFC 6901
  std::string out;
  for (const char c : member) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

// Turns the changes of one draft into ops. `draft` grows with each call.
class DraftBuilder {
 public:
  DraftBuilder(const DraftContext& context, bool settles) : context_(context), settles_(settles) {}

  Result<> add(const json& value, const std::string& pointer);
  ParsedDraft take() { return std::move(parsed_); }
  store::Draft& draft() { return parsed_.draft; }

 private:
  struct Target {
    ScopeId scope;
    const model::Collection* collection = nullptr;
    RecordId record;
    std::string reason;
  };

  Result<Target> target(JsonObject& object, bool creates);
  Result<ScopeId> scope_of(JsonObject& object, const Target& target);
  Result<const model::Field*> field(const Target& target, const std::string& name, const std::string& place) const;
  void push(const Target& target, model::Op op);
  void push_record_op(const Target& target, Action action);
  Result<> fields(const Target& target, JsonObject& object);
  Result<> assign(const Target& target, const model::Field& field, const json& value, const std::string& place);
  Result<> add_each(const Target& target, const model::Field& field, const json& values, const std::string& place);
  Result<> element(const Target& target, JsonObject& object, Action action);
  Result<> item(const Target& target, const model::Field& field, const std::string& id, const json& parts,
                const std::string& place);
  Result<Bytes> value_kept(const Target& target, const model::Field& field, const std::string& id) const;
  Result<std::string> plain_id(const model::Field& field, const json& value, const std::string& place) const;

  const DraftContext& context_;
  const bool settles_;
  ParsedDraft parsed_;
  std::map<model::RecordKey, ScopeId> made_here_;
};

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
  if (field.kind == model::Kind::set) return add_each(target, field, value, place);
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
    if (!field.parts.empty()) {
      SATCHEL_TRY(item(target, field, uuid_text(random_128(context_.random)), values[i], each));
      continue;
    }
    model::Op op;
    op.field = field.name;
    op.kind = field.kind;
    op.action = Action::add;
    SATCHEL_ASSIGN(op.element, plain_id(field, values[i], each));
    SATCHEL_ASSIGN(op.value, encode_json(values[i], field.type, each));
    push(target, std::move(op));
  }
  return {};
}

// "add" and "remove" of one element of a set.
Result<> DraftBuilder::element(const Target& target, JsonObject& object, Action action) {
  SATCHEL_ASSIGN(const std::string name, object.text("field"));
  SATCHEL_ASSIGN(const model::Field* declared, field(target, name, object.at("field")));
  if (declared->kind != model::Kind::set) {
    return object.wrong("field", "\"" + name + "\" holds one value: use \"set\" instead.");
  }
  SATCHEL_ASSIGN(std::string id, object.text_or("element", {}));
  const json* value = object.find("value");
  const json* parts = object.find("parts");
  const bool items = !declared->parts.empty();
  if (action == Action::add && items) {
    if (value != nullptr) return object.wrong("value", "An item has parts: give \"parts\" instead.");
    if (id.empty()) id = uuid_text(random_128(context_.random));
    return item(target, *declared, id, parts == nullptr ? json::object() : *parts, object.at("parts"));
  }
  if (parts != nullptr) return object.wrong("parts", "Nothing here has parts.");
  if (value == nullptr && id.empty()) return object.wrong("value", "\"value\" or \"element\" is missing.");
  model::Op op;
  op.field = name;
  op.kind = declared->kind;
  op.action = action;
  if (value != nullptr && items) return object.wrong("value", "An item is named by its \"element\".");
  if (value != nullptr && id.empty()) {
    SATCHEL_ASSIGN(id, plain_id(*declared, *value, object.at("value")));
  }
  if (value != nullptr && action == Action::add) {
    SATCHEL_ASSIGN(op.value, encode_json(*value, declared->type, object.at("value")));
  }
  if (value == nullptr && action == Action::add) {
    SATCHEL_ASSIGN(op.value, value_kept(target, *declared, id));
  }
  op.element = std::move(id);
  push(target, std::move(op));
  return {};
}

// "Keep it": the value that the element has, given again.
Result<Bytes> DraftBuilder::value_kept(const Target& target, const model::Field& field, const std::string& id) const {
  SATCHEL_ASSIGN(const auto record, context_.reader.record(target.collection->name, target.record));
  const merge::FieldState* state = record.has_value() ? record->state.field(field.name, field.kind) : nullptr;
  for (const merge::Element& element : state == nullptr ? std::vector<merge::Element>() : state->elements) {
    if (element.id != id) continue;
    for (const merge::FieldState& part : element.parts) {
      const merge::Resolved own = merge::resolve(part, nullptr);
      if (part.name.empty() && !own.standing.empty()) return own.standing.front()->value;
    }
  }
  return make_error(Code::not_found, "\"" + field.name + "\" never had the element \"" + id + "\".",
                    target.collection->name + "." + field.name);
}

Result<> DraftBuilder::add(const json& value, const std::string& pointer) {
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(value, pointer));
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
  } else if (action == "add" || action == "remove") {
    SATCHEL_TRY(element(to, object, action == "add" ? Action::add : Action::remove));
  } else if (action == "set" && object.find("fields") != nullptr) {
    SATCHEL_TRY(fields(to, object));
  } else if (action == "set") {
    SATCHEL_ASSIGN(const std::string name, object.text("field"));
    SATCHEL_ASSIGN(const model::Field* declared, field(to, name, object.at("field")));
    const json* given = object.find("value");
    if (given == nullptr) return object.wrong("value", "\"value\" is missing; null clears the field.");
    if (declared->kind == model::Kind::set) {
      return object.wrong("field", "\"" + name + "\" holds several values: use \"add\" and \"remove\" instead.");
    }
    SATCHEL_TRY(assign(to, *declared, *given, object.at("value")));
  } else {
    return object.wrong("action", "\"action\" must be create, set, add, remove, void or restore.");
  }
  return object.no_others();
}

Result<> parse_opening(const json& value, const std::string& pointer, store::Draft& draft, Random& random) {
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(value, pointer));
  SATCHEL_ASSIGN(const auto given, object.id_or_none<ScopeId>("scope"));
  const ScopeId scope = given.value_or(ScopeId{random_128(random)});
  model::Opening opening;
  SATCHEL_ASSIGN(opening.kind, object.text("kind"));
  SATCHEL_ASSIGN(const auto parent, object.id_or_none<ScopeId>("parent"));
  opening.parent = parent.value_or(ScopeId{});
  draft.open.emplace_back(scope, std::move(opening));
  return object.no_others();
}

// A decision about a thing that one person put away and another changed, as the change that it is.
Result<json> keep_to_change(JsonObject& object, const json& decision) {
  json change = decision;
  for (const char* extra : {"shown", "keep"}) change.erase(extra);
  SATCHEL_ASSIGN(const bool keep, object.flag_or("keep", true));
  const bool element = change.contains("element");
  if (!element && change.contains("field")) {
    return object.wrong("keep", "\"keep\" decides about a record or an element; for a field give the \"value\".");
  }
  change["action"] = element ? (keep ? "add" : "remove") : (keep ? "restore" : "void");
  return change;
}

Result<json> decision_to_change(JsonObject& object, const json& decision) {
  if (object.find("keep") != nullptr) return keep_to_change(object, decision);
  json change = decision;
  change.erase("shown");
  const auto part = change.find("part");
  if (part != change.end() && part->is_string() && change.contains("value")) {
    change["parts"] = json{{part->get<std::string>(), change["value"]}};
    change.erase("value");
    change.erase("part");
    change["action"] = "add";
  } else {
    change["action"] = change.contains("element") ? "add" : "set";
  }
  return change;
}

}  // namespace

Result<ParsedDraft> parse_draft(std::string_view text, const DraftContext& context) {
  SATCHEL_ASSIGN(const json parsed, parse_json(text));
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(parsed, ""));
  DraftBuilder builder(context, false);
  SATCHEL_ASSIGN(builder.draft().shown, object.text_or("shown", {}));
  SATCHEL_ASSIGN(const json* openings, object.array_or_null("open"));
  SATCHEL_ASSIGN(const json* changes, object.array_or_null("changes"));
  SATCHEL_TRY(object.no_others());
  for (size_t i = 0; openings != nullptr && i < openings->size(); ++i) {
    SATCHEL_TRY(parse_opening((*openings)[i], "/open/" + std::to_string(i), builder.draft(), context.random));
  }
  for (size_t i = 0; changes != nullptr && i < changes->size(); ++i) {
    SATCHEL_TRY(builder.add((*changes)[i], "/changes/" + std::to_string(i)));
  }
  return builder.take();
}

Result<ParsedDraft> parse_decision(std::string_view text, const DraftContext& context) {
  SATCHEL_ASSIGN(const json parsed, parse_json(text));
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(parsed, ""));
  // Without it the decision would count as informed of what arrived since the person looked.
  SATCHEL_ASSIGN(const std::string shown, object.text("shown"));
  SATCHEL_ASSIGN(const json change, decision_to_change(object, parsed));
  DraftBuilder builder(context, true);
  SATCHEL_TRY(builder.add(change, ""));
  builder.draft().shown = shown;
  return builder.take();
}

}  // namespace satchel::abi

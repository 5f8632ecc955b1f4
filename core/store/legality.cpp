#include "core/store/legality.hpp"

#include <algorithm>

#include "core/merge/list.hpp"
#include "core/merge/resolve.hpp"
#include "core/model/limits.hpp"
#include "proto/codec.hpp"

namespace satchel::store {
namespace {

using model::Action;
using model::Kind;

bool of_record(Action action) {
  return action == Action::create || action == Action::void_ || action == Action::restore;
}

bool derived(const RecordId& id) { return (id.bytes[6] >> 4) == 8; }

std::string place_of(const model::Op& op) { return op.field.empty() ? op.collection : op.collection + "." + op.field; }

Error refuse(const model::Op& op, std::string message) {
  return make_error(Code::invalid, std::move(message), place_of(op));
}

// Voided in the eyes of whoever writes: some void that they were shown stands.
bool known_void(const JudgedRecord& record) {
  if (record.state == nullptr || record.state->present()) return false;
  const auto& voids = record.state->voids;
  return std::any_of(voids.begin(), voids.end(),
                     [&](const merge::Head& head) { return record.shown->includes(head.replica, head.counter); });
}

Result<> check_presence(const model::Op& op, const JudgedRecord& record) {
  const bool exists = record.state != nullptr && record.state->created();
  if (op.action == Action::create) {
    if (exists && !derived(op.record))
      return refuse(op, "This record is already there. Change it instead of creating it.");
  } else if (!exists && !record.creates) {
    return make_error(Code::not_found, "There is no such record: " + op.record.text() + ".", place_of(op));
  }
  if (op.action == Action::void_ || op.action == Action::restore || record.restores) return {};
  if (known_void(record)) return refuse(op, "This record was removed. Restore it first, then change it.");
  return {};
}

Result<> check_record_op(const model::Op& op, const JudgedRecord& record) {
  if (op.kind != Kind::none || !op.field.empty() || !op.element.empty() || !op.part.empty() || !op.value.empty()) {
    return refuse(op, "Creating, removing and restoring a record names no field and no value.");
  }
  if (op.record.is_nil()) return refuse(op, "A record needs an id.");
  return check_presence(op, record);
}

const merge::FieldState* field_state(const JudgedRecord& record, const model::Field& field) {
  return record.state == nullptr ? nullptr : record.state->field(field.name, field.kind);
}

merge::Resolved shown_of(const JudgedRecord& record, const model::Field& field) {
  const merge::FieldState* state = field_state(record, field);
  return state == nullptr ? merge::Resolved{} : merge::resolve_at(*state, &field, *record.shown);
}

std::string label_of(BytesView encoded) {
  auto value = proto::decode_value(encoded);
  if (!value.ok()) return {};
  const auto* text = std::get_if<std::string>(&*value);
  return text == nullptr ? std::string() : *text;
}

Result<> check_move(const model::Op& op, const model::Field& field, const JudgedRecord& record) {
  const std::string to = label_of(op.value);
  const merge::Resolved shown = shown_of(record, field);
  if (shown.standing.empty()) {
    if (field.transitions.count({"", to}) != 0) return {};
    return refuse(op, "\"" + field.name + "\" cannot begin as \"" + to + "\".");
  }
  std::string from;
  for (const merge::Head* head : shown.standing) {
    const std::string label = label_of(head->value);
    // Settling chooses among what stands; that is no move.
    if (op.settles && label == to) return {};
    if (field.transitions.count({label, to}) != 0) return {};
    from += (from.empty() ? "\"" : " or \"") + label + "\"";
  }
  return refuse(op, "\"" + field.name + "\" cannot go from " + from + " to \"" + to + "\".");
}

Result<> check_lowering(const model::Op& op, const model::Field& field, const model::Value& value,
                        const JudgedRecord& record) {
  if (!field.lowering_needs_reason || !op.reason.empty()) return {};
  const merge::FieldState* state = field_state(record, field);
  if (state == nullptr || !merge::lowers(field, value, merge::resolve_at(*state, &field, *record.shown))) return {};
  return refuse(op, "Please say why \"" + field.name + "\" is lowered.");
}

Result<> check_place(const model::Op& op, const model::Value& value) {
  const auto* place = std::get_if<std::string>(&value);
  if (place != nullptr && merge::is_place(*place)) return {};
  return refuse(op, "This is not a place in a list.");
}

Result<> check_elements(const model::Collection& collection, const model::Op& op, const model::Field& field,
                        const model::Value& value) {
  if (op.action != Action::add && op.action != Action::remove) {
    return refuse(op, "\"" + field.name + "\" holds several values: add to it or remove from it.");
  }
  if (op.element.empty() || op.element.size() > model::limits::id_bytes) {
    return refuse(op, "An element needs an id of 1 to " + std::to_string(model::limits::id_bytes) + " bytes.");
  }
  if (op.action == Action::remove) {
    if (op.value.empty() && op.part.empty()) return {};
    return refuse(op, "Removing an element names no part and no value.");
  }
  if (field.kind == Kind::list && op.part == model::place_part) return check_place(op, value);
  if (op.part.empty()) {
    if (field.parts.empty() && std::holds_alternative<model::Null>(value)) {
      return refuse(op, "This element needs a value.");
    }
    return model::check_value(collection, field, value);
  }
  return model::check_part(collection, field, op.part, value);
}

Result<> check_field_op(const model::Collection& collection, const model::Op& op, const model::Field& field,
                        const JudgedRecord& record) {
  if (op.kind != field.kind) return refuse(op, "The change names another kind than the schema gives this field.");
  if (field.kind == Kind::server) {
    return make_error(Code::permission, "\"" + field.name + "\" is written by the central store only.", place_of(op));
  }
  SATCHEL_TRY(check_presence(op, record));
  if (collection.append_only && !record.creates) {
    return refuse(op, "Records of \"" + collection.name + "\" are not changed once they are written. Add a new one.");
  }
  if (op.value.size() > model::limits::field_bytes) {
    return make_error(Code::limit,
                      "This is too long: " + std::to_string(op.value.size()) + " bytes, at most " +
                          std::to_string(model::limits::field_bytes) + " fit.",
                      place_of(op));
  }
  auto value = proto::decode_value(op.value);
  if (!value.ok()) return refuse(op, "The value cannot be read: " + value.error().message);
  if (model::has_elements(field.kind)) return check_elements(collection, op, field, *value);
  if (field.kind == Kind::text) {  // make_text_edits() looked at the edits, and whether it was sent in
    const bool submits = op.action == Action::submit;
    if (op.action != Action::edit && !submits) return refuse(op, "A text is changed by edits.");
    return submits && !op.value.empty() ? refuse(op, "Sending a text in has no value.") : Result<>();
  }
  if (op.action != Action::assign) return refuse(op, "\"" + field.name + "\" is set to a value, nothing else.");
  if (!op.element.empty() || !op.part.empty())
    return refuse(op, "\"" + field.name + "\" holds one value: it has no elements.");
  const bool clears = std::holds_alternative<model::Null>(*value);
  SATCHEL_TRY(model::check_value(collection, field, *value));
  switch (field.kind) {
    case Kind::state:
      return check_move(op, field, record);
    case Kind::severity:
    case Kind::restrictive:
      return check_lowering(op, field, *value, record);
    case Kind::frozen:
      if (clears) return refuse(op, "\"" + field.name + "\" cannot be emptied.");
      if (!shown_of(record, field).standing.empty()) {
        return refuse(op, "\"" + field.name + "\" is not changed once it is written.");
      }
      return {};
    default:
      return {};
  }
}

}  // namespace

Result<> check_op(const model::Schema& schema, std::string_view scope_kind, const model::Op& op,
                  const JudgedRecord& record) {
  const model::Collection* collection = schema.collection(op.collection);
  if (collection == nullptr) return refuse(op, "The schema has no collection \"" + op.collection + "\".");
  if (collection->server_only) {
    return make_error(Code::permission, "\"" + op.collection + "\" is written by the central store only.",
                      op.collection);
  }
  // Empty: a scope that was held before the file was damaged; the centre knows its kind.
  const auto& kinds = collection->scopes;
  if (!scope_kind.empty() && std::find(kinds.begin(), kinds.end(), scope_kind) == kinds.end()) {
    return refuse(op, "Records of \"" + op.collection + "\" do not belong into a \"" + std::string(scope_kind) + "\".");
  }
  if (of_record(op.action)) return check_record_op(op, record);
  const model::Field* field = schema.field(op.collection, op.field);
  if (field == nullptr) return refuse(op, "\"" + op.collection + "\" has no field \"" + op.field + "\".");
  return check_field_op(*collection, op, *field, record);
}

bool raises_alarm(const model::Schema& schema, const model::Op& op, const merge::RecordState* state) {
  if (op.kind != Kind::severity && op.kind != Kind::restrictive) return false;
  const model::Field* field = schema.field(op.collection, op.field);
  if (field == nullptr) return false;
  merge::Head head;
  head.value = op.value;
  merge::Resolved as_if;
  as_if.standing.push_back(&head);
  const merge::FieldState* written = state == nullptr ? nullptr : state->field(field->name, field->kind);
  const merge::Resolved standing = written == nullptr ? merge::Resolved{} : merge::resolve(*written, field);
  if (!standing.standing.empty()) {
    auto old = proto::decode_value(standing.standing.front()->value);
    return old.ok() && merge::lowers(*field, *old, as_if);
  }
  // Nothing there yet: the lowest level is a form filled in, and so is a first date.
  if (!field->levels.empty()) return merge::lowers(*field, field->levels.front(), as_if);
  return field->type == model::ValueType::boolean && merge::lowers(*field, false, as_if);
}

}  // namespace satchel::store

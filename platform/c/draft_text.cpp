// Changes of texts, as they were typed. Apps count in UTF-16 code units; core/store turns that into scalar values.
#include "core/model/limits.hpp"
#include "platform/c/draft.hpp"
#include "proto/codec.hpp"

namespace satchel::abi {

using nlohmann::json;

namespace {

Result<uint32_t> count(JsonObject& object, const char* name) {
  const json* value = object.find(name);
  if (value == nullptr) return uint32_t{0};
  if (!value->is_number_unsigned() || value->get<uint64_t>() > model::limits::text_position_most) {
    return object.wrong(name, "This must be a number of characters, 0 or more.");
  }
  return value->get<uint32_t>();
}

}  // namespace

// "edit": what was put into a text and taken out, each where the one before it left off.
Result<> DraftBuilder::edit(const Target& target, JsonObject& object) {
  SATCHEL_ASSIGN(const std::string name, object.text("field"));
  SATCHEL_ASSIGN(const model::Field* declared, field(target, name, object.at("field")));
  if (declared->kind != model::Kind::text) {
    return object.wrong("field", "\"" + name + "\" is not merged by the character: use \"set\".");
  }
  SATCHEL_ASSIGN(const json* list, object.array_or_null("edits"));
  if (list == nullptr) return object.wrong("edits", "\"edits\" is missing: what was typed and what was taken out.");
  model::TextEdits edits;
  for (size_t i = 0; i < list->size(); ++i) {
    SATCHEL_ASSIGN(JsonObject each, JsonObject::of((*list)[i], object.at("edits") + "/" + std::to_string(i)));
    model::TextEdit made;
    SATCHEL_ASSIGN(made.at, count(each, "at"));
    SATCHEL_ASSIGN(made.removed, count(each, "removed"));
    SATCHEL_ASSIGN(made.inserted, each.text_or("inserted", {}));
    SATCHEL_TRY(each.no_others());
    if (made.removed > 0 || !made.inserted.empty()) edits.edits.push_back(std::move(made));
  }
  model::Op op;
  op.field = name;
  op.kind = declared->kind;
  op.action = model::Action::edit;
  op.value = proto::encode_value(std::move(edits));
  push(target, std::move(op));
  parsed_.draft.changes.back().utf16 = true;
  return {};
}

// "submit": the text is sent in as it stands, with what this draft changes of it before.
Result<> DraftBuilder::submit(const Target& target, JsonObject& object) {
  SATCHEL_ASSIGN(const std::string name, object.text("field"));
  SATCHEL_ASSIGN(const model::Field* declared, field(target, name, object.at("field")));
  if (declared->amends.empty()) return object.wrong("field", "\"" + name + "\" is not a text that can be sent in.");
  model::Op op;
  op.field = name;
  op.kind = declared->kind;
  op.action = model::Action::submit;
  push(target, std::move(op));
  return {};
}

}  // namespace satchel::abi

#include "core/model/schema.hpp"

#include <algorithm>

#include "core/model/calendar.hpp"
#include "core/model/limits.hpp"
#include "core/model/text.hpp"

namespace satchel::model {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

// Labels that some move leads to, in alphabetical order.
std::vector<std::string> labels_of(const Field& field) {
  std::set<std::string> labels;
  for (const auto& [from, to] : field.transitions) labels.insert(to);
  return {labels.begin(), labels.end()};
}

bool is_one_of(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Says why `value` cannot stand; empty: it can.
std::string wrong_text(const Field& field, const std::string& text) {
  if (!valid_utf8(text)) return "is not valid UTF-8 text";
  if (!field.levels.empty() && !is_one_of(field.levels, text)) {
    return "cannot be \"" + text + "\". It can be: " + listed(field.levels);
  }
  if (field.kind == Kind::state) {
    const auto labels = labels_of(field);
    if (!is_one_of(labels, text)) return "cannot be \"" + text + "\". It can be: " + listed(labels);
  }
  return {};
}

struct Fault {
  const Field& field;
  ValueType type;

  std::string operator()(const Null&) const { return field.kind == Kind::state ? "cannot be taken away" : ""; }
  std::string operator()(const std::string& text) const {
    return type == ValueType::text ? wrong_text(field, text) : mismatch();
  }
  std::string operator()(int64_t) const { return type == ValueType::integer ? "" : mismatch(); }
  std::string operator()(const Decimal& decimal) const {
    if (type != ValueType::decimal) return mismatch();
    return decimal.scale <= limits::decimal_scale ? "" : "has more than 18 digits behind the point";
  }
  std::string operator()(bool) const { return type == ValueType::boolean ? "" : mismatch(); }
  std::string operator()(const Date& date) const {
    if (type != ValueType::date) return mismatch();
    return is_day(date) ? "" : "is not a day of the calendar";
  }
  std::string operator()(const Instant& instant) const {
    if (type != ValueType::instant) return mismatch();
    const bool zone = instant.zone.empty() || valid_identifier(instant.zone, limits::name_bytes);
    return is_moment(instant) && zone ? "" : "is not a moment of the calendar";
  }
  std::string operator()(const CodedValue& code) const {
    if (type != ValueType::code) return mismatch();
    const auto fits = [](const std::string& part) { return part.empty() || valid_identifier(part, limits::id_bytes); };
    if (code.code.empty() && code.display.empty()) return "needs a code or a text";
    if (!fits(code.system) || !fits(code.code)) return "has a code that is too long or holds control characters";
    return valid_utf8(code.display) ? "" : "is not valid UTF-8 text";
  }
  std::string operator()(const Reference& reference) const {
    if (type != ValueType::reference) return mismatch();
    if (reference.record.is_nil()) return "names no record";
    if (!field.references.empty() && reference.collection != field.references) {
      return "must name a record of \"" + field.references + "\", not of \"" + reference.collection + "\"";
    }
    return valid_name(reference.collection) ? "" : "names no collection";
  }
  std::string operator()(const BlobReference& blob) const {
    if (type != ValueType::blob) return mismatch();
    const bool media = blob.media_type.empty() || valid_identifier(blob.media_type, limits::id_bytes);
    return blob.hash.size() == limits::blob_hash_bytes && blob.size <= limits::counter_most && media
               ? ""
               : "does not describe a file";
  }
  std::string operator()(const TextEdits&) const { return mismatch(); }
  std::string operator()(const UnknownValue&) const { return "is of a kind that this version does not know"; }

  std::string mismatch() const { return "must be of type " + std::string(type_name(type)); }
};

// Upper bound of the encoded size, exact for texts near the limit: a tag and a length of at most 4 bytes before each.
size_t encoded_bytes(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size() + 4;
  if (const auto* code = std::get_if<CodedValue>(&value)) {
    return code->system.size() + code->code.size() + code->display.size() + 4 + 3 + 3 + 4;
  }
  return 0;
}

Result<> check(const Collection& collection, const Field& field, ValueType type, const Value& value,
               const std::string& part) {
  const std::string place = collection.name + "." + field.name + (part.empty() ? "" : "." + part);
  if (const std::string fault = std::visit(Fault{field, type}, value); !fault.empty()) {
    return make_error(Code::invalid, place + " " + fault + ".", place);
  }
  if (encoded_bytes(value) > limits::field_bytes) {
    return make_error(Code::limit, place + " is longer than one field may be (1 MiB). Save it in parts.", place);
  }
  return {};
}

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::none: return "none";
    case Kind::register_: return "register";
    case Kind::keep_all: return "keep_all";
    case Kind::severity: return "severity";
    case Kind::restrictive: return "restrictive";
    case Kind::set: return "set";
    case Kind::state: return "state";
    case Kind::frozen: return "frozen";
    case Kind::server: return "server";
    case Kind::list: return "list";
    case Kind::text: return "text";
  }
  return "unknown";
}

std::string_view type_name(ValueType type) {
  switch (type) {
    case ValueType::text: return "text";
    case ValueType::integer: return "integer";
    case ValueType::decimal: return "decimal";
    case ValueType::boolean: return "boolean";
    case ValueType::date: return "date";
    case ValueType::instant: return "instant";
    case ValueType::code: return "code";
    case ValueType::reference: return "reference";
    case ValueType::blob: return "blob";
  }
  return "unknown";
}

const Collection* Schema::collection(std::string_view name) const {
  const auto found = collections_.find(name);
  return found == collections_.end() ? nullptr : &found->second;
}

const Field* Schema::field(std::string_view collection_name, std::string_view field_name) const {
  const Collection* found = collection(collection_name);
  if (found == nullptr) return nullptr;
  const auto at = found->fields.find(std::string(field_name));
  return at == found->fields.end() ? nullptr : &at->second;
}

Result<> check_value(const Collection& collection, const Field& field, const Value& value) {
  if (has_elements(field.kind) && !field.parts.empty() && !std::holds_alternative<Null>(value)) {
    const std::string place = collection.name + "." + field.name;
    return make_error(Code::invalid, place + " holds items with parts: give the part a value, not the item.", place);
  }
  return check(collection, field, field.type, value, {});
}

Result<> check_part(const Collection& collection, const Field& field, std::string_view part, const Value& value) {
  const auto found = field.parts.find(std::string(part));
  if (found == field.parts.end()) {
    const std::string place = collection.name + "." + field.name;
    return make_error(Code::invalid, place + " has no part \"" + std::string(part) + "\".", place);
  }
  return check(collection, field, found->second, value, std::string(part));
}

}  // namespace satchel::model

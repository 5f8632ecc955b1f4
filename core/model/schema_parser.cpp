#include "core/model/schema_parser.hpp"

#include <algorithm>
#include <array>

#include "core/model/limits.hpp"
#include "core/model/text.hpp"

namespace satchel::model {
namespace {

// Names that stand beside the fields wherever a record is written as JSON.
constexpr std::array<std::string_view, 4> reserved_fields = {"id", "scope", "collection", "record"};
// What a worker may be in a scope (server/authorise.hpp).
constexpr std::array<std::string_view, 3> roles = {"writer", "reader", "supervisor"};

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

Result<Schema> Schema::parse(std::string_view json) { return SchemaParser().parse(json); }

Result<Schema> SchemaParser::parse(std::string_view source) {
  SATCHEL_ASSIGN(const Json json, parse_schema_json(source));
  const Pointer root;
  SATCHEL_TRY(expect_object(json, {"version", "scopes", "collections", "about"}, root));
  SATCHEL_TRY(read_text(json, "about", root));
  const auto version = json.find("version");
  if (version == json.end()) {
    return root.error("The schema needs a \"version\", a whole number that grows with each change.");
  }
  if (!version->is_number_unsigned() || version->get<uint64_t>() == 0 || version->get<uint64_t>() > INT32_MAX) {
    return (root / "version").error("This must be a whole number, 1 or more.");
  }
  for (const char* name : {"scopes", "collections"}) {
    if (!json.contains(name)) return root.error("The schema needs \"" + std::string(name) + "\".");
  }
  SATCHEL_TRY(read_scopes(json["scopes"], root / "scopes"));
  SATCHEL_TRY(read_collections(json["collections"], root / "collections"));
  schema_.version_ = version->get<uint32_t>();
  schema_.source_ = source;
  return std::move(schema_);
}

Result<> SchemaParser::read_scopes(const Json& json, const Pointer& at) {
  if (!json.is_object() || json.empty()) return at.error("Name at least one kind of scope: {\"case\": {...}}.");
  for (const auto& [name, definition] : json.items()) {
    const Pointer here = at / name;
    SATCHEL_TRY(expect_name(name, here, true));
    SATCHEL_TRY(expect_object(definition, {"opened_by", "parent", "about"}, here));
    SATCHEL_TRY(read_text(definition, "about", here));
    ScopeKind scope;
    scope.name = name;
    SATCHEL_ASSIGN(scope.opened_by, read_names(definition, "opened_by", here));
    for (size_t i = 0; i < scope.opened_by.size(); ++i) {
      if (contains(roles, scope.opened_by[i])) continue;
      return (here / "opened_by" / i).error("\"" + scope.opened_by[i] + "\" is not a role. Roles are: writer, reader, "
                                            "supervisor.");
    }
    SATCHEL_ASSIGN(scope.parent, read_text(definition, "parent", here));
    schema_.scopes_.emplace(name, std::move(scope));
  }
  return check_parents(at);
}

Result<> SchemaParser::check_parents(const Pointer& at) const {
  for (const auto& [name, scope] : schema_.scopes_) {
    const Pointer here = at / name / "parent";
    std::string_view above = scope.parent;
    for (size_t steps = 0; !above.empty(); ++steps) {
      const auto found = schema_.scopes_.find(above);
      if (found == schema_.scopes_.end()) {
        return here.error("There is no kind of scope \"" + std::string(above) + "\".");
      }
      if (above == name || steps > schema_.scopes_.size()) {
        return here.error("\"" + name + "\" cannot lie inside itself.");
      }
      above = found->second.parent;
    }
  }
  return {};
}

Result<> SchemaParser::read_collections(const Json& json, const Pointer& at) {
  if (!json.is_object() || json.empty()) return at.error("Name at least one collection: {\"person\": {...}}.");
  if (json.size() > limits::collections) return at.error("These are too many collections.");
  for (const auto& [name, definition] : json.items()) {
    SATCHEL_TRY(expect_name(name, at / name));
    Collection collection;
    collection.name = name;
    SATCHEL_TRY(read_collection(definition, at / name, collection));
    schema_.collections_.emplace(name, std::move(collection));
  }
  SATCHEL_TRY(check_references(at));
  SATCHEL_TRY(check_amends(at));
  return check_headers(at);
}

Result<> SchemaParser::read_collection(const Json& json, const Pointer& at, Collection& collection) {
  SATCHEL_TRY(expect_object(json, {"scopes", "fields", "append_only", "server_only", "agenda", "header", "about"}, at));
  SATCHEL_TRY(read_text(json, "about", at));
  SATCHEL_ASSIGN(collection.scopes, read_names(json, "scopes", at, true));
  if (collection.scopes.empty()) return at.error("Say in which \"scopes\" its records live: [\"case\"].");
  for (size_t i = 0; i < collection.scopes.size(); ++i) {
    if (schema_.scopes_.count(collection.scopes[i]) != 0) continue;
    return (at / "scopes" / i).error("There is no kind of scope \"" + collection.scopes[i] + "\".");
  }
  SATCHEL_ASSIGN(collection.append_only, read_flag(json, "append_only", at));
  SATCHEL_ASSIGN(collection.server_only, read_flag(json, "server_only", at));
  SATCHEL_TRY(read_header(json, at, collection));
  const auto fields = json.find("fields");
  if (fields == json.end()) return at.error("A collection needs \"fields\".");
  const Pointer list = at / "fields";
  if (!fields->is_object() || fields->empty()) return list.error("Name at least one field: {\"name\": {...}}.");
  if (fields->size() > limits::fields_per_collection) return list.error("These are too many fields.");
  for (const auto& [name, definition] : fields->items()) {
    SATCHEL_TRY(expect_name(name, list / name));
    if (contains(reserved_fields, name)) {
      return (list / name).error("\"" + name + "\" is reserved: it stands beside the fields of every record.");
    }
    SATCHEL_ASSIGN(collection.fields[name], read_field(name, definition, list / name));
  }
  return read_agenda(json, at, collection);
}

// Scopes with something soon are sent first (server/agenda.hpp), so the field has to hold one day or moment.
Result<> SchemaParser::read_agenda(const Json& json, const Pointer& at, Collection& collection) {
  SATCHEL_ASSIGN(collection.agenda, read_text(json, "agenda", at));
  if (collection.agenda.empty()) return {};
  const auto field = collection.fields.find(collection.agenda);
  const bool fits = field != collection.fields.end() &&
                    (field->second.type == ValueType::date || field->second.type == ValueType::instant) &&
                    field->second.kind != Kind::set && field->second.kind != Kind::list &&
                    field->second.kind != Kind::keep_all;
  if (fits) return {};
  return (at / "agenda").error("\"" + collection.agenda + "\" must be a field of this collection that holds one date or "
                               "instant.");
}

// Fields may name collections that stand further down, so this comes last.
Result<> SchemaParser::check_references(const Pointer& at) const {
  for (const auto& [name, collection] : schema_.collections_) {
    for (const auto& [field_name, field] : collection.fields) {
      if (field.references.empty() || schema_.collections_.count(field.references) != 0) continue;
      return (at / name / "fields" / field_name / "references")
          .error("There is no collection \"" + field.references + "\".");
    }
  }
  return {};
}

// An amendment is a record beside the one that it amends, begun by the centre and finished by people.
Result<> SchemaParser::check_amends(const Pointer& at) const {
  for (const auto& [name, collection] : schema_.collections_) {
    for (const auto& [field_name, field] : collection.fields) {
      if (field.amends.empty()) continue;
      const Pointer here = at / name / "fields" / field_name / "submitted";
      if (collection.append_only || collection.server_only) {
        return here.error("Records of \"" + name + "\" are not written over time, so there is nothing to send in.");
      }
      const auto amends = collection.fields.find(field.amends);
      const bool fits = amends != collection.fields.end() && amends->second.kind == Kind::register_ &&
                        amends->second.type == ValueType::reference && amends->second.references == name;
      if (fits) continue;
      return (here / "amends").error("\"" + name + "." + field.amends + "\" must be a field of kind register and type "
                                     "reference that references \"" + name + "\".");
    }
  }
  return {};
}

}  // namespace satchel::model

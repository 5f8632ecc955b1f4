// Headers: {"collection": "case_header", "fields": ["status", ...], "scope_field": "case_scope"} in a collection of a case.
// A team sees its list through them, so what they may carry is narrow: no free text and nothing of a restricted part.
#include <algorithm>

#include "core/model/schema_parser.hpp"

namespace satchel::model {
namespace {

constexpr std::string_view team = "team";  // the kind of scope that headers go into

bool lives_in(const Collection& collection, std::string_view scope) {
  return std::find(collection.scopes.begin(), collection.scopes.end(), scope) != collection.scopes.end();
}

// One value that stands, out of a closed set: a label, a level, a date, a number, or what the centre itself wrote.
bool may_be_seen(const Field& field) {
  switch (field.kind) {
    case Kind::state:
    case Kind::severity:
    case Kind::restrictive:
    case Kind::server:
      return true;
    case Kind::register_:
    case Kind::frozen:
      break;
    default:
      return false;
  }
  switch (field.type) {
    case ValueType::integer:
    case ValueType::decimal:
    case ValueType::boolean:
    case ValueType::date:
    case ValueType::instant:
      return true;
    default:
      return false;  // text, codes with words of their own, references and files into what the team may not see
  }
}

Result<> check_field(const Collection& from, const Collection& to, const std::string& name, const Pointer& at) {
  const auto source = from.fields.find(name);
  if (source == from.fields.end()) return at.error("There is no field \"" + from.name + "." + name + "\".");
  if (!may_be_seen(source->second)) {
    return at.error("\"" + from.name + "." + name + "\" cannot be in a header: only labels, levels, dates, numbers, "
                    "yes or no, and what the centre writes. No free text.");
  }
  const auto target = to.fields.find(name);
  if (target == to.fields.end()) return at.error("There is no field \"" + to.name + "." + name + "\" to take it.");
  if (target->second.kind != Kind::server || target->second.type != source->second.type) {
    return at.error("\"" + to.name + "." + name + "\" must be of kind server and type " +
                    std::string(type_name(source->second.type)) + ".");
  }
  return {};
}

}  // namespace

Result<> SchemaParser::read_header(const Json& json, const Pointer& above, Collection& collection) {
  const auto found = json.find("header");
  if (found == json.end()) return {};
  const Pointer at = above / "header";
  SATCHEL_TRY(expect_object(*found, {"collection", "fields", "scope_field", "about"}, at));
  SATCHEL_TRY(read_text(*found, "about", at));
  HeaderProjection header;
  SATCHEL_ASSIGN(header.collection, read_text(*found, "collection", at));
  if (header.collection.empty()) return at.error("Say into which \"collection\" the header goes.");
  SATCHEL_ASSIGN(header.fields, read_names(*found, "fields", at));
  if (header.fields.empty()) return at.error("Name at least one of its \"fields\".");
  SATCHEL_ASSIGN(header.scope_field, read_text(*found, "scope_field", at));
  collection.header = std::move(header);
  return {};
}

Result<> SchemaParser::check_headers(const Pointer& at) const {
  for (const auto& [name, from] : schema_.collections_) {
    if (!from.header) continue;
    const Pointer here = at / name / "header";
    const auto target = schema_.collections_.find(from.header->collection);
    if (target == schema_.collections_.end()) {
      return (here / "collection").error("There is no collection \"" + from.header->collection + "\".");
    }
    const Collection& to = target->second;
    if (!to.server_only || !lives_in(to, team)) {
      return (here / "collection").error("\"" + to.name + "\" must be server_only and live in the scope \"team\".");
    }
    for (const std::string& kind : from.scopes) {
      if (schema_.scopes_.at(kind).parent == team) continue;
      return here.error("Its records also live in \"" + kind + "\", which does not lie in a team: nothing of it may be "
                        "seen there.");
    }
    const HeaderProjection& header = *from.header;
    for (size_t i = 0; i < header.fields.size(); ++i) {
      SATCHEL_TRY(check_field(from, to, header.fields[i], here / "fields" / i));
    }
    if (header.scope_field.empty()) continue;
    const auto field = to.fields.find(header.scope_field);
    const bool fits = field != to.fields.end() && field->second.kind == Kind::server &&
                      field->second.type == ValueType::text &&
                      std::find(header.fields.begin(), header.fields.end(), header.scope_field) == header.fields.end();
    if (!fits) {
      return (here / "scope_field").error("\"" + to.name + "." + header.scope_field + "\" must be a field of its own, of "
                                          "kind server and type text.");
    }
  }
  return {};
}

}  // namespace satchel::model

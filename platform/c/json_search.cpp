#include "platform/c/json_search.hpp"

#include "platform/c/json_object.hpp"
#include "platform/c/json_writer.hpp"

namespace satchel::abi {
namespace {

using nlohmann::json;

Result<std::vector<std::string>> parse_collections(JsonObject& object) {
  std::vector<std::string> names;
  SATCHEL_ASSIGN(const json* given, object.array_or_null("collections"));
  for (size_t i = 0; given != nullptr && i < given->size(); ++i) {
    if (!(*given)[i].is_string()) return object.wrong("collections", "\"collections\" must be a list of names.");
    names.push_back((*given)[i].get<std::string>());
  }
  return names;
}

Result<std::optional<model::RecordKey>> parse_about(JsonObject& object) {
  const json* given = object.find("about");
  if (given == nullptr) return std::optional<model::RecordKey>();
  SATCHEL_ASSIGN(JsonObject about, JsonObject::of(*given, object.at("about")));
  model::RecordKey key;
  SATCHEL_ASSIGN(key.collection, about.text("collection"));
  SATCHEL_ASSIGN(const auto id, about.id_or_none<RecordId>("record"));
  if (!id) return about.wrong("record", "\"record\" is missing.");
  key.record = *id;
  SATCHEL_TRY(about.no_others());
  return std::optional(std::move(key));
}

}  // namespace

Result<query::Search> parse_search(std::string_view text) {
  SATCHEL_ASSIGN(const json parsed, parse_json(text));
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(parsed, ""));
  query::Search search;
  SATCHEL_ASSIGN(search.text, object.text("text"));
  SATCHEL_ASSIGN(search.collections, parse_collections(object));
  SATCHEL_ASSIGN(search.scope, object.id_or_none<ScopeId>("scope"));
  SATCHEL_ASSIGN(search.about, parse_about(object));
  SATCHEL_ASSIGN(search.include_voided, object.flag_or("include_voided", false));
  SATCHEL_ASSIGN(const int64_t limit, object.count_or("limit", 100, search.limit));
  search.limit = static_cast<uint32_t>(limit);
  SATCHEL_TRY(object.no_others());
  return search;
}

std::string found_json(const query::Found& found) {
  JsonWriter out;
  out.open('{');
  out.name("hits").open('[');
  for (const query::Hit& hit : found.hits) {
    out.open('{');
    out.name("collection").text(hit.record.collection);
    out.name("field").text(hit.field);
    out.name("record").text(hit.record.record.text());
    out.name("scope").text(hit.scope.text());
    out.name("snippet").open('[');
    for (const query::Piece& piece : hit.snippet) {
      out.open('{');
      out.name("hit").flag(piece.hit);
      out.name("text").text(piece.text);
      out.close('}');
    }
    out.close(']');
    out.name("title").text(hit.title);
    out.close('}');
  }
  out.close(']');
  out.name("of").number(found.of);
  out.name("token").text(found.token);
  out.name("waiting").number(found.waiting);
  out.close('}');
  return out.take();
}

}  // namespace satchel::abi

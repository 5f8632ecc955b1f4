#include <array>

#include "platform/c/json_in.hpp"
#include "platform/c/json_object.hpp"
#include "platform/c/values.hpp"
#include "proto/codec.hpp"

namespace satchel::abi {
namespace {

using nlohmann::json;
using query::Compare;

constexpr std::array<std::pair<std::string_view, Compare>, 7> compares = {{{"equal", Compare::equal},
                                                                          {"not_equal", Compare::not_equal},
                                                                          {"less", Compare::less},
                                                                          {"less_or_equal", Compare::less_or_equal},
                                                                          {"greater", Compare::greater},
                                                                          {"greater_or_equal", Compare::greater_or_equal},
                                                                          {"starts_with", Compare::starts_with}}};

Result<Compare> parse_compare(JsonObject& object) {
  SATCHEL_ASSIGN(const std::string name, object.text_or("compare", "equal"));
  for (const auto& [known, compare] : compares) {
    if (known == name) return compare;
  }
  return object.wrong("compare", "\"compare\" must be equal, not_equal, less, less_or_equal, greater, "
                                 "greater_or_equal or starts_with.");
}

Result<query::Filter> parse_filter(const json& value, const std::string& pointer, const model::Schema& schema,
                                   const std::string& collection) {
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(value, pointer));
  query::Filter filter;
  SATCHEL_ASSIGN(filter.field, object.text("field"));
  SATCHEL_ASSIGN(filter.compare, parse_compare(object));
  const model::Field* field = schema.field(collection, filter.field);
  if (field == nullptr) {
    return object.wrong("field", "\"" + collection + "\" has no field \"" + filter.field + "\".");
  }
  const json* given = object.find("value");
  if (given == nullptr) return object.wrong("value", "\"value\" is missing.");
  SATCHEL_ASSIGN(const Bytes encoded, encode_json(*given, field->type, object.at("value")));
  SATCHEL_ASSIGN(filter.value, proto::decode_value(encoded));
  SATCHEL_TRY(object.no_others());
  return filter;
}

}  // namespace

Result<ParsedQuery> parse_query(std::string_view text, const model::Schema& schema) {
  SATCHEL_ASSIGN(const json parsed, parse_json(text));
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(parsed, ""));
  ParsedQuery out;
  query::Query& query = out.query;
  SATCHEL_ASSIGN(query.collection, object.text("collection"));
  SATCHEL_ASSIGN(query.scope, object.id_or_none<ScopeId>("scope"));
  SATCHEL_ASSIGN(query.order_by, object.text_or("order_by", {}));
  SATCHEL_ASSIGN(query.descending, object.flag_or("descending", false));
  SATCHEL_ASSIGN(const int64_t limit, object.count_or("limit", 1000, query.limit));
  query.limit = static_cast<uint32_t>(limit);
  SATCHEL_ASSIGN(query.after, object.text_or("after", {}));
  SATCHEL_ASSIGN(query.include_voided, object.flag_or("include_voided", false));
  SATCHEL_ASSIGN(out.count, object.flag_or("count", false));
  SATCHEL_ASSIGN(const json* filters, object.array_or_null("filters"));
  SATCHEL_TRY(object.no_others());
  if (schema.collection(query.collection) == nullptr) {
    return object.wrong("collection", "There is no collection \"" + query.collection + "\".");
  }
  for (size_t i = 0; filters != nullptr && i < filters->size(); ++i) {
    SATCHEL_ASSIGN(auto filter,
                   parse_filter((*filters)[i], "/filters/" + std::to_string(i), schema, query.collection));
    query.filters.push_back(std::move(filter));
  }
  return out;
}

}  // namespace satchel::abi

#include "core/query/field_json.hpp"

#include <nlohmann/json.hpp>

#include "core/merge/resolve.hpp"
#include "core/model/json_value.hpp"
#include "proto/codec.hpp"

namespace satchel::query {
namespace {

using nlohmann::json;

json standing_json(const merge::FieldState& state, const model::Field* field) {
  const merge::Resolved resolved = merge::resolve(state, field);
  return resolved.standing.empty() ? json() : value_json(resolved.standing.front()->value);
}

// A plain element is its value; an item is an object of its parts under its id.
json element_json(const merge::Element& element, model::Kind kind) {
  json item = {{"id", element.id}};
  json own;
  bool has_parts = false;
  for (const merge::FieldState& part : element.parts) {
    if (kind == model::Kind::list && part.name == model::place_part) continue;  // the order says it
    const json value = standing_json(part, nullptr);
    if (part.name.empty()) {
      own = value;
    } else {
      item[part.name] = value;
      has_parts = true;
    }
  }
  return has_parts || own.is_null() ? item : own;
}

}  // namespace

json value_json(BytesView encoded) {
  if (encoded.empty()) return {};
  const auto decoded = proto::decode_value(encoded);
  if (!decoded.ok()) return {{"unknown", to_hex(encoded)}};
  return model::value_to_json(*decoded);
}

json field_json(const merge::FieldState& state, const model::Field* field) {
  if (!model::has_elements(state.kind)) return standing_json(state, field);
  json out = json::array();
  for (const merge::Element* element : merge::elements(state)) out.push_back(element_json(*element, state.kind));
  return out;
}

}  // namespace satchel::query

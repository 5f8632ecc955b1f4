#include "platform/c/json_object.hpp"

namespace satchel::abi {

using nlohmann::json;

Result<json> parse_json(std::string_view text) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    return make_error(Code::invalid, "This is not JSON.", "byte " + std::to_string(error.byte));
  } catch (const json::exception&) {  // a number beyond every range: well-formed, and nothing we could hold
    return make_error(Code::invalid, "A number here is too large.");
  }
}

Result<JsonObject> JsonObject::of(const json& value, std::string pointer) {
  if (!value.is_object()) return make_error(Code::invalid, "An object { } must stand here.", std::move(pointer));
  return JsonObject(value, std::move(pointer));
}

const json* JsonObject::find(const std::string& member) {
  known_.insert(member);
  const auto it = json_->find(member);
  return it == json_->end() ? nullptr : &*it;
}

Result<std::string> JsonObject::text(const std::string& member) {
  SATCHEL_ASSIGN(std::string value, text_or(member, {}));
  if (value.empty()) return wrong(member, "\"" + member + "\" is missing.");
  return value;
}

Result<std::string> JsonObject::text_or(const std::string& member, std::string otherwise) {
  const json* value = find(member);
  if (value == nullptr || value->is_null()) return otherwise;
  if (!value->is_string()) return wrong(member, "\"" + member + "\" must be a text.");
  return value->get<std::string>();
}

Result<bool> JsonObject::flag_or(const std::string& member, bool otherwise) {
  const json* value = find(member);
  if (value == nullptr || value->is_null()) return otherwise;
  if (!value->is_boolean()) return wrong(member, "\"" + member + "\" must be true or false.");
  return value->get<bool>();
}

Result<int64_t> JsonObject::count_or(const std::string& member, int64_t most, int64_t otherwise) {
  const json* value = find(member);
  if (value == nullptr || value->is_null()) return otherwise;
  const bool fits = value->is_number_integer() && *value >= 1 && *value <= most;
  if (!fits) return wrong(member, "\"" + member + "\" must be a number from 1 to " + std::to_string(most) + ".");
  return value->get<int64_t>();
}

Result<const json*> JsonObject::array_or_null(const std::string& member) {
  const json* value = find(member);
  if (value == nullptr || value->is_null()) return static_cast<const json*>(nullptr);
  if (!value->is_array()) return wrong(member, "\"" + member + "\" must be a list [ ].");
  return value;
}

Error JsonObject::wrong(std::string_view member, std::string message) const {
  return make_error(Code::invalid, std::move(message), at(member));
}

Result<> JsonObject::no_others() const {
  for (const auto& [member, value] : json_->items()) {
    if (!known_.contains(member)) return wrong(member, "\"" + member + "\" is not known here.");
  }
  return {};
}

}  // namespace satchel::abi

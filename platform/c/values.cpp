#include "platform/c/values.hpp"

#include <nlohmann/json.hpp>

#include "core/model/json_value.hpp"
#include "proto/codec.hpp"

namespace satchel::abi {

using nlohmann::json;

Result<Bytes> encode_json(const json& value, model::ValueType type, const std::string& place) {
  if (value.is_null()) return Bytes();
  SATCHEL_ASSIGN(const model::Value parsed, model::value_from_json(value, type, place));
  return proto::encode_value(parsed);
}

}  // namespace satchel::abi

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

json decode_to_json(BytesView encoded) {
  if (encoded.empty()) return {};
  const auto decoded = proto::decode_value(encoded);
  // What was accepted once can be read; a value that cannot is shown as it lies.
  if (!decoded.ok()) return {{"unknown", to_hex(encoded)}};
  return model::value_to_json(*decoded);
}

}  // namespace satchel::abi

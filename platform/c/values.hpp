// values: JSON of single values (core/model/json_value.hpp) to and from the bytes that ops carry.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/base/result.hpp"
#include "core/model/schema.hpp"
#include "core/model/value.hpp"

namespace satchel::abi {

// null means cleared: no bytes.
Result<Bytes> encode_json(const nlohmann::json& json, model::ValueType type, const std::string& place);
nlohmann::json decode_to_json(BytesView encoded);

}  // namespace satchel::abi

// values: JSON of single values (core/model/json_value.hpp) as the bytes that ops carry. And back: core/query/field_json.hpp.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/base/result.hpp"
#include "core/model/schema.hpp"
#include "core/model/value.hpp"

namespace satchel::abi {

// null means cleared: no bytes.
Result<Bytes> encode_json(const nlohmann::json& json, model::ValueType type, const std::string& place);

}  // namespace satchel::abi

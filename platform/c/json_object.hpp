// json_object: one JSON object read member by member, with the pointer to it for errors.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"

namespace satchel::abi {

// Code::invalid with the byte where it stops being JSON.
Result<nlohmann::json> parse_json(std::string_view text);

class JsonObject {
 public:
  static Result<JsonObject> of(const nlohmann::json& json, std::string pointer);

  std::string at(std::string_view member) const { return pointer_ + "/" + std::string(member); }
  const std::string& pointer() const { return pointer_; }
  const nlohmann::json* find(const std::string& member);
  Result<std::string> text(const std::string& member);       // must be there and not empty
  Result<std::string> text_or(const std::string& member, std::string otherwise);
  Result<bool> flag_or(const std::string& member, bool otherwise);
  // A whole number from 1 to `most`.
  Result<int64_t> count_or(const std::string& member, int64_t most, int64_t otherwise);
  Result<const nlohmann::json*> array_or_null(const std::string& member);
  template <class IdType>
  Result<std::optional<IdType>> id_or_none(const std::string& member) {
    SATCHEL_ASSIGN(const std::string value, text_or(member, {}));
    if (value.empty()) return std::optional<IdType>();
    const auto id = IdType::parse(value);
    if (!id.has_value()) return wrong(member, "This is not an id. An id looks like 0192f0c1-7a4e-7cc3-9a51-0c1d2e3f4a5b.");
    return std::optional<IdType>(*id);
  }
  Error wrong(std::string_view member, std::string message) const;
  // Error for the first member that nobody asked for.
  Result<> no_others() const;

 private:
  JsonObject(const nlohmann::json& json, std::string pointer) : json_(&json), pointer_(std::move(pointer)) {}
  const nlohmann::json* json_;
  std::string pointer_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace satchel::abi

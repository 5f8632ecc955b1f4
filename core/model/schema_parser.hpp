// Reads and checks a schema's JSON; Schema::parse is the way in. For core/model/schema*.cpp only.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/schema.hpp"

namespace satchel::model {

// The JSON pointer of what is being read. Cheap to copy, extended with /.
class Pointer {
 public:
  Pointer operator/(std::string_view step) const;
  Pointer operator/(size_t index) const { return *this / std::to_string(index); }
  const std::string& text() const { return text_; }
  Error error(std::string reason) const { return make_error(Code::invalid, std::move(reason), text_); }

 private:
  std::string text_;
};

// Code::invalid for text that is not JSON (with line and column) and for names that stand twice in one object.
Result<nlohmann::json> parse_schema_json(std::string_view text);

// Is `beats` irreflexive, acyclic and transitive? Else a sentence that says what to change.
Result<> check_strict_order(const std::set<std::pair<std::string, std::string>>& beats, const Pointer& at);

class SchemaParser {
 public:
  Result<Schema> parse(std::string_view source);

 private:
  using Json = nlohmann::json;
  Result<> read_scopes(const Json& json, const Pointer& at);
  Result<> check_parents(const Pointer& at) const;
  Result<> read_collections(const Json& json, const Pointer& at);
  Result<> read_collection(const Json& json, const Pointer& at, Collection& collection);
  Result<> read_agenda(const Json& json, const Pointer& at, Collection& collection);
  Result<> check_references(const Pointer& at) const;
  Result<> check_amends(const Pointer& at) const;
  // schema_header.cpp
  Result<> read_header(const Json& json, const Pointer& at, Collection& collection);
  Result<> check_headers(const Pointer& at) const;

  Schema schema_;
};

// One field; knows nothing of other collections.
Result<Field> read_field(const std::string& name, const nlohmann::json& json, const Pointer& at);

// ---- small readers, each with a plain error at the right place

Result<> expect_object(const nlohmann::json& json, std::initializer_list<std::string_view> known, const Pointer& at);
Result<std::string> read_text(const nlohmann::json& object, const char* name, const Pointer& at);  // "" when absent
Result<bool> read_flag(const nlohmann::json& object, const char* name, const Pointer& at);         // false when absent
// A list of names, none twice; empty when absent.
Result<std::vector<std::string>> read_names(const nlohmann::json& object, const char* name, const Pointer& at,
                                            bool dashes = false);
Result<> expect_name(const std::string& name, const Pointer& at, bool dashes = false);

}  // namespace satchel::model

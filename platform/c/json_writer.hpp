// json_writer: JSON straight into text, for lists of hundreds of records or entries; what is built as an object first
// (json_out.hpp) costs several times as much. Writes what nlohmann's dump() would, if members come in the order of
// their names.
#pragma once

#include <concepts>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/bytes.hpp"

namespace satchel::abi {

//   out.open('{');
//   out.name("by").text(worker);
//   out.name("heads").open('[');
//   for (...) write(out, head);
//   out.close(']');
//   out.close('}');
class JsonWriter {
 public:
  void open(char bracket);
  void close(char bracket);
  JsonWriter& name(std::string_view member);  // in an object, before its value
  void text(std::string_view value);          // what is no UTF-8 is marked, not refused
  void flag(bool value) { plain(value ? "true" : "false"); }
  void nothing() { plain("null"); }
  template <std::unsigned_integral Number>
  void number(Number value) { plain(std::to_string(value)); }
  void any(const nlohmann::json& value);
  void value(BytesView encoded);              // a model::Value as ops carry it

  std::string take() { return std::move(out_); }

 private:
  void begin_value();
  void plain(std::string_view text);

  std::string out_;
  bool first_ = true;  // nothing stands before in the innermost bracket, or its name does
};

}  // namespace satchel::abi

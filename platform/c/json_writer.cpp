#include "platform/c/json_writer.hpp"

#include <nlohmann/json.hpp>

#include "core/model/text.hpp"
#include "core/query/field_json.hpp"
#include "platform/c/json_out.hpp"
#include "proto/codec.hpp"

namespace satchel::abi {
namespace {

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(c);
  out += "\\u00";
  out += digits[code >> 4];
  out += digits[code & 15];
}

}  // namespace

void JsonWriter::begin_value() {
  if (!first_) out_ += ',';
  first_ = false;
}

void JsonWriter::open(char bracket) {
  begin_value();
  out_ += bracket;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
}

JsonWriter& JsonWriter::name(std::string_view member) {
  text(member);
  out_ += ':';
  first_ = true;
  return *this;
}

void JsonWriter::plain(std::string_view text) {
  begin_value();
  out_ += text;
}

void JsonWriter::text(std::string_view value) {
  if (!model::valid_utf8(value)) return any(nlohmann::json(value));
  begin_value();
  out_ += '"';
  size_t from = 0;
  for (size_t at = 0; at < value.size(); ++at) {
    if (!needs_escape(value[at])) continue;
    out_.append(value, from, at - from);
    append_escaped(out_, value[at]);
    from = at + 1;
  }
  out_.append(value, from, value.size() - from);
  out_ += '"';
}

void JsonWriter::any(const nlohmann::json& value) { plain(dump(value)); }

void JsonWriter::value(BytesView encoded) {
  if (encoded.empty()) return nothing();
  const auto decoded = proto::decode_value(encoded);
  const auto* words = decoded.ok() ? std::get_if<std::string>(&*decoded) : nullptr;
  if (words != nullptr) {
    text(*words);
  } else {
    any(query::value_json(encoded));
  }
}

}  // namespace satchel::abi

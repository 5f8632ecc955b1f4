#include "core/store/sort_key.hpp"

#include <algorithm>

#include "core/base/hash.hpp"
#include "core/store/fold_text.hpp"

namespace satchel::store {
namespace {

__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 UnsignedWide;

constexpr size_t text_prefix_bytes = 256;

// One tag per type, so that keys of different types never compare as equal.
enum Tag : char {
  tag_number = 1,
  tag_text,
  tag_boolean,
  tag_date,
  tag_instant,
  tag_code,
  tag_reference,
  tag_level,
  tag_blob
};

template <class Number>
void append_big_endian(Bytes& key, Number value) {
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8) {
    key += static_cast<char>(static_cast<unsigned char>(value >> shift));
  }
}

Bytes number_key(Wide value) {
  Bytes key(1, tag_number);
  append_big_endian(key, static_cast<UnsignedWide>(value) ^ (UnsignedWide{1} << 127));
  return key;
}

Bytes signed_key(Tag tag, int64_t value) {
  Bytes key(1, tag);
  append_big_endian(key, static_cast<uint64_t>(value) ^ (uint64_t{1} << 63));
  return key;
}

Wide scaled(int64_t units, uint32_t scale) {
  Wide value = units;
  for (uint32_t i = scale; i < 18; ++i) value *= 10;
  return value;
}

Bytes text_key(Tag tag, std::string_view text) {
  const std::string folded = fold_text(text);
  Bytes key(1, tag);
  if (folded.size() <= text_prefix_bytes) return key + folded;
  key += folded.substr(0, text_prefix_bytes);
  key += '\0';
  key += Hasher("satchel sort key").part(folded).finish().view().substr(0, 8);
  return key;
}

Bytes level_key(const model::Field& field, const std::string& level) {
  const auto found = std::find(field.levels.begin(), field.levels.end(), level);
  Bytes key(1, tag_level);
  append_big_endian(key, static_cast<uint16_t>(found - field.levels.begin()));  // unknown: one above the highest
  if (found == field.levels.end()) key += level;
  return key;
}

struct Maker {
  const model::Field& field;
  Bytes operator()(const model::Null&) const { return {}; }
  Bytes operator()(const std::string& text) const {
    return field.levels.empty() ? text_key(tag_text, text) : level_key(field, text);
  }
  Bytes operator()(int64_t integer) const { return number_key(scaled(integer, 0)); }
  Bytes operator()(const model::Decimal& decimal) const { return number_key(scaled(decimal.units, decimal.scale)); }
  Bytes operator()(bool boolean) const { return Bytes(1, tag_boolean) + (boolean ? '\1' : '\0'); }
  Bytes operator()(const model::Date& date) const {
    return signed_key(tag_date, (int64_t{date.year} * 16 + date.month) * 32 + date.day);
  }
  Bytes operator()(const model::Instant& instant) const { return signed_key(tag_instant, instant.utc_ms); }
  Bytes operator()(const model::CodedValue& code) const { return Bytes(1, tag_code) + code.system + '\0' + code.code; }
  Bytes operator()(const model::Reference& reference) const {
    return Bytes(1, tag_reference) + reference.collection + '\0' + Bytes(reference.record.view());
  }
  Bytes operator()(const model::BlobReference& blob) const { return Bytes(1, tag_blob) + blob.hash; }
  Bytes operator()(const model::TextEdits&) const { return {}; }
  Bytes operator()(const model::UnknownValue&) const { return {}; }
};

}  // namespace

Bytes sort_key(const model::Field& field, const model::Value& value) { return std::visit(Maker{field}, value); }

std::optional<Bytes> text_prefix_key(const model::Field& field, std::string_view text) {
  if (field.type != model::ValueType::text || !field.levels.empty()) return std::nullopt;
  return Bytes(1, tag_text) + fold_text(text).substr(0, text_prefix_bytes);
}

Bytes after_prefix(Bytes prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace satchel::store

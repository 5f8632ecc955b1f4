// Values of fields. Bytes are kept as typed; comparison folds elsewhere.
// An op carries its value encoded (proto/codec.hpp), so a value type of a newer app passes through untouched.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/ids.hpp"

namespace satchel::model {

struct Null {
  bool operator==(const Null&) const = default;
};
struct Decimal {  // value = units / 10^scale; scale 0..18
  int64_t units = 0;
  uint32_t scale = 0;
  bool operator==(const Decimal&) const = default;
};
struct Date {  // a calendar day without a zone, proleptic Gregorian
  int32_t year = 1970;
  uint32_t month = 1;
  uint32_t day = 1;
  std::strong_ordering operator<=>(const Date&) const = default;
};
struct Instant {
  int64_t utc_ms = 0;
  int32_t offset_minutes = 0;  // of the place where it was recorded
  std::string zone;            // IANA name, may be empty
  bool operator==(const Instant&) const = default;
};
struct CodedValue {  // code and text travel as one register
  std::string system, code, display;
  bool operator==(const CodedValue&) const = default;
};
struct Reference {
  std::string collection;
  RecordId record;
  bool operator==(const Reference&) const = default;
};
struct BlobReference {
  Bytes hash;  // of the content
  uint64_t size = 0;
  std::string media_type;
  bool operator==(const BlobReference&) const = default;
};
// Of a text: takes `removed` characters out at `at` and puts `inserted` there. Unicode scalar values; of several each
// counts in what the one before it left.
struct TextEdit {
  uint32_t at = 0;
  uint32_t removed = 0;
  std::string inserted;
  bool operator==(const TextEdit&) const = default;
};
struct TextEdits {  // what an op of kind text carries; never what a field holds
  std::vector<TextEdit> edits;
  bool operator==(const TextEdits&) const = default;
};
struct UnknownValue {  // of a newer app: its encoded bytes
  Bytes encoded;
  bool operator==(const UnknownValue&) const = default;
};

using Value = std::variant<Null, std::string, int64_t, Decimal, bool, Date, Instant, CodedValue, Reference,
                           BlobReference, TextEdits, UnknownValue>;

}  // namespace satchel::model

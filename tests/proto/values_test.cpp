#include <catch2/catch_test_macros.hpp>

#include "core/model/calendar.hpp"
#include "core/model/limits.hpp"
#include "sample.hpp"

using namespace satchel;
using namespace satchel::model;
using proto::decode_value;
using proto::encode_value;

namespace {

std::vector<std::pair<Value, std::string>> golden() {
  const RecordId record = sample::id<RecordId>(0x50);
  return {
      {Null{}, "0801"},
      {std::string("Edith"), "12054564697468"},
      {std::string(), "1200"},
      {int64_t{0}, "1800"},
      {int64_t{-1}, "1801"},
      {int64_t{INT64_MAX}, "18feffffffffffffffff01"},
      {Decimal{1250, 2}, "220508c4131002"},
      {Decimal{}, "2200"},
      {true, "2801"},
      {false, "2800"},
      {Date{2026, 11, 21}, "320708d41f100b1815"},
      {Instant{1'795'269'780'000, 60, "Europe/London"}, "3a1808c088d7e6bf68" "1078" "1a0d4575726f70652f4c6f6e646f6e"},
      {Instant{}, "3a00"},
      {CodedValue{"nhs", "A1", "Alone"}, "4210" "0a036e6873" "12024131" "1a05416c6f6e65"},
      {Reference{"person", record}, "4a1a" "0a06706572736f6e" "1210505152535455565758595a5b5c5d5e5f"},
      {BlobReference{Bytes(32, 'h'), 300, "a/b"},
       "522a" "0a206868686868686868686868686868686868686868686868686868686868686868" "10ac02" "1a03612f62"},
      {TextEdits{{{4, 2, "by"}, {0, 0, "I"}}}, "5a0f" "0a08" "0804" "1002" "1a026279" "0a03" "1a0149"},
      {TextEdits{}, "5a00"},
  };
}

Bytes unhex(const std::string& hex) {
  Bytes bytes;
  REQUIRE(from_hex(hex, bytes));
  return bytes;
}

std::string refusal(const std::string& hex) {
  const auto decoded = decode_value(unhex(hex));
  if (decoded.ok()) FAIL(hex << " was taken");
  CHECK(decoded.error().code == Code::protocol);
  return decoded.error().message;
}

}  // namespace

TEST_CASE("values have exactly these bytes, which protoc reads and writes too") {
  for (const auto& [value, hex] : golden()) {
    INFO(hex);
    CHECK(to_hex(encode_value(value)) == hex);
    const auto decoded = decode_value(unhex(hex));
    REQUIRE(decoded.ok());
    CHECK(*decoded == value);
    protoc::Value generated;
    REQUIRE(generated.ParseFromString(unhex(hex)));
    CHECK(to_hex(generated.SerializeAsString()) == hex);
  }
}

TEST_CASE("no bytes are no value") {
  const auto decoded = decode_value({});
  REQUIRE(decoded.ok());
  CHECK(std::holds_alternative<Null>(*decoded));
}

TEST_CASE("values that are not well-formed are refused") {
  CHECK(refusal("0800") == "Value.null is false");
  CHECK(refusal("1202c328") == "Value.text is not valid UTF-8 text");
  CHECK(refusal("1203eda080") == "Value.text is not valid UTF-8 text");    // a surrogate
  CHECK(refusal("1204f4908080") == "Value.text is not valid UTF-8 text");  // above U+10FFFF
  CHECK(refusal("1202c080") == "Value.text is not valid UTF-8 text");      // overlong
  CHECK(refusal("12056162") == "Value is cut off");
  CHECK(refusal("1205") == "Value is cut off");
  CHECK(refusal("12ffffffffffffffffff01") == "Value is cut off");
  CHECK(refusal("12ffffffffffffffffff02") == "Value holds a number that is cut off or too long");
  CHECK(refusal("188000") == "Value holds a number that is cut off or too long");  // not the shortest form
  CHECK(refusal("1a00") == "Value.integer has the wrong wire type");
  CHECK(refusal("18021802") == "Value.integer is there twice");
  CHECK(refusal("18022801") == "Value holds more than one value");
  CHECK(refusal("28011802") == "Value has its fields out of order");
  CHECK(refusal("2802") == "Value.boolean is too large");
  CHECK(refusal("22021013") == "decimal.scale is too large");
  CHECK(refusal("320708d61f10021" "81d") == "date is not a day of the calendar");  // 29 February 2027
  CHECK(refusal("3200") == "date is not a day of the calendar");
  CHECK(refusal("3a0310f210") == "instant.offset_minutes is outside its range");
  CHECK(refusal("4200") == "code has neither a code nor a text");
  CHECK(refusal("4a00") == "reference does not name a record");
  CHECK(refusal("5200") == "blob has no hash of 32 bytes");
  CHECK(refusal("0001") == "Value holds an impossible field number");
  CHECK(refusal("0b") == "Value holds a field of an unknown wire type");
}

TEST_CASE("values of a newer app pass through untouched") {
  for (const char* hex : {"620161",                  // a new member of the oneof
                          "320908d41f100b18152001",  // a date with more fields
                          "22041002580f", "6501020304", "610102030405060708"}) {
    INFO(hex);
    const auto decoded = decode_value(unhex(hex));
    REQUIRE(decoded.ok());
    REQUIRE(std::holds_alternative<UnknownValue>(*decoded));
    CHECK(to_hex(encode_value(*decoded)) == hex);
  }
}

TEST_CASE("a value that came of several saves is read however large it is") {
  const std::string merged(2 * limits::field_bytes, 'a');
  CHECK(std::get<std::string>(*decode_value(encode_value(merged))) == merged);
}

TEST_CASE("damaged values are refused or are values, and what decodes encodes to the same bytes") {
  for (const auto& [value, hex] : golden()) {
    const Bytes bytes = unhex(hex);
    for (size_t i = 0; i < bytes.size(); ++i) {
      CHECK_NOTHROW((void)decode_value(BytesView(bytes).substr(0, i)));
      Bytes changed = bytes;
      for (int byte = 0; byte < 256; ++byte) {
        changed[i] = static_cast<char>(byte);
        const auto decoded = decode_value(changed);
        if (decoded.ok()) REQUIRE(encode_value(*decoded) == changed);
      }
    }
  }
}

TEST_CASE("random bytes never crash the decoder") {
  SeededRandom random(3);
  for (int i = 0; i < 50'000; ++i) {
    Bytes bytes(1 + random.below(24), '\0');
    random.fill(bytes.data(), bytes.size());
    bytes[0] = static_cast<char>(((1 + random.below(11)) << 3) | random.below(6));
    const auto decoded = decode_value(bytes);
    if (decoded.ok()) REQUIRE(encode_value(*decoded) == bytes);
  }
}

TEST_CASE("versions have exactly these bytes and no others") {
  Version version;
  version.set(sample::id<ReplicaId>(0x20), 300);
  version.set(sample::id<ReplicaId>(0x10), 1);
  const Bytes bytes = proto::encode_version(version);
  CHECK(to_hex(bytes) ==
        "0a14" "0a10101112131415161718191a1b1c1d1e1f" "1001"
        "0a15" "0a10202122232425262728292a2b2c2d2e2f" "10ac02");
  const auto decoded = proto::decode_version(bytes);
  REQUIRE(decoded.ok());
  CHECK(*decoded == version);
  CHECK(proto::decode_version({})->empty());

  const std::string one = "0a140a10101112131415161718191a1b1c1d1e1f1001";
  const std::string other = "0a140a10202122232425262728292a2b2c2d2e2f1001";
  const auto refused = [](const std::string& hex) {
    const auto result = proto::decode_version(unhex(hex));
    return result.ok() ? "" : result.error().message;
  };
  CHECK(refused(other + one) == "Version.entries is not ascending by replica");
  CHECK(refused(one + one).find("is not ascending by replica") != std::string::npos);
  CHECK(refused("0a120a10101112131415161718191a1b1c1d1e1f").find("counter of zero") != std::string::npos);
  CHECK(refused("0a021001").find("names no replica") != std::string::npos);
  CHECK(refused("0a150a0f101112131415161718191a1b1c1d1e10011801").find("16 bytes") != std::string::npos);
  CHECK(refused(one + "1001").find("cannot have") != std::string::npos);
}

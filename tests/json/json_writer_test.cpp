// What is written straight into text is what nlohmann's dump() would write.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "platform/c/json_out.hpp"
#include "proto/codec.hpp"

using namespace satchel;
using nlohmann::json;

namespace {

std::string written(const std::string& text) {
  abi::JsonWriter out;
  out.text(text);
  return out.take();
}

}  // namespace

TEST_CASE("any text is written as nlohmann writes it, marked where it is no UTF-8") {
  std::vector<std::string> texts = {"",       "Edith",       "Siân ffôniodd",  "\"quoted\" and \\ and /",
                                    "🙂",     "\x7f",        "a\xC3",          "\xE2\x82 cut",
                                    "\xFF\xFE", "\xED\xA0\x80", "line\r\n\ttab\b\f"};
  for (int code = 0; code < 256; ++code) texts.push_back("x" + std::string(1, static_cast<char>(code)) + "y");
  for (const std::string& text : texts) {
    INFO(text);
    CHECK(written(text) == abi::dump(json(text)));
  }
}

TEST_CASE("brackets, members and values of every kind stand where they belong") {
  abi::JsonWriter out;
  out.open('{');
  out.name("a").open('[');
  out.close(']');
  out.name("b").open('[');
  out.open('{');
  out.close('}');
  out.number(size_t{7});
  out.flag(false);
  out.nothing();
  out.any({{"z", 1}, {"y", {2, 3}}});
  out.close(']');
  out.name("c\"d").text("e");
  out.name("f").value({});
  for (const model::Value& value :
       {model::Value(std::string("words")), model::Value(int64_t{-3}), model::Value(model::Date{2026, 11, 30})}) {
    out.name("v").value(proto::encode_value(value));
  }
  out.name("w").value("no value");
  out.close('}');
  CHECK(out.take() ==
        R"({"a":[],"b":[{},7,false,null,{"y":[2,3],"z":1}],"c\"d":"e","f":null,"v":"words","v":-3,"v":"2026-11-30",)"
        R"("w":{"unknown":"6e6f2076616c7565"}})");
}

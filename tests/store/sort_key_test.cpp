#include "core/store/sort_key.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/store/fold_text.hpp"

using namespace satchel;
using namespace satchel::store;

namespace {

model::Field of_type(model::ValueType type) {
  model::Field field;
  field.type = type;
  return field;
}

// Keys ascend strictly in the order given.
void ascending(const model::Field& field, const std::vector<model::Value>& values) {
  for (size_t i = 1; i < values.size(); ++i) {
    INFO("value " << i);
    CHECK(sort_key(field, values[i - 1]) < sort_key(field, values[i]));
  }
}

}  // namespace

TEST_CASE("search folds case and accents, of Welsh and other Latin letters too") {
  CHECK(fold_text("Llŷr ap Gwilym Ŵyn") == "llyr ap gwilym wyn");
  CHECK(fold_text("ÂÊÎÔÛŴŶ âêîôûŵŷ ẁẃẅỳ") == "aeiouwy aeiouwy wwwy");
  CHECK(fold_text("Zoë Łukasz Åsa Straße Æthel Đặng Nguyễn") == "zoe lukasz asa strasse aethel dang nguyen");
  CHECK(fold_text("e\xcc\x81"
                  "clair") == "eclair");  // a combining accent
  CHECK(fold_text("O’Brien – Smith") == "o'brien - smith");
  CHECK(fold_text("ΑΘΗΝΆ ёлка ЁЛКА") == "αθηνα елка елка");
  CHECK(fold_text("  two \t\n words ") == "two words");
  CHECK(fold_text("日本") == "日本");
  CHECK(fold_text("bad \xff\xc3 bytes") == "bad\xff\xc3 bytes");
}

TEST_CASE("numbers sort as numbers, across integers and decimals") {
  const model::Field field = of_type(model::ValueType::decimal);
  ascending(field, {INT64_MIN, int64_t{-10}, model::Decimal{-95, 1}, int64_t{-1}, model::Decimal{-1, 18}, int64_t{0},
                    model::Decimal{1, 18}, model::Decimal{5, 1}, int64_t{1}, model::Decimal{15, 1}, int64_t{2},
                    int64_t{10}, INT64_MAX});
  CHECK(sort_key(field, int64_t{2}) == sort_key(field, model::Decimal{200, 2}));
}

TEST_CASE("dates, instants, booleans and texts sort as they mean") {
  ascending(of_type(model::ValueType::date), {model::Date{1, 1, 1}, model::Date{1969, 12, 31}, model::Date{2026, 2, 28},
                                              model::Date{2026, 3, 1}, model::Date{2026, 11, 21}});
  ascending(of_type(model::ValueType::instant),
            {model::Instant{-5, 0, ""}, model::Instant{0, 60, ""}, model::Instant{7, 0, ""}});
  CHECK(sort_key(of_type(model::ValueType::instant), model::Instant{7, 0, "UTC"}) ==
        sort_key(of_type(model::ValueType::instant), model::Instant{7, 60, ""}));
  ascending(of_type(model::ValueType::boolean), {false, true});
  ascending(of_type(model::ValueType::text), {"", "Anna", "ánne", "Bert", "Berta"});
  CHECK(sort_key(of_type(model::ValueType::text), model::Null{}).empty());
}

TEST_CASE("levels sort by rank, an unknown one above all") {
  model::Field field = of_type(model::ValueType::text);
  field.levels = {"none_known", "low", "medium", "high"};
  ascending(field, {"none_known", "low", "medium", "high", "extreme"});
}

TEST_CASE("long texts are told apart and ordered by their beginning") {
  const model::Field field = of_type(model::ValueType::text);
  const std::string head(300, 'a');
  CHECK(sort_key(field, head + "x") != sort_key(field, head + "y"));
  CHECK(sort_key(field, head + "x") == sort_key(field, head + "X"));
  CHECK(sort_key(field, head).size() < 300);
  ascending(field, {std::string(255, 'a'), head, std::string("ab")});
  const Bytes prefix = *text_prefix_key(field, "Án");
  CHECK(sort_key(field, "anna") >= prefix);
  CHECK(sort_key(field, "anna") < after_prefix(prefix));
  CHECK(sort_key(field, "ao") >= after_prefix(prefix));
}

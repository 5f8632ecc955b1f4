#include <catch2/catch_test_macros.hpp>

#include "core/base/ids.hpp"
#include "core/base/random.hpp"

using namespace satchel;

TEST_CASE("an id is read back from its own text, in either case") {
  SeededRandom random(1);
  const ScopeId id{random_128(random)};
  CHECK(ScopeId::parse(id.text()) == id);
  std::string upper = id.text();
  for (char& c : upper) c = static_cast<char>(toupper(c));
  CHECK(ScopeId::parse(upper) == id);
}

TEST_CASE("text that is not a UUID is refused") {
  for (const char* bad : {"", "0", "00000000000000000000000000000000", "0000000-00000-0000-0000-000000000000",
                          "g0000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-0000000000000"}) {
    CHECK_FALSE(ScopeId::parse(bad).has_value());
  }
  CHECK_FALSE(ScopeId::from_bytes("short").has_value());
}

TEST_CASE("UUIDv7 carries its millisecond first, so that later ids compare greater") {
  SeededRandom random(2);
  const RecordId early{uuid_v7(1'000, random)};
  const RecordId late{uuid_v7(1'001, random)};
  CHECK(early < late);
  CHECK(early.text()[14] == '7');
  CHECK(std::string("89ab").find(early.text()[19]) != std::string::npos);
  CHECK(early.text().substr(0, 13) == "00000000-03e8");
}

TEST_CASE("UUIDv8 of a rule is the same on every device and another for another subject") {
  CHECK(uuid_v8("review", "case-1", "2026-W47") == uuid_v8("review", "case-1", "2026-W47"));
  CHECK(uuid_v8("review", "case-1", "2026-W47") != uuid_v8("review", "case-2", "2026-W47"));
  CHECK(uuid_v8("ab", "c", "") != uuid_v8("a", "bc", ""));
  CHECK(uuid_text(uuid_v8("review", "case-1", "2026-W47"))[14] == '8');
}

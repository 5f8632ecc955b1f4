#include "core/base/secret_bytes.hpp"

#include <catch2/catch_test_macros.hpp>
#include <utility>

using satchel::SecretBytes;

TEST_CASE("secret bytes are copied whole, and moved from are none") {
  SecretBytes none;
  CHECK(none.empty());
  CHECK(none.view().empty());
  const SecretBytes key(std::string_view("a\0b", 3));
  SecretBytes copy = key;
  CHECK(copy.view() == key.view());
  CHECK(copy.view().data() != key.view().data());
  const SecretBytes moved = std::move(copy);
  CHECK(moved.view() == key.view());
  CHECK(copy.empty());  // NOLINT: what is left of it is promised
  none = moved;
  none = std::as_const(none);
  CHECK(none.view() == key.view());
  none = SecretBytes();
  CHECK(none.empty());
}

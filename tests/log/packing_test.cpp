#include "core/log/packing.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace satchel;

TEST_CASE("a large state rests packed and is itself again when read") {
  const Bytes small = "\x0A\x03 small", large = "\x0A" + Bytes(100'000, 'x');
  CHECK(log::pack_state(small) == small);
  CHECK(log::pack_state("").empty());
  const Bytes packed = log::pack_state(large);
  CHECK(packed.size() < 1000);
  CHECK(*log::unpack_state(packed, "records") == large);
  CHECK(*log::unpack_state(small, "records") == small);
  CHECK(log::unpack_state(packed.substr(0, packed.size() - 1), "records").error().code == Code::corrupt);
  CHECK(log::unpack_state(packed + 'x', "records").error().code == Code::corrupt);
}

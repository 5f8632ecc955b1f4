#include "core/log/packing.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/base/random.hpp"

using namespace satchel;

namespace {

// Like a state: names and ids that come again, and words.
Bytes like_a_state(size_t size) {
  Bytes state;
  while (state.size() < size) {
    state += "\x0a\x18\x0a\x16\x0a\x14\x0a\x10 a replica's id \x10\x0d\x12\x36 the day centre on ";
    state += std::to_string(state.size());
  }
  return state.substr(0, size);
}

}  // namespace

TEST_CASE("a state rests packed and is itself again when read, whatever its size") {
  for (const size_t size : {0, 1, 20, 127, 128, 129, 300, 4096, 100'000, 3'000'000}) {
    INFO(size);
    const Bytes state = like_a_state(size), packed = log::pack(state);
    CHECK(packed.size() <= state.size());
    if (size >= 300) CHECK(packed.size() < state.size() * 2 / 3);
    CHECK(*log::unpack(packed, "records") == state);
  }
}

TEST_CASE("a state that packing would not make smaller rests as it is") {
  const Bytes small = "\x0A\x03 small";
  CHECK(log::pack(small) == small);
  SeededRandom random(7);
  Bytes noise(2'000, '\x0A');
  random.fill(noise.data() + 1, noise.size() - 1);
  CHECK(log::pack(noise) == noise);
  CHECK(*log::unpack(noise, "records") == noise);
}

TEST_CASE("what begins as something packed does comes back as well") {
  SeededRandom random(7);
  for (const size_t size : {1, 2, 127, 2'000}) {
    Bytes noise(size, '\0');
    random.fill(noise.data() + 1, noise.size() - 1);
    const auto back = log::unpack(log::pack(noise), "entries");
    REQUIRE(back.ok());
    CHECK(*back == noise);
  }
}

TEST_CASE("a packed state that was damaged is said to be, and asks for little memory") {
  const Bytes state = like_a_state(5'000), packed = log::pack(state);
  for (size_t at = 1; at < packed.size(); ++at) {
    const auto cut = log::unpack(packed.substr(0, at), "records");
    REQUIRE(!cut.ok());
    CHECK(cut.error().code == Code::corrupt);
    Bytes other = packed;
    other[at] = static_cast<char>(other[at] ^ 0x41);
    const auto changed = log::unpack(other, "records");  // a literal may become another: digests tell that
    if (changed.ok()) CHECK(changed->size() <= packed.size() << 15);
  }
  CHECK(log::unpack(packed + 'x', "records").error().code == Code::corrupt);
}

TEST_CASE("a state that unpacks but is none is damage of its table, whoever reads it") {
  for (const log::Parts parts : {log::Parts::shown, log::Parts::whole}) {
    const auto state = log::state_at_rest(Bytes("\x0a\xff", 2), parts, "overlay");
    REQUIRE(!state.ok());
    CHECK(state.error().code == Code::corrupt);
    CHECK(state.error().place == "overlay");
  }
}

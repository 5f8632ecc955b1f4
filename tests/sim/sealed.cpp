#include "tests/sim/sealed.hpp"

#include <sodium.h>
#include <sqlite3.h>

#include <memory>
#include <sstream>

#include "core/base/check.hpp"
#include "core/base/sealed_box.hpp"
#include "tests/sim/dice.hpp"
#include "tests/sim/promises.hpp"

namespace satchel::sim {
namespace {

std::unique_ptr<Dice>& sodium_dice() {
  static std::unique_ptr<Dice> dice;
  return dice;
}

const char* sodium_name() { return "satchel-sim"; }
uint32_t sodium_random() { return static_cast<uint32_t>(sodium_dice()->u64()); }
void sodium_buf(void* const out, const size_t size) { sodium_dice()->fill(out, size); }
randombytes_implementation seeded = {sodium_name, sodium_random, nullptr, nullptr, sodium_buf, nullptr};

}  // namespace

std::vector<Bytes> sealing_keys(const support::MemoryDisk& centre) {
  std::vector<Bytes> keys;
  if (!centre.exists("/keys/sealing.key")) return keys;
  std::istringstream lines(centre.read("/keys/sealing.key"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    SATCHEL_CHECK(from_hex(line, keys.emplace_back()));
  }
  return keys;
}

std::set<uint32_t> marks_sealed_in(sqlite::Database& store, const std::vector<Bytes>& keys) {
  std::set<uint32_t> marks;
  auto select = store.prepare_dynamic("SELECT content FROM sealed");
  if (!select.ok()) return marks;  // the centre's file has no such table
  sqlite::StatementScope row(**select);
  for (;;) {
    const auto more = row->step();
    SATCHEL_CHECK(more.ok());
    if (!*more) return marks;
    const Bytes sealed(row->blob(0));
    bool opened = false;
    for (const Bytes& key : keys) {
      const auto plain = sealed_box::open(key, sealed);
      if (!plain.ok()) continue;
      opened = true;
      if (const auto mark = mark_in(*plain)) marks.insert(*mark);
    }
    SATCHEL_CHECK(opened);
  }
}

void seed_libraries(uint64_t seed) {
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed % 1'000'000) + 1, nullptr);
  sodium_dice() = std::make_unique<Dice>(seed, "libsodium");
  randombytes_set_implementation(&seeded);
}

}  // namespace satchel::sim

#include "core/model/version.hpp"

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "core/base/random.hpp"

using namespace satchel;
using model::Version;

namespace {

ReplicaId replica(uint8_t number) {
  ReplicaId id;
  id.bytes[0] = number;
  id.bytes[15] = 1;
  return id;
}

// The same algebra over std::map: slow and obvious.
using Plain = std::map<ReplicaId, uint64_t>;

Version from_plain(const Plain& plain) {
  Version version;
  for (auto at = plain.rbegin(); at != plain.rend(); ++at) version.set(at->first, at->second);
  return version;
}

Plain random_plain(SeededRandom& random) {
  Plain plain;
  const uint64_t size = random.below(6);
  for (uint64_t i = 0; i < size; ++i) plain[replica(static_cast<uint8_t>(random.below(6)))] = 1 + random.below(4);
  return plain;
}

uint64_t at(const Plain& plain, const ReplicaId& id) {
  const auto found = plain.find(id);
  return found == plain.end() ? 0 : found->second;
}

}  // namespace

TEST_CASE("a version answers 0 for replicas it does not name") {
  Version version;
  CHECK(version[replica(1)] == 0);
  CHECK(version.includes(replica(1), 0));
  CHECK_FALSE(version.includes(replica(1), 1));
  version.set(replica(1), 3);
  CHECK(version.includes(replica(1), 3));
  CHECK_FALSE(version.includes(replica(1), 4));
}

TEST_CASE("setting a counter to 0 removes it, raising never lowers") {
  Version version;
  version.set(replica(2), 5);
  version.raise(replica(2), 3);
  CHECK(version[replica(2)] == 5);
  version.raise(replica(2), 9);
  CHECK(version[replica(2)] == 9);
  version.raise(replica(3), 0);
  CHECK(version.entries().size() == 1);
  version.set(replica(2), 0);
  CHECK(version.empty());
  version.set(replica(7), 0);
  CHECK(version == Version{});
}

TEST_CASE("entries are ascending whatever the order of writing") {
  Version version;
  for (const uint8_t number : {5, 1, 4, 2, 3}) version.set(replica(number), number);
  REQUIRE(version.entries().size() == 5);
  for (size_t i = 0; i + 1 < 5; ++i) CHECK(version.entries()[i].first < version.entries()[i + 1].first);
}

TEST_CASE("join, meet and includes agree with the plain definition on random versions") {
  SeededRandom random(7);
  for (int round = 0; round < 2000; ++round) {
    const Plain a = random_plain(random), b = random_plain(random);
    const Version left = from_plain(a), right = from_plain(b);
    Version joined = left, met = left;
    joined.join(right);
    met.meet(right);
    bool includes = true;
    for (uint8_t number = 0; number < 7; ++number) {
      const ReplicaId id = replica(number);
      REQUIRE(left[id] == at(a, id));
      REQUIRE(joined[id] == std::max(at(a, id), at(b, id)));
      REQUIRE(met[id] == std::min(at(a, id), at(b, id)));
      includes = includes && at(a, id) >= at(b, id);
    }
    REQUIRE(left.includes(right) == includes);
    REQUIRE((joined.includes(left) && joined.includes(right) && left.includes(met) && right.includes(met)));
    for (const auto& entry : met.entries()) REQUIRE(entry.second > 0);
    Version other_way = right;
    other_way.join(left);
    REQUIRE(other_way == joined);
  }
}

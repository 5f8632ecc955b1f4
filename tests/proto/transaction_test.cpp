#include <catch2/catch_test_macros.hpp>

#include "sample.hpp"

using namespace satchel;

TEST_CASE("a transaction comes back from its bytes as it was, once its base is known") {
  SeededRandom random(1);
  for (const auto& transaction : {sample::first(), sample::rich()}) {
    const auto& header = transaction.header;
    model::Version previous;
    if (header.id.counter > 1) {
      previous.set(sample::id<ReplicaId>(0x01), 6);
      previous.set(header.id.replica, header.id.counter - 2);
    }
    auto encoded = proto::encode_transaction("north", transaction, previous, random);
    REQUIRE(encoded.ok());
    auto decoded = proto::decode_transaction("north", encoded->bytes);
    REQUIRE(decoded.ok());
    CHECK(decoded->hash == encoded->hash);
    REQUIRE(decoded->complete(previous).ok());
    CHECK(decoded->transaction == transaction);
    CHECK(decoded->erased == std::vector<bool>(transaction.ops.size(), false));
  }
}

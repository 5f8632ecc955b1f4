// The first byte chooses what the others claim to be. Refused, or: what it says, written again, is read as the same.
#include <cstdio>
#include <cstdlib>

#include "core/base/random.hpp"
#include "core/merge/resolve.hpp"
#include "proto/codec.hpp"
#include "proto/messages.hpp"

namespace {

using namespace satchel;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

template <class Decode, class Encode>
void both_ways(BytesView bytes, const char* what, Decode decode, Encode encode) {
  const auto first = decode(bytes);
  if (!first.ok()) return require(!first.error().message.empty(), what);
  const Bytes written = encode(*first);
  const auto second = decode(BytesView(written));
  require(second.ok() && encode(*second) == written, what);
}

void transaction(BytesView bytes) {
  auto decoded = proto::decode_transaction("north", bytes);
  if (!decoded.ok() || !decoded->complete({}).ok()) return;
  const auto& written = decoded->transaction;
  const model::Version& base = written.header.base;
  for (const bool erased : decoded->erased) {
    if (erased) return;
  }
  if (base[written.header.id.replica] + 1 != written.header.id.counter) return;
  SeededRandom random(1);
  const auto again = proto::encode_transaction("north", written, {}, random);
  if (!again.ok()) return;
  auto read = proto::decode_transaction("north", again->bytes);
  require(read.ok() && read->complete({}).ok() && read->transaction == written, "transaction");
}

void state(BytesView bytes) {
  const auto read = merge::decode(bytes);
  if (read.ok()) require(merge::encode(*read) == bytes, "record state");
  const auto whole = merge::decode_whole(bytes);
  if (whole.ok()) require(read.ok() && merge::encode(*whole) == bytes, "whole record state");
}

void inbox(BytesView bytes) {
  const auto read = merge::decode_conflicts(bytes);
  if (read.ok()) require(merge::encode(*read) == bytes, "inbox");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const BytesView bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto encode = [](const auto& message) { return proto::encode(message); };
  switch (data[0] % 10) {
    case 0: transaction(bytes); break;
    case 1:
      state(bytes);
      inbox(bytes);
      break;
    case 2: both_ways(bytes, "value", proto::decode_value, proto::encode_value); break;
    case 3: both_ways(bytes, "version", proto::decode_version, proto::encode_version); break;
    case 4: both_ways(bytes, "sync request", proto::decode_sync_request, encode); break;
    case 5: both_ways(bytes, "sync response", proto::decode_sync_response, encode); break;
    case 6: both_ways(bytes, "session request", proto::decode_session_request, encode); break;
    case 7: both_ways(bytes, "session response", proto::decode_session_response, encode); break;
    case 8: both_ways(bytes, "failure", proto::decode_failure, encode); break;
    default: both_ways(bytes, "offer", proto::decode_offer, encode);
  }
  return 0;
}

// What a page of older history, and the wish for one, must have.
#include <catch2/catch_test_macros.hpp>

#include "proto/messages.hpp"
#include "sample.hpp"

using namespace satchel;
using namespace satchel::proto;

namespace {

template <class T>
std::string reason(const Result<T>& result) { return result.ok() ? "fine" : result.error().message; }

}  // namespace

TEST_CASE("a wish for older history names its scope and where it ends") {
  protoc::SyncRequest request;
  auto* older = request.add_older();
  const auto why = [&] { return reason(decode_sync_request(request.SerializeAsString())); };
  CHECK(why() == "OlderWanted.scope is missing");
  older->set_scope(std::string(16, 's'));
  CHECK(why() == "OlderWanted.up_to is missing");
  older->set_up_to(7);
  CHECK(why() == "fine");
  older->set_log_digest("short");
  CHECK(why() == "OlderWanted.log_digest is not 32 bytes");
}

TEST_CASE("a page of older history is dense, not empty, and has every content") {
  protoc::SyncResponse response;
  auto* page = response.add_older();
  const auto why = [&] { return reason(decode_sync_response(response.SerializeAsString())); };
  CHECK(why() == "OlderPage.scope is missing");
  page->set_scope(std::string(16, 's'));
  CHECK(why() == "OlderPage.entries are missing");
  for (const uint64_t position : {4, 6}) {
    auto* entry = page->add_entries();
    entry->set_position(position);
    entry->set_slot(1);
    entry->set_replica(std::string(16, 'r'));
    entry->set_counter(position);
    entry->set_hash(std::string(32, 'h'));
    entry->set_transaction("t");
    entry->mutable_envelope();
  }
  CHECK(why() == "OlderPage.epoch is missing");
  page->set_epoch(std::string(16, 'e'));
  CHECK(why() == "OlderPage.entries are not dense by position");
  page->mutable_entries(1)->set_position(5);
  CHECK(why() == "fine");
  page->mutable_entries(0)->clear_transaction();
  CHECK(why() == "OlderPage.entries lack a transaction");
}

TEST_CASE("a refused slot whose content is wanted is named in full") {
  protoc::SyncResponse response;
  auto* slot = response.add_content_wanted();
  const auto why = [&] { return reason(decode_sync_response(response.SerializeAsString())); };
  CHECK(why() == "RefusedSlot does not name a transaction");
  slot->set_scope(std::string(16, 's'));
  slot->set_replica(std::string(16, 'r'));
  slot->set_counter(3);
  CHECK(why() == "fine");
}

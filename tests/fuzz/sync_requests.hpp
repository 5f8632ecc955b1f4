// Requests of a tablet that means well or not: every message is well-formed, what it says of scopes, counters,
// versions, records and times is chosen by the input.
#pragma once

#include <iterator>
#include <map>

#include "proto/messages.hpp"
#include "tests/fuzz/fresh_centre.hpp"
#include "tests/text_support/session.hpp"

namespace satchel::fuzz {

class TabletOfChoices {
 public:
  TabletOfChoices(text_test::Choices& choices, const Known& known, const model::Schema& schema);
  proto::SyncRequest sync_request();
  proto::SessionRequest session_request();

 private:
  proto::Push push();
  proto::Cursor cursor();
  proto::Offer offer();
  proto::SealedEntry sealed();
  Bytes transaction();
  model::Header header();
  model::Op op();
  model::Value value(model::ValueType type);
  Bytes bent(Bytes bytes);  // some bytes are others, or missing
  uint64_t number();        // small, or at an end of what there is
  ScopeId scope();
  ReplicaId replica();
  model::Version version();
  Hash256 hash(const Hash256& right);
  template <class Items>
  const auto& pick(const Items& items) {
    return *std::next(items.begin(), choices_.below(static_cast<uint32_t>(items.size())));
  }
  bool seldom(uint32_t in) { return choices_.below(in) + 1 == in; }

  text_test::Choices& choices_;
  const Known& known_;
  const model::Schema& schema_;
  std::map<ScopeId, Hand> hands_;
  std::map<ScopeId, Hand> hands_of_others_;
  SeededRandom random_{3};
};

}  // namespace satchel::fuzz

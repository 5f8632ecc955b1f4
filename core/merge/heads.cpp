// What all kinds share: the heads, and their two orders.
#include <algorithm>
#include <tuple>

#include "core/merge/kinds.hpp"
#include "proto/codec.hpp"

namespace satchel::merge {

bool saw(const model::Version& shown, const ReplicaId& replica, uint64_t counter, uint32_t index, const Head& head) {
  if (head.counter == counter && head.replica == replica) return head.index < index;
  return shown.includes(head.replica, head.counter);
}

Head Arrival::head() const {
  Head head;
  head.replica = id().replica;
  head.counter = id().counter;
  head.index = index;
  head.ord = context.ord;
  head.worker = header().worker;
  head.author = header().author;
  head.wall_ms = header().wall_ms;
  head.received_ms = context.received_ms;
  head.value = op.value;
  head.reason = op.reason;
  head.settles = op.settles;
  return head;
}

bool earlier_id(const Head& a, const Head& b) {
  return std::tie(a.replica, a.counter, a.index) < std::tie(b.replica, b.counter, b.index);
}

bool newer(const Head& a, const Head& b) {
  return std::tie(a.ord, a.replica, a.counter, a.index) > std::tie(b.ord, b.replica, b.counter, b.index);
}

void insert(std::vector<Head>& heads, Head head) {
  const auto at = std::upper_bound(heads.begin(), heads.end(), head, earlier_id);
  heads.insert(at, std::move(head));
}

void erase_seen(std::vector<Head>& heads, const Arrival& arrival) {
  std::erase_if(heads, [&](const Head& head) { return arrival.saw(head); });
}

// Causal order makes the result the same for every order: whatever an op saw is there before it, and nothing that
// comes later was seen by it.
void insert_with_shown(std::vector<Head>& heads, const Arrival& arrival, Head head) {
  for (const Head& other : heads) {
    const bool own = other.counter == head.counter && other.replica == head.replica;
    if (!own && arrival.saw(other)) head.shown.raise(other.replica, other.counter);
  }
  insert(heads, std::move(head));
}

bool cleared(const Head& head) {
  if (head.value.empty()) return true;
  if (head.value.size() > 2) return false;  // Null is a tag and a boolean
  const auto value = proto::decode_value(head.value);
  return value.ok() && std::holds_alternative<model::Null>(*value);
}

bool same_value(const Head& a, const Head& b) { return a.value == b.value || (cleared(a) && cleared(b)); }

bool all_same_value(const Heads& heads) {
  return std::all_of(heads.begin(), heads.end(), [&](const Head* head) { return same_value(*heads.front(), *head); });
}

Head with_place(Head head, const Arrival& arrival) {
  head.epoch = arrival.context.epoch;
  head.position = head.epoch.is_nil() ? 0 : arrival.context.position;
  return head;
}

bool lower_place(const Head* a, const Head* b) {
  const bool a_waits = a->epoch.is_nil(), b_waits = b->epoch.is_nil();
  return std::tie(a_waits, a->epoch, a->position, a->replica, a->counter, a->index) <
         std::tie(b_waits, b->epoch, b->position, b->replica, b->counter, b->index);
}

Head with_text(const Head& head, std::string text) {
  Head made = head;
  made.value = proto::encode_value(std::move(text));
  return made;
}

void sort_newest_first(Heads& heads) {
  std::sort(heads.begin(), heads.end(), [](const Head* a, const Head* b) { return newer(*a, *b); });
}

}  // namespace satchel::merge

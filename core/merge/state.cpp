// state: all transitions are kept. One stands unless a concurrent one that itself stands beats it; the value is the
// labels of the standing transitions that no other standing one saw. [Letting every transition beat, also one that
// does not stand, or looking at heads only, brings back values that nobody wrote again: tests/merge/state_test.cpp.]
#include <algorithm>
#include <string>

#include "core/merge/kinds.hpp"
#include "proto/codec.hpp"

namespace satchel::merge {
namespace {

struct Transition {
  const Head* head = nullptr;
  std::string label;
  enum { undecided, stands, beaten } state = undecided;
};

bool saw(const Head& a, const Head& b) { return merge::saw(a.shown, a.replica, a.counter, a.index, b); }

std::string label_of(const Head& head) {
  if (head.value.empty()) return {};
  const auto value = proto::decode_value(head.value);
  const auto* text = value.ok() ? std::get_if<std::string>(&*value) : nullptr;
  return text ? *text : std::string();
}

bool beats(const model::Field& field, const Transition& winner, const Transition& loser) {
  return field.beats.contains({winner.label, loser.label}) && !saw(*winner.head, *loser.head) &&
         !saw(*loser.head, *winner.head);
}

// One step: false when the transition has to wait for another that may beat it.
bool judge(Transition& transition, const std::vector<Transition>& all, const model::Field& field) {
  bool waits = false;
  for (const Transition& other : all) {
    if (other.state == Transition::beaten || !beats(field, other, transition)) continue;
    if (other.state == Transition::stands) return transition.state = Transition::beaten, true;
    waits = true;
  }
  if (!waits) transition.state = Transition::stands;
  return !waits;
}

// `beats` is a strict partial order, so each round decides at least the greatest of those that are left. Should a
// schema have slipped through with a circle, those on it stand: both are shown, nothing is lost.
void judge_all(std::vector<Transition>& all, const model::Field* field) {
  bool moved = field != nullptr && !field->beats.empty();
  while (moved) {
    moved = false;
    for (Transition& transition : all) {
      if (transition.state == Transition::undecided && judge(transition, all, *field)) moved = true;
    }
  }
  for (Transition& transition : all) {
    if (transition.state == Transition::undecided) transition.state = Transition::stands;
  }
}

// Those of `heads` that none of `by` saw. A head's shown is at most what is on this field, so the join is small.
Heads unseen(const Heads& heads, const Heads& by) {
  model::Version seen;
  for (const Head* head : by) seen.join(head->shown);
  Heads left;
  for (const Head* head : heads) {
    const bool own = std::any_of(by.begin(), by.end(), [&](const Head* other) {  // later in its own transaction
      return other->replica == head->replica && other->counter == head->counter && other->index > head->index;
    });
    if (!own && !seen.includes(head->replica, head->counter)) left.push_back(head);
  }
  return left;
}

}  // namespace

void merge_state(std::vector<Head>& heads, const Arrival& arrival) {
  insert_with_shown(heads, arrival, arrival.head());
}

Resolved resolve_state(Heads heads, const model::Field* field) {
  std::vector<Transition> all;
  all.reserve(heads.size());
  for (const Head* head : heads) all.push_back({head, label_of(*head)});
  judge_all(all, field);
  Heads standing, beaten;
  for (const Transition& transition : all) {
    (transition.state == Transition::stands ? standing : beaten).push_back(transition.head);
  }
  Resolved resolved;
  resolved.standing = unseen(standing, standing);
  resolved.others = unseen(beaten, heads);  // a beaten one that somebody saw since is settled
  if (!all_same_value(resolved.standing)) {
    resolved.rule = Rule::states_differ;
    resolved.decide = true;
  } else if (!resolved.others.empty()) {
    resolved.rule = Rule::precedence;
  }
  return resolved;
}

}  // namespace satchel::merge

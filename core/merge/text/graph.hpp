// The event graph of a text: who inserted and removed what, and what they had in front of them (Gentle and Kleppmann,
// "Collaborative Text Editing with Eg-walker: Better, Faster, Smaller", EuroSys 2025).
//
// event      one scalar value inserted, or one removed. An op that changes nothing, the first of its transaction on the
//            text, has one event, a mark.
// id         (replica, counter of its transaction, offset in it): equal everywhere. Orders what is written side by side.
// Lv         local version: number of an event here, from 1, in the order of arrival. Parents have lower ones. Never
//            leaves this process. 0 (`beginning`) is before all events.
// parents    the events that its position counts in, without those that another of them includes. Inside a transaction
//            the event before it.
// version    a set of events that includes all parents; written as its frontier.
// frontier   the events of a version that no other event of it includes, ascending.
// run        consecutive events of one shape, kept as one: typing, deleting forwards, deleting backwards.
//
// An insertion does not keep its character: either the text has it still, or a removal does. A removal keeps what it
// took; when two people remove the same character, both do.
//
// Plain data, one thread at a time. Trusts its caller: parents are there, counters of one replica ascend.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.hpp"
#include "core/model/version.hpp"

namespace satchel::merge::text {

using Lv = uint32_t;
inline constexpr Lv beginning = 0;
inline constexpr Lv most_events = 1u << 30;
using Frontier = std::vector<Lv>;

// Room for so many more, and a little ahead: what a text held open takes counts, and doubling would leave half unused.
template <class Items>
void reserve_more(Items& items, size_t more) {
  const size_t wanted = items.size() + more;
  if (wanted > items.capacity()) items.reserve(wanted + wanted / 32);
}

struct LvRange {
  Lv first = 0, last = 0;  // both included
  uint32_t size() const { return last - first + 1; }
  bool operator==(const LvRange&) const = default;
};

// insert: each one scalar value further right. remove: all at one position. remove_back: each one further left, the
// first at `at`. mark: changes nothing.
enum class Shape : uint32_t { insert = 0, remove = 1, remove_back = 2, mark = 3 };

struct Run {
  Lv first = 0;
  uint32_t size = 0;
  Shape shape = Shape::mark;
  uint32_t at = 0;
  uint32_t taken = 0;  // remove: where in Graph::taken() the characters stand, in the order of the events
};

class Graph {
 public:
  // ---- growing. One transaction at a time, between open() and close().
  // `parents`: its frontier (version_of). A second op of the last transaction goes on where that stopped.
  void open(const ReplicaId& replica, uint64_t counter, std::string_view worker, const Frontier& parents);
  Lv insert(uint32_t at, uint32_t count);                                // the first event's number
  Lv remove(uint32_t at, std::u32string_view taken, bool backwards = false);  // backwards: taken in that order
  void mark();   // an op that changes nothing; the only one of a transaction is noted without
  void close();
  bool is_open() const { return open_; }

  // ---- what is there
  Lv last() const { return next_ - 1; }
  const Frontier& frontier() const { return frontier_; }
  // The run that holds the event, from it on, cut at `last`. The walk over a range: run(first, last), run(first+size..).
  Run run(Lv event, Lv last) const;
  char32_t taken(Lv removal) const;
  std::u32string_view all_taken() const { return {taken_.data(), taken_.size()}; }

  bool includes(const ReplicaId& replica, uint64_t counter) const;
  // May a transaction with this counter come: is nothing later of the replica here?
  bool may_come(const ReplicaId& replica, uint64_t counter) const;
  // The last event of the transaction; `beginning` when it did not write here.
  Lv event_of(const ReplicaId& replica, uint64_t counter) const;
  // The frontier of what `shown` includes of this text, and of these single transactions with all that they saw.
  Frontier version_of(const model::Version& shown, std::span<const model::Version::Entry> also = {}) const;
  bool shows_all(const model::Version& shown) const;  // does it include every event?
  // Has the replica's last transaction left out an earlier one of its own?
  bool has_loose(const ReplicaId& replica) const;
  const ReplicaId& replica_of(Lv event) const;
  const std::string& worker_of(Lv event) const;
  uint64_t counter_of(Lv event) const;
  bool id_less(Lv a, Lv b) const;

  // ---- graph questions
  struct Difference {
    std::vector<LvRange> only_a, only_b;  // descending
  };
  void compare(const Frontier& a, const Frontier& b, Difference& out) const;
  // The greatest event that all of both versions above it come after: all lower events are in it. `beginning` if none.
  Lv common(const Frontier& a, const Frontier& b) const;
  bool contains(const Frontier& version, Lv event) const;
  // A sorted set of events without those that another one includes.
  Frontier dominators(Frontier events) const;

  // ---- for encoding: transactions as runs of equal ones, in the order of arrival
  struct Transactions {
    Lv first = 0;
    uint16_t replica = 0, worker = 0;  // numbers into replicas(), workers()
    uint32_t span = 0;                 // events of each
    uint32_t parents = 0;              // of the first one: where in parents_ they begin. Each other has the one before
    uint64_t counter = 0;              // of the first one; each further one has the next
  };
  const std::vector<Transactions>& transactions() const { return transactions_; }
  const std::vector<ReplicaId>& replicas() const { return replicas_; }
  const std::vector<std::string>& workers() const { return workers_; }
  Lv end_of(uint32_t transactions) const;  // the event behind its last one
  std::span<const Lv> parents_of(uint32_t transactions) const;
  uint32_t transactions_at(Lv event) const;

 private:
  struct Ops {  // 12 bytes: there are thousands in a long text
    Lv first = 0;
    uint32_t at = 0;
    uint32_t shape_taken = 0;  // shape, and 30 bits of `taken`
    Shape shape() const { return static_cast<Shape>(shape_taken >> 30); }
    uint32_t taken() const { return shape_taken & (most_events - 1); }
    void set(Shape shape, uint32_t taken) { shape_taken = static_cast<uint32_t>(shape) << 30 | taken; }
  };
  void append(Shape shape, uint32_t at, uint32_t count, uint32_t taken);
  bool extend(Shape shape, uint32_t at, uint32_t count);
  uint32_t ops_at(Lv event) const;
  bool is_further_op(uint32_t transactions) const;
  void join_last();
  uint16_t replica_number(const ReplicaId& replica);
  uint16_t worker_number(std::string_view worker);
  int find_replica(const ReplicaId& replica) const;
  Lv last_of(int replica, uint64_t counter) const;
  void note_loose(uint16_t replica, uint64_t counter, Lv before, const Frontier& parents);

  // A replica's transactions are found by its marks: each is at one, or fewer than so many behind one.
  static constexpr uint32_t mark_apart = 16;

  // A form was held open while its own tablet saved elsewhere: an event that the replica's next transaction did not
  // see. A version that includes the replica up to a counter has it beside the last one, until one of them saw it.
  struct Loose {
    Lv event = 0;
    uint64_t seen_by = UINT64_MAX;  // counter of the replica's first transaction that saw it
  };

  Lv next_ = 1;
  bool open_ = false;
  Frontier frontier_;
  std::vector<Ops> ops_;
  std::vector<Transactions> transactions_;
  std::vector<Lv> parents_;
  std::vector<char32_t> taken_;
  std::vector<ReplicaId> replicas_;
  std::vector<std::string> workers_;
  std::vector<std::vector<uint32_t>> marks_;  // of each replica, ascending: where its transactions are, see mark_apart
  std::vector<std::vector<Loose>> loose_;  // of each replica, ascending
  mutable uint32_t near_ops_ = 0, near_transactions_ = 0;
};

}  // namespace satchel::merge::text

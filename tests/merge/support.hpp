// Writes, tablets and small histories for the tests of core/merge.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.hpp"
#include "core/merge/record.hpp"
#include "core/merge/resolve.hpp"
#include "proto/codec.hpp"

namespace satchel::merge::test {

using model::Action;
using model::Author;
using model::Kind;
using model::Op;
using model::Version;

ReplicaId replica(int number);
EpochId epoch(int number);
Bytes text(std::string_view words);
std::string words(const Head& head);  // of a text value; "" when cleared
std::vector<std::string> standing(const Resolved& resolved);
std::vector<std::string> others(const Resolved& resolved);

// ---- ops
Op create();
Op void_();
Op restore();
Op assign(std::string field, Kind kind, std::string_view value);
Op add(std::string field, std::string element, std::string_view value = "", std::string part = "");
Op remove(std::string field, std::string element);
Op edit(std::vector<model::TextEdit> edits, std::string field = "body");
Op submit(std::string field = "body");
Op settling(Op op);

// ---- one transaction as it arrives: with what the centre added
struct Written {
  model::Header header;
  std::vector<Op> ops;
  uint64_t ord = 0;
  int64_t received_ms = 0;
  EpochId epoch;
  uint64_t position = 0;
  Context context() const;
  bool saw(const Written& other) const;  // by shown, for different transactions
};
void apply(RecordState& state, const Written& written);

using Log = std::deque<Written>;

// A tablet (or the centre) that writes with what it has in front of it.
struct Tablet {
  Tablet(int number, std::string worker, Author author = Author::worker);
  // Writes on top of everything it has; `shown` when the person looked at something older; `ord` when the clock is odd.
  Written& write(Log& log, std::vector<Op> ops, std::optional<Version> shown = {}, std::optional<uint64_t> ord = {});
  void receive(const Log& log);  // what it lacks, in the order of the log
  Resolved look(std::string_view field, const model::Field* declared = nullptr) const;

  ReplicaId id;
  std::string worker;
  Author author;
  int64_t clock_ahead_ms = 0;
  Version has;
  RecordState state;
};

// ---- all histories of n transactions with one op each: base is any transitively closed set of earlier ones, several
// may come from one replica, and shown is any version below base that the replica can have had (or base, when
// `shown_is_base`).
struct Shape {
  std::vector<std::set<size_t>> base, shown;
  std::vector<int> replica;
};
void for_each_shape(size_t n, bool shown_is_base, const std::function<void(const Shape&)>& use);
// Every assignment of 0..choices-1 to n places.
using Choice = std::vector<size_t>;
void for_each_choice(size_t n, size_t choices, const std::function<void(const Choice&)>& use);
// Transaction i has the op alphabet[choice[i]]; positions and ords follow i.
std::vector<Written> history(const Shape& shape, const std::vector<Op>& alphabet, const Choice& choice);

// Folds in every causal order and hands each result out.
void for_each_causal_order(const std::vector<Written>& history, const std::function<void(const RecordState&)>& use);
// True when all causal orders give the same bytes; `state` is one of them.
bool same_in_every_order(const std::vector<Written>& history, RecordState& state);

// ---- large random histories: several replicas that write, look at older versions and receive in different orders
struct RandomHistory {
  Log log;                                  // in one causal order
  std::vector<RecordState> folds;           // in others
};
RandomHistory random_history(uint64_t seed, int replicas, int transactions,
                             const std::function<std::vector<Op>(SeededRandom&)>& choose);

}  // namespace satchel::merge::test

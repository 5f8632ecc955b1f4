#include "core/merge/text/graph.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace satchel::merge::text {

// ---- growing

int Graph::find_replica(const ReplicaId& replica) const {
  for (size_t i = 0; i < replicas_.size(); ++i) {
    if (replicas_[i] == replica) return static_cast<int>(i);
  }
  return -1;
}

uint16_t Graph::replica_number(const ReplicaId& replica) {
  const int found = find_replica(replica);
  if (found >= 0) return static_cast<uint16_t>(found);
  SATCHEL_CHECK(replicas_.size() < UINT16_MAX);
  replicas_.push_back(replica);
  marks_.emplace_back();
  loose_.emplace_back();
  return static_cast<uint16_t>(replicas_.size() - 1);
}

uint16_t Graph::worker_number(std::string_view worker) {
  for (size_t i = 0; i < workers_.size(); ++i) {
    if (workers_[i] == worker) return static_cast<uint16_t>(i);
  }
  SATCHEL_CHECK(workers_.size() < UINT16_MAX);
  workers_.emplace_back(worker);
  return static_cast<uint16_t>(workers_.size() - 1);
}

void Graph::open(const ReplicaId& replica, uint64_t counter, std::string_view worker, const Frontier& parents) {
  SATCHEL_CHECK(!open_);
  Transactions made;
  made.first = next_;
  made.replica = replica_number(replica);
  made.worker = worker_number(worker);
  made.parents = static_cast<uint32_t>(parents_.size());
  made.counter = counter;
  const Lv before = last_of(made.replica, UINT64_MAX);
  if (before != beginning && counter_of(before) == counter) {
    reserve_more(parents_, 1);
    parents_.push_back(before);
  } else {
    SATCHEL_CHECK(before == beginning || counter_of(before) < counter);
    note_loose(made.replica, counter, before, parents);
    reserve_more(parents_, parents.size());
    parents_.insert(parents_.end(), parents.begin(), parents.end());
  }
  const auto number = static_cast<uint32_t>(transactions_.size());
  auto& marks = marks_[made.replica];
  if (marks.empty() || number - marks.back() >= mark_apart) marks.push_back(number);
  for (size_t i = made.parents; i < parents_.size(); ++i) {
    std::erase(frontier_, parents_[i]);
  }
  reserve_more(transactions_, 1);
  transactions_.push_back(made);
  open_ = true;
}

void Graph::note_loose(uint16_t replica, uint64_t counter, Lv before, const Frontier& parents) {
  std::vector<Loose>& loose = loose_[replica];
  for (Loose& each : loose) {
    if (each.seen_by == UINT64_MAX && contains(parents, each.event)) each.seen_by = counter;
  }
  const bool direct = std::find(parents.begin(), parents.end(), before) != parents.end();
  if (before != beginning && !direct && !contains(parents, before)) loose.push_back({before, UINT64_MAX});
}

bool Graph::extend(Shape shape, uint32_t at, uint32_t count) {
  if (ops_.empty()) return false;
  Ops& run = ops_.back();
  const uint32_t size = next_ - run.first;
  const Shape is = run.shape();
  if (shape == Shape::insert) return is == Shape::insert && at == run.at + size;
  if (shape == Shape::mark || (is != Shape::remove && is != Shape::remove_back)) return false;
  // One removal alone has no direction yet, on either side.
  if ((is == Shape::remove || size == 1) && (shape == Shape::remove || count == 1) && at == run.at) {
    run.set(Shape::remove, run.taken());
    return true;
  }
  if ((is == Shape::remove_back || size == 1) && (shape == Shape::remove_back || count == 1) && at + size == run.at) {
    run.set(Shape::remove_back, run.taken());
    return true;
  }
  return false;
}

void Graph::append(Shape shape, uint32_t at, uint32_t count, uint32_t taken) {
  SATCHEL_CHECK(open_ && count < most_events - next_);
  if (!extend(shape, at, count)) {
    Ops run;
    run.first = next_;
    run.at = at;
    run.set(shape, taken);
    reserve_more(ops_, 1);
    ops_.push_back(run);
  }
  next_ += count;
  transactions_.back().span = next_ - transactions_.back().first;
}

Lv Graph::insert(uint32_t at, uint32_t count) {
  append(Shape::insert, at, count, 0);
  return next_ - count;
}

Lv Graph::remove(uint32_t at, std::u32string_view taken, bool backwards) {
  const auto count = static_cast<uint32_t>(taken.size());
  append(backwards && count > 1 ? Shape::remove_back : Shape::remove, at, count, static_cast<uint32_t>(taken_.size()));
  reserve_more(taken_, taken.size());
  taken_.insert(taken_.end(), taken.begin(), taken.end());
  return next_ - count;
}

void Graph::mark() { append(Shape::mark, 0, 1, 0); }

void Graph::close() {
  SATCHEL_CHECK(open_);
  if (transactions_.back().first == next_) mark();
  open_ = false;
  frontier_.push_back(last());
  join_last();
}

// Is this a further op of a transaction? Such a one counts in what that did before.
bool Graph::is_further_op(uint32_t transactions) const {
  const std::span<const Lv> parents = parents_of(transactions);
  const Transactions& run = transactions_[transactions];
  if (parents.size() != 1) return false;
  const uint32_t before = transactions_at(parents.front());
  return transactions_[before].replica == run.replica && counter_of(parents.front()) == run.counter;
}

// Takes the last transaction into the run before it when it is that one's equal continuation.
void Graph::join_last() {
  if (transactions_.size() < 2) return;
  Transactions& before = transactions_[transactions_.size() - 2];
  const Transactions& made = transactions_.back();
  const uint32_t count = (made.first - before.first) / before.span;
  const bool continues = made.replica == before.replica && made.worker == before.worker && made.span == before.span &&
                         made.counter == before.counter + count && parents_.size() - made.parents == 1 &&
                         parents_.back() == made.first - 1;
  if (!continues || is_further_op(static_cast<uint32_t>(transactions_.size() - 2))) return;
  parents_.pop_back();
  auto& marks = marks_[made.replica];
  if (marks.back() == transactions_.size() - 1) marks.pop_back();
  transactions_.pop_back();
}

// ---- what is there

namespace {

// The last of `items` that begins at or before the event; `near` is where the last search ended.
template <class Items>
uint32_t holding(const Items& items, Lv event, uint32_t& near) {
  const auto holds = [&](size_t i) {
    return i < items.size() && items[i].first <= event && (i + 1 == items.size() || event < items[i + 1].first);
  };
  if (holds(near)) return near;
  if (holds(near + 1)) return ++near;
  const auto after = std::upper_bound(items.begin(), items.end(), event,
                                      [](Lv wanted, const auto& item) { return wanted < item.first; });
  return near = static_cast<uint32_t>(after - items.begin()) - 1;
}

}  // namespace

uint32_t Graph::ops_at(Lv event) const { return holding(ops_, event, near_ops_); }
uint32_t Graph::transactions_at(Lv event) const { return holding(transactions_, event, near_transactions_); }

Lv Graph::end_of(uint32_t transactions) const {
  return transactions + 1 < transactions_.size() ? transactions_[transactions + 1].first : next_;
}

std::span<const Lv> Graph::parents_of(uint32_t transactions) const {
  const uint32_t from = transactions_[transactions].parents;
  const size_t to = transactions + 1 < transactions_.size() ? transactions_[transactions + 1].parents : parents_.size();
  return {parents_.data() + from, to - from};
}

Run Graph::run(Lv event, Lv last) const {
  const uint32_t at = ops_at(event);
  const Ops& ops = ops_[at];
  const Lv end = std::min(last + 1, at + 1 < ops_.size() ? ops_[at + 1].first : next_);
  Run out{event, end - event, ops.shape(), ops.at, ops.taken()};
  const uint32_t skipped = event - ops.first;
  if (out.shape == Shape::insert) out.at += skipped;
  if (out.shape == Shape::remove_back) out.at -= std::min(skipped, out.at);
  out.taken += skipped;
  return out;
}

char32_t Graph::taken(Lv removal) const {
  const Ops& ops = ops_[ops_at(removal)];
  const size_t at = ops.taken() + (removal - ops.first);
  return at < taken_.size() ? taken_[at] : U'\uFFFD';
}

Lv Graph::last_of(int replica, uint64_t counter) const {
  if (replica < 0) return beginning;
  const auto& marks = marks_[static_cast<size_t>(replica)];
  const auto after = std::upper_bound(marks.begin(), marks.end(), counter, [&](uint64_t wanted, uint32_t index) {
    return wanted < transactions_[index].counter;
  });
  if (after == marks.begin()) return beginning;
  uint32_t index = *(after - 1);
  const auto end = static_cast<uint32_t>(std::min<size_t>(index + mark_apart, transactions_.size()));
  for (uint32_t last = end - 1; last > index; --last) {
    if (transactions_[last].replica == replica && transactions_[last].counter <= counter) index = last;
  }
  const Transactions& run = transactions_[index];
  const uint64_t count = (end_of(index) - run.first) / run.span;
  return run.first + static_cast<Lv>(std::min(counter - run.counter + 1, count)) * run.span - 1;
}

Lv Graph::event_of(const ReplicaId& replica, uint64_t counter) const {
  const Lv event = last_of(find_replica(replica), counter);
  return event != beginning && counter_of(event) == counter ? event : beginning;
}

bool Graph::includes(const ReplicaId& replica, uint64_t counter) const {
  return event_of(replica, counter) != beginning;
}

bool Graph::may_come(const ReplicaId& replica, uint64_t counter) const {
  const Lv newest = last_of(find_replica(replica), UINT64_MAX);
  return newest == beginning || counter_of(newest) <= counter;
}

bool Graph::shows_all(const model::Version& shown) const {
  return std::all_of(frontier_.begin(), frontier_.end(),
                     [&](Lv event) { return shown.includes(replica_of(event), counter_of(event)); });
}

Frontier Graph::version_of(const model::Version& shown, std::span<const model::Version::Entry> also) const {
  if (shows_all(shown)) return frontier_;
  Frontier newest;
  for (const auto& [replica, counter] : also) {
    const Lv event = event_of(replica, counter);
    if (event != beginning) newest.push_back(event);
  }
  for (const auto& [replica, counter] : shown.entries()) {
    const int number = find_replica(replica);
    const Lv event = last_of(number, counter);
    if (event == beginning) continue;
    newest.push_back(event);
    for (const Loose& each : loose_[static_cast<size_t>(number)]) {
      if (each.event < event && counter < each.seen_by) newest.push_back(each.event);
    }
  }
  std::sort(newest.begin(), newest.end());
  return dominators(std::move(newest));
}

bool Graph::has_loose(const ReplicaId& replica) const {
  const int number = find_replica(replica);
  if (number < 0) return false;
  const auto& loose = loose_[static_cast<size_t>(number)];
  return std::any_of(loose.begin(), loose.end(), [](const Loose& each) { return each.seen_by == UINT64_MAX; });
}

const ReplicaId& Graph::replica_of(Lv event) const { return replicas_[transactions_[transactions_at(event)].replica]; }
const std::string& Graph::worker_of(Lv event) const { return workers_[transactions_[transactions_at(event)].worker]; }

uint64_t Graph::counter_of(Lv event) const {
  const uint32_t index = transactions_at(event);
  const Transactions& run = transactions_[index];
  if (open_ && index + 1 == transactions_.size()) return run.counter;
  return run.counter + (event - run.first) / run.span;
}

bool Graph::id_less(Lv a, Lv b) const {
  const ReplicaId &of_a = replica_of(a), &of_b = replica_of(b);
  if (of_a != of_b) return of_a < of_b;
  const uint64_t counter_a = counter_of(a), counter_b = counter_of(b);
  return counter_a != counter_b ? counter_a < counter_b : a < b;
}

}  // namespace satchel::merge::text

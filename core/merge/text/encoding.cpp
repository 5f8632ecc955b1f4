// The event graph at rest: columns of varints, one replica after the other, each in the order of its counters. That
// order is the same wherever the graph was put together; the local order of arrival is not written down.
//
//   0 (format)
//   replicas: count, 16 bytes each, ascending     workers: count, (size, UTF-8) each, ascending
//   per replica: count of its transactions, then
//     workers     (worker, how many), until all are covered
//     counters    (distance from the one before, how many times), likewise
//     sizes       (events, how many), likewise
//     parents     count of those whose parents are not just the replica's transaction before; each: how many
//                 transactions since the last such one; count of parents besides the one before, times two, plus
//                 one if that is a parent; each of the others: replica, its number there (relative to the number
//                 last named of that replica)
//     runs        count; (size times four plus shape) each; then positions, each relative to where the run before
//                 leaves off
//   size, then UTF-8: what the removals took, in this order; backwards ones turned round
#include "core/merge/text/encoding.hpp"

#include <algorithm>
#include <numeric>

#include "core/merge/text/columns.hpp"
#include "core/merge/text/utf.hpp"

namespace satchel::merge::text {
namespace {

// Where the cursor stands after a run: what is typed next is mostly there.
uint32_t leaves_off(const Run& run) {
  if (run.shape == Shape::insert) return run.at + run.size;
  return run.shape == Shape::remove_back ? run.at - std::min(run.at, run.size - 1) : run.at;
}

// Joins runs as if they had come event by event, so that the cuts of the local order leave no trace.
class RunList {
 public:
  void add(Run run) {
    while (run.size > 0) {
      if (run.shape == Shape::remove_back && run.size == 1) run.shape = Shape::remove;  // alone it has no direction
      const uint32_t joined = runs_.empty() ? 0 : join(runs_.back(), run);
      if (joined == 0) {
        runs_.push_back(run);
        return;
      }
      run = behind(run, joined);
    }
  }
  const std::vector<Run>& runs() const { return runs_; }

 private:
  static Run behind(Run run, uint32_t events) {
    run.first += events;
    run.size -= events;
    run.taken += events;
    if (run.shape == Shape::insert) run.at += events;
    if (run.shape == Shape::remove_back && run.size > 0) run.at -= events;
    return run;
  }
  // How many of the second run's events the first takes in.
  static uint32_t join(Run& run, const Run& next) {
    const auto removes = [](const Run& each) { return each.shape == Shape::remove || each.shape == Shape::remove_back; };
    if (run.shape == Shape::insert && next.shape == Shape::insert) {
      if (next.at != run.at + run.size) return 0;
      run.size += next.size;
      return next.size;
    }
    if (!removes(run) || !removes(next)) return 0;
    const bool forwards = next.at == run.at && (run.shape == Shape::remove || run.size == 1);
    const bool back = next.at + run.size == run.at && (run.shape == Shape::remove_back || run.size == 1);
    if (!forwards && !back) return 0;
    const Shape shape = forwards ? Shape::remove : Shape::remove_back;
    const uint32_t events = next.shape == shape || next.size == 1 ? next.size : 1;
    run.shape = shape;
    run.size += events;
    return events;
  }

  std::vector<Run> runs_;
};

// One replica's part, as it is written.
struct Part {
  uint64_t count = 0;
  Stretches workers, counters, sizes;
  std::vector<uint32_t> firsts;  // of each Graph::Transactions: the number of its first one here
  RunList runs;
};

class Encoder {
 public:
  explicit Encoder(const Graph& graph) : graph_(graph) {}

  Bytes encode() {
    sort();
    group();
    out_.number(0);
    out_.number(replicas_.size());
    for (const uint16_t replica : replicas_) out_.raw(graph_.replicas()[replica].view());
    out_.number(workers_.size());
    for (const uint16_t worker : workers_) out_.sized(graph_.workers()[worker]);
    parts_.resize(replicas_.size());
    for (size_t i = 0; i < replicas_.size(); ++i) collect(parts_[i], replicas_[i]);
    std::string taken;
    for (size_t i = 0; i < replicas_.size(); ++i) write(parts_[i], replicas_[i], taken);
    out_.sized(taken);
    return out_.take();
  }

 private:
  void sort() {
    const auto order = [](auto& numbers, std::vector<uint16_t>& place, const auto& names) {
      numbers.resize(names.size());
      std::iota(numbers.begin(), numbers.end(), uint16_t{0});
      std::sort(numbers.begin(), numbers.end(), [&](uint16_t a, uint16_t b) { return names[a] < names[b]; });
      place.resize(names.size());
      for (size_t i = 0; i < numbers.size(); ++i) place[numbers[i]] = static_cast<uint16_t>(i);
    };
    order(replicas_, place_of_replica_, graph_.replicas());
    order(workers_, place_of_worker_, graph_.workers());
  }

  // Numbers of each replica's transactions, ascending.
  void group() {
    of_replica_.resize(graph_.replicas().size());
    for (uint32_t i = 0; i < graph_.transactions().size(); ++i) of_replica_[graph_.transactions()[i].replica].push_back(i);
  }

  void collect(Part& part, uint16_t replica) {
    uint64_t last_counter = 0;
    uint64_t open_size = 0;  // of the last transaction, which a further op may enlarge
    for (const uint32_t index : of_replica_[replica]) {
      const Graph::Transactions& each = graph_.transactions()[index];
      const Lv end = graph_.end_of(index);
      for (Lv at = each.first; at < end;) {
        const Run run = graph_.run(at, end - 1);
        part.runs.add(run);
        at += run.size;
      }
      const uint64_t count = (end - each.first) / each.span;
      if (each.counter == last_counter) {  // a second op of the same transaction
        part.firsts.push_back(static_cast<uint32_t>(part.count) - 1);
        open_size += each.span;
        continue;
      }
      if (open_size > 0) part.sizes.add(open_size, 1);
      part.firsts.push_back(static_cast<uint32_t>(part.count));
      part.workers.add(place_of_worker_[each.worker], count);
      part.counters.add(each.counter - last_counter, 1);
      part.counters.add(1, count - 1);
      part.sizes.add(each.span, count - 1);
      open_size = each.span;
      last_counter = each.counter + count - 1;
      part.count += count;
    }
    if (open_size > 0) part.sizes.add(open_size, 1);
  }

  // (replica's place, number of the transaction there)
  std::pair<uint32_t, uint32_t> name(Lv event) const {
    const uint32_t index = graph_.transactions_at(event);
    const Graph::Transactions& each = graph_.transactions()[index];
    const auto& own = of_replica_[each.replica];
    const auto at = std::lower_bound(own.begin(), own.end(), index) - own.begin();
    const uint32_t place = place_of_replica_[each.replica];
    return {place, parts_[place].firsts[static_cast<size_t>(at)] + (event - each.first) / each.span};
  }

  void write_parents(const Part& part, uint16_t replica) {
    const auto& own = of_replica_[replica];
    const uint32_t self = place_of_replica_[replica];
    std::vector<uint32_t> last_named(replicas_.size(), 0);
    uint64_t others = 0;
    uint32_t since = 0;
    ColumnWriter column;
    std::vector<std::pair<uint32_t, uint32_t>> named;
    for (size_t i = 0; i < own.size(); ++i) {
      const uint32_t number = part.firsts[i];
      const uint64_t counter = graph_.transactions()[own[i]].counter;
      if (i > 0 && counter == graph_.counter_of(graph_.end_of(own[i - 1]) - 1)) continue;  // a second op
      named.clear();
      bool before = false;
      for (const Lv parent : graph_.parents_of(own[i])) {
        const auto each = name(parent);
        const bool is_before = each.first == self && each.second + 1 == number;
        before = before || is_before;
        if (!is_before) named.push_back(each);
      }
      if (named.empty() && before == (number > 0)) continue;
      std::sort(named.begin(), named.end());
      ++others;
      column.number(number - since);
      since = number;
      column.number(named.size() << 1 | (before ? 1 : 0));
      for (const auto& [place, there] : named) {
        column.number(place);
        column.signed_number(static_cast<int64_t>(there) - last_named[place]);
        last_named[place] = there;
      }
    }
    out_.number(others);
    out_.raw(column.take());
  }

  void write(const Part& part, uint16_t replica, std::string& taken) {
    out_.number(part.count);
    part.workers.write(out_);
    part.counters.write(out_);
    part.sizes.write(out_);
    write_parents(part, replica);
    const std::vector<Run>& runs = part.runs.runs();
    out_.number(runs.size());
    for (const Run& run : runs) out_.number(uint64_t{run.size} << 2 | static_cast<uint64_t>(run.shape));
    uint32_t cursor = 0;
    for (const Run& run : runs) {
      out_.signed_number(static_cast<int64_t>(run.at) - cursor);
      cursor = leaves_off(run);
    }
    // Joined runs may have come apart locally: each event is asked for.
    for (const uint32_t index : of_replica_[replica]) pieces_.push_back(index);
    take_removed(runs, taken);
    pieces_.clear();
  }

  // What the replica's removals took, run by run.
  void take_removed(const std::vector<Run>& runs, std::string& taken) {
    size_t piece = 0;
    Lv at = pieces_.empty() ? 0 : graph_.transactions()[pieces_[0]].first;
    for (const Run& run : runs) {
      std::u32string out;
      for (uint32_t left = run.size; left > 0;) {
        if (at == graph_.end_of(pieces_[piece])) at = graph_.transactions()[pieces_[++piece]].first;
        const Run local = graph_.run(at, std::min(graph_.end_of(pieces_[piece]) - 1, at + left - 1));
        if (run.shape == Shape::remove || run.shape == Shape::remove_back) {
          out += graph_.all_taken().substr(local.taken, local.size);
        }
        at += local.size;
        left -= local.size;
      }
      if (run.shape == Shape::remove_back) std::reverse(out.begin(), out.end());
      taken += to_utf8(out);
    }
  }

  const Graph& graph_;
  ColumnWriter out_;
  std::vector<std::vector<uint32_t>> of_replica_;
  std::vector<uint16_t> replicas_, workers_, place_of_replica_, place_of_worker_;
  std::vector<Part> parts_;
  std::vector<uint32_t> pieces_;
};

}  // namespace

Bytes encode_graph(const Graph& graph) { return Encoder(graph).encode(); }

}  // namespace satchel::merge::text

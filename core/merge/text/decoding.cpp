// Reads what encoding.cpp writes, and finds an order in which the transactions can have come.
#include <algorithm>

#include "core/merge/text/columns.hpp"
#include "core/merge/text/encoding.hpp"
#include "core/merge/text/utf.hpp"
#include "core/model/text.hpp"

namespace satchel::merge::text {
namespace {

struct NamedParent {
  size_t replica;
  uint64_t number;
};

struct Exception {  // a transaction whose parents are not just the one before
  uint64_t number;
  bool before;
  std::vector<NamedParent> others;
};

struct ReadPart {
  uint64_t count = 0;
  Stretches workers, counters, sizes;
  std::vector<Exception> exceptions;
  std::vector<Run> runs;
  // How far it has been taken in.
  uint64_t done = 0, counter = 0;
  size_t exception = 0, run = 0;
  std::vector<Lv> ends;  // last event of each transaction that is done
};

uint64_t events_of(const Stretches& sizes) {
  uint64_t sum = 0;
  for (const auto& each : sizes.items()) {
    if (each.value == 0 || each.value > most_events || each.times > most_events) return UINT64_MAX;
    sum += each.value * each.times;
    if (sum > most_events) return UINT64_MAX;
  }
  return sum;
}

class Decoder {
 public:
  Decoder(BytesView bytes, size_t length) : in_(bytes), length_(length) {}

  Result<Graph> decode() {
    read_names();
    for (size_t i = 0; i < replicas_.size() && !in_.failed(); ++i) read(parts_[i]);
    const BytesView taken = in_.sized();
    if (!in_.empty() || !model::valid_utf8(taken)) in_.fail();
    if (in_.failed()) return damaged();
    taken_ = to_utf32(taken);
    if (removals_ != taken_.size() || insertions_ > length_ + taken_.size()) return damaged();
    for (ReadPart& part : parts_) place_taken(part);
    while (done_ < replicas_.size()) {
      if (!take_in_some()) return damaged();
    }
    return std::move(graph_);
  }

 private:
  static Error damaged() {
    return make_error(Code::corrupt, "The history of a text cannot be read.", "events");
  }

  void read_names() {
    if (in_.number() != 0) in_.fail();
    for (size_t left = in_.count(); left > 0 && !in_.failed(); --left) {
      const auto id = ReplicaId::from_bytes(in_.raw(16));
      if (!id || (!replicas_.empty() && !(replicas_.back() < *id))) return in_.fail();
      replicas_.push_back(*id);
    }
    parts_.resize(replicas_.size());
    for (size_t left = in_.count(); left > 0 && !in_.failed(); --left) {
      const BytesView worker = in_.sized();
      if (!model::valid_utf8(worker) || (!workers_.empty() && !(workers_.back() < worker))) return in_.fail();
      workers_.push_back(worker);
    }
    if (replicas_.size() >= UINT16_MAX || workers_.size() >= UINT16_MAX) in_.fail();
  }

  void read(ReadPart& part) {
    part.count = in_.number();
    if (part.count == 0 || part.count > most_events) return in_.fail();
    part.workers.read(in_, part.count);
    part.counters.read(in_, part.count);
    part.sizes.read(in_, part.count);
    const uint64_t events = events_of(part.sizes);
    for (const auto& each : part.workers.items()) {
      if (each.value >= workers_.size()) in_.fail();
    }
    for (const auto& each : part.counters.items()) {
      if (each.value == 0 || each.value > uint64_t{INT64_MAX} / part.count) in_.fail();
    }
    read_exceptions(part);
    read_runs(part, events);
  }

  void read_exceptions(ReadPart& part) {
    std::vector<uint64_t> last_named(replicas_.size(), 0);
    uint64_t number = 0;
    for (size_t left = in_.count(); left > 0 && !in_.failed(); --left) {
      const uint64_t distance = in_.number();
      number += distance;
      if (distance > part.count || number >= part.count) return in_.fail();
      if (distance == 0 && !part.exceptions.empty()) return in_.fail();
      const uint64_t head = in_.number();
      if (head >> 1 > in_.left() || (number == 0 && (head & 1) != 0)) return in_.fail();
      Exception exception{number, (head & 1) != 0, {}};
      for (uint64_t i = 0; i < head >> 1; ++i) {
        const uint64_t replica = in_.number();
        if (replica >= replicas_.size()) return in_.fail();
        last_named[replica] += static_cast<uint64_t>(in_.signed_number());
        exception.others.push_back({static_cast<size_t>(replica), last_named[replica]});
      }
      part.exceptions.push_back(std::move(exception));
    }
  }

  void read_runs(ReadPart& part, uint64_t events) {
    const size_t count = in_.count();
    for (size_t i = 0; i < count && !in_.failed(); ++i) {
      const uint64_t head = in_.number(), size = head >> 2;
      Run run;
      run.shape = static_cast<Shape>(head & 3);
      if (size == 0 || size > events || (run.shape == Shape::mark && size != 1)) return in_.fail();
      run.size = static_cast<uint32_t>(size);
      events -= size;
      if (run.shape == Shape::insert) insertions_ += size;
      if (run.shape == Shape::remove || run.shape == Shape::remove_back) removals_ += size;
      part.runs.push_back(run);
    }
    if (events != 0) return in_.fail();
    int64_t cursor = 0;
    for (Run& run : part.runs) {
      const int64_t at = cursor + std::clamp<int64_t>(in_.signed_number(), -int64_t{most_events}, most_events);
      if (at < 0 || at > most_events) return in_.fail();
      if (run.shape == Shape::remove_back && at + 1 < int64_t{run.size}) return in_.fail();
      run.at = static_cast<uint32_t>(at);
      cursor = run.shape == Shape::insert ? at + run.size : run.shape == Shape::remove_back ? at - run.size + 1 : at;
    }
  }

  void place_taken(ReadPart& part) {
    for (Run& run : part.runs) {
      if (run.shape != Shape::remove && run.shape != Shape::remove_back) continue;
      run.taken = placed_;
      placed_ += run.size;
      if (run.shape == Shape::remove) continue;
      std::reverse(taken_.begin() + run.taken, taken_.begin() + placed_);
    }
  }

  // Takes in what it can of one replica, the next of those that are not done. False when none can go on.
  bool take_in_some() {
    for (size_t tried = 0; tried <= replicas_.size(); ++tried) {
      ReadPart& part = parts_[current_];
      const uint64_t before = part.done;
      size_t waits_for = current_;
      while (part.done < part.count && (waits_for = missing(part)) == current_) {
        if (!take_in(part)) return false;
      }
      if (part.done > before) {
        if (part.done == part.count) ++done_;
        if (part.done == part.count) next_open();
        else current_ = waits_for;
        return true;
      }
      if (part.done == part.count) next_open();
      else current_ = waits_for;
    }
    return false;
  }
  void next_open() {
    for (size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i].done < parts_[i].count) current_ = i;
    }
  }

  const Exception* exception_of(const ReadPart& part) const {
    if (part.exception >= part.exceptions.size()) return nullptr;
    const Exception& next = part.exceptions[part.exception];
    return next.number == part.done ? &next : nullptr;
  }

  // The replica that it has to wait for; the current one if none.
  size_t missing(const ReadPart& part) const {
    const Exception* const exception = exception_of(part);
    if (!exception) return current_;
    for (const NamedParent& parent : exception->others) {
      // A parent that cannot be: noticed when it is taken in.
      if (parent.replica != current_ && parent.number >= parts_[parent.replica].done) return parent.replica;
    }
    return current_;
  }

  bool take_in(ReadPart& part) {
    Frontier parents;
    if (const Exception* const exception = exception_of(part)) {
      ++part.exception;
      if (exception->before) parents.push_back(part.ends.back());
      for (const NamedParent& parent : exception->others) {
        const auto& ends = parts_[parent.replica].ends;
        if (parent.number >= ends.size()) return false;
        parents.push_back(ends[parent.number]);
      }
      std::sort(parents.begin(), parents.end());
      if (graph_.dominators(parents) != parents) return false;
    } else if (part.done > 0) {
      parents.push_back(part.ends.back());
    }
    part.counter += part.counters.next();
    graph_.open(replicas_[current_], part.counter, workers_[part.workers.next()], parents);
    const Lv before = graph_.last();
    const auto size = static_cast<uint32_t>(part.sizes.next());
    add_events(part, size);
    graph_.close();
    ++part.done;
    part.ends.push_back(graph_.last());
    return graph_.last() - before == size;
  }

  void add_events(ReadPart& part, uint32_t size) {
    while (size > 0) {
      Run& run = part.runs[part.run];
      const uint32_t here = std::min(size, run.size);
      const std::u32string_view taken = std::u32string_view(taken_).substr(run.taken, here);
      switch (run.shape) {
        case Shape::insert: graph_.insert(run.at, here), run.at += here; break;
        case Shape::remove: graph_.remove(run.at, taken); break;
        case Shape::remove_back: graph_.remove(run.at, taken, true), run.at -= std::min(run.at, here); break;
        case Shape::mark: graph_.mark(); break;
      }
      run.taken += run.shape == Shape::remove || run.shape == Shape::remove_back ? here : 0;
      run.size -= here;
      size -= here;
      if (run.size == 0) ++part.run;
    }
  }

  ColumnReader in_;
  size_t length_;
  std::vector<ReplicaId> replicas_;
  std::vector<BytesView> workers_;
  std::vector<ReadPart> parts_;
  uint64_t insertions_ = 0, removals_ = 0;
  std::u32string taken_;
  uint32_t placed_ = 0;
  size_t current_ = 0, done_ = 0;
  Graph graph_;
};

}  // namespace

Result<Graph> decode_graph(BytesView bytes, size_t length) {
  SATCHEL_ASSIGN(Graph graph, Decoder(bytes, length).decode());
  if (encode_graph(graph) != bytes) return make_error(Code::corrupt, "The history of a text cannot be read.", "events");
  return graph;
}

}  // namespace satchel::merge::text

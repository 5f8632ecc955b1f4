#include "core/merge/text/tracker.hpp"

#include <algorithm>

namespace satchel::merge::text {

// The text of the base is one span that is long enough for any; from the beginning on there is none.
Tracker::Tracker(const Graph& graph, Lv base)
    : graph_(graph), base_(base), told_(base), tree_(base + 1, base == beginning ? 0 : most_events), targets_(base + 1) {
  if (base != beginning) version_.push_back(base);
}

// ---- moving the prepare version

void Tracker::change_state(Lv id, uint32_t size, int change) {
  while (size > 0) {
    auto place = tree_.of(id);
    const uint32_t here = std::min(size, tree_.span(place).size - place.offset);
    place = tree_.isolate(place, here);
    const Span& span = tree_.span(place);
    tree_.set(place, span.state + static_cast<uint32_t>(change), span.remover, span.step);
    id += here;
    size -= here;
  }
}

void Tracker::move(const std::vector<LvRange>& ranges, int change) {
  for (const LvRange& range : ranges) {
    for (Lv at = range.first; at <= range.last;) {
      const Run run = graph_.run(at, range.last);
      uint32_t size = run.size;
      if (run.shape == Shape::insert) {
        change_state(at, size, change);
      } else if (run.shape != Shape::mark) {
        const auto found = targets_.find(at);
        size = std::min(size, found.size);
        const Target& target = found.value;
        if (target.id != 0) change_state(target.step > 0 ? target.id : target.id - (size - 1), size, change);
      }
      at += size;
    }
  }
}

bool Tracker::move_to(const Frontier& version) {
  if (version == version_) return true;
  graph_.compare(version_, version, difference_);
  const auto below = [&](const std::vector<LvRange>& ranges) { return !ranges.empty() && ranges.back().first <= base_; };
  if (below(difference_.only_a) || below(difference_.only_b)) return false;
  move(difference_.only_a, -1);
  move(difference_.only_b, +1);
  version_ = version;
  return true;
}

void Tracker::took_in(Lv last) {
  if (targets_.end() <= last) targets_.append(last + 1 - targets_.end(), {});  // a mark
  version_.assign(1, last);
  told_ = last;
}

// ---- insertions

int64_t Tracker::rank(Lv id) const {
  if (id == beginning) return -1;
  if (id == no_right) return INT64_MAX;
  return tree_.before(tree_.of(id)).all;
}

// Goes past those of the insertions beside it that come first. `scanning`: past some whose right origin is nearer than
// ours, which come after us unless one behind them comes before.
SpanTree::Place Tracker::integrate(SpanTree::Place place, Lv made, Lv left, Lv right) const {
  const int64_t left_rank = rank(left), right_rank = rank(right);
  bool scanning = false;
  for (auto scan = place; !tree_.at_end(scan);) {
    const Span& other = tree_.span(scan);
    if (other.state != 0) break;
    const int64_t other_left = other.left == left ? left_rank : rank(other.left);
    if (other_left < left_rank) break;
    if (other_left == left_rank) {
      const int64_t other_right = other.right == right ? right_rank : rank(other.right);
      if (other_right == right_rank && graph_.id_less(made, other.id)) break;
      scanning = other_right < right_rank;
    }
    scan = tree_.next(scan);
    if (!scanning) place = scan;
  }
  return place;
}

uint32_t Tracker::insert(Lv first, uint32_t at, uint32_t count) {
  at = std::min(at, tree_.total().there);
  targets_.append(count, {});
  SpanTree::Place place = tree_.front();
  Span made;
  made.id = first;
  made.size = count;
  made.state = 1;
  bool at_border = true;
  if (at > 0) {
    place = tree_.behind_there(at);
    const Span& span = tree_.span(place);
    made.left = span.id + place.offset - 1;
    at_border = place.offset == span.size;
  }
  if (!at_border) {
    made.right = tree_.span(place).id + place.offset;
  } else {
    const SpanTree::Place following = at > 0 ? tree_.next(place) : place;
    SpanTree::Place visible = following;
    while (!tree_.at_end(visible) && tree_.span(visible).state == 0) visible = tree_.next(visible);
    if (!tree_.at_end(visible)) made.right = tree_.span(visible).id;
    const bool alone = visible.leaf == following.leaf && visible.index == following.index;
    if (!alone) {
      place = integrate(following, first, made.left, made.right);
    } else if (at > 0) {
      const Span& span = tree_.span(place);
      if (span.id + span.size == first && span.right == made.right && span.kept()) {
        const uint32_t effect = tree_.before(place).kept;
        tree_.extend(place, count);
        return effect;
      }
    }
  }
  const uint32_t effect = tree_.before(place).kept;
  tree_.insert(place, made);
  return effect;
}

// ---- removals

// `size` characters from the place on, all in one span, removed by `first` and those after it in that direction.
void Tracker::take(SpanTree::Place place, uint32_t size, Lv first, int32_t step) {
  place = tree_.isolate(place, size);
  const Span span = tree_.span(place);
  const auto reach = static_cast<int32_t>(size) - 1;
  targets_.append(size, {step > 0 ? span.id : span.last(), step});
  if (span.kept()) {
    pieces_.push_back({tree_.before(place).kept, size, 0, 1});
    tree_.set(place, span.state + 1, step > 0 ? first : first + static_cast<Lv>(reach), step);
  } else {
    const Lv remover = step > 0 ? span.remover : span.remover + static_cast<Lv>(span.step * reach);
    pieces_.push_back({0, size, remover, span.step * step});
    tree_.set(place, span.state + 1, span.remover, span.step);
  }
}

void Tracker::remove_forwards(Lv first, uint32_t at, uint32_t count) {
  while (count > 0 && at < tree_.total().there) {
    const auto place = tree_.of_there(at);
    const uint32_t here = std::min(count, tree_.span(place).size - place.offset);
    take(place, here, first, +1);
    first += here;
    count -= here;
  }
  if (count > 0) targets_.append(count, {});
}

void Tracker::remove_backwards(const Run& run) {
  uint32_t left = run.size;
  for (Lv first = run.first; left > 0;) {
    const uint32_t at = run.at - std::min(run.at, first - run.first);
    if (at >= tree_.total().there) break;
    auto place = tree_.of_there(at);
    const uint32_t here = std::min(left, place.offset + 1);
    place.offset -= here - 1;
    take(place, here, first, -1);
    first += here;
    left -= here;
  }
  if (left > 0) targets_.append(left, {});
}

const std::vector<Tracker::Piece>& Tracker::remove(Lv first, uint32_t at, uint32_t count) {
  pieces_.clear();
  remove_forwards(first, at, count);
  return pieces_;
}

Tracker::Where Tracker::where(Lv event, Lv last) const {
  const auto found = targets_.find(event);
  Where out;
  out.size = last - event + 1;
  Lv id = event;
  if (graph_.run(event, event).shape != Shape::insert) {
    out.size = std::min(out.size, found.size);
    out.step = found.value.step;
    id = found.value.id;
    if (id == 0) return out;  // a removal beyond the end, in a damaged file
  }
  const auto place = tree_.of(id);
  const Span& span = tree_.span(place);
  const uint32_t in_span = out.step > 0 ? span.size - place.offset : place.offset + 1;
  out.size = std::min(out.size, in_span);
  const Counts before = tree_.before(place);
  out.at = before.kept;
  out.kept = span.kept();
  out.rank = before.all;
  return out;
}

// ---- events that the graph has

void Tracker::replay_run(const Run& run) {
  pieces_.clear();
  switch (run.shape) {
    case Shape::insert: insert(run.first, run.at, run.size); break;
    case Shape::remove: remove_forwards(run.first, run.at, run.size); break;
    case Shape::remove_back: remove_backwards(run); break;
    case Shape::mark: targets_.append(run.size, {}); break;
  }
}

void Tracker::replay(Lv last) {
  while (told_ < last) {
    const uint32_t index = graph_.transactions_at(told_ + 1);
    const Lv first = graph_.transactions()[index].first;
    const Lv end = std::min(graph_.end_of(index), last + 1);
    if (told_ + 1 == first) {
      const auto parents = graph_.parents_of(index);
      move_to(Frontier(parents.begin(), parents.end()));
    }
    for (Lv at = told_ + 1; at < end;) {
      const Run run = graph_.run(at, end - 1);
      replay_run(run);
      at += run.size;
    }
    took_in(end - 1);
  }
}

}  // namespace satchel::merge::text

#include "core/merge/text/span_tree.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace satchel::merge::text {
namespace {

// Do the removers of the second span go on where those of the first stop? Then `step` is theirs. One character alone
// has no direction.
bool removers_join(const Span& first, const Span& second, int32_t& step) {
  step = first.step;
  if (first.kept() || second.kept()) return first.kept() && second.kept();
  if (first.size == 1) step = second.size == 1 ? static_cast<int32_t>(second.remover - first.remover) : second.step;
  if (step != 1 && step != -1) return false;
  if (second.size > 1 && second.step != step) return false;
  return second.remover == first.remover + static_cast<Lv>(step * static_cast<int32_t>(first.size));
}

bool joins(const Span& first, const Span& second, int32_t& step) {
  return second.id == first.id + first.size && second.left == first.last() && second.right == first.right &&
         second.state == first.state && removers_join(first, second, step);
}

}  // namespace

SpanTree::SpanTree(Lv first, uint32_t old) : end_(first), leaf_of_new_(first), leaf_of_old_(first_old) {
  reserve_more(leaves_, 1);
  leaves_.emplace_back();
  if (old == 0) return;
  Span span;
  span.id = first_old;
  span.size = old;
  span.state = 1;
  insert_whole(front(), span);
}

// ---- finding

bool SpanTree::at_end(const Place& place) const {
  if (place.leaf == none) return true;
  return place.index >= leaves_[place.leaf].used && leaves_[place.leaf].next == none;
}

SpanTree::Place SpanTree::next(const Place& place) const {
  const Leaf& leaf = leaves_[place.leaf];
  if (place.index + 1 < leaf.used || leaf.next == none) return {place.leaf, place.index + 1, 0};
  return {leaf.next, 0, 0};
}

uint32_t SpanTree::descend_there(uint32_t& number) const {
  uint32_t node = root_;
  if (root_is_leaf_) return node;
  for (;;) {
    const Inner& inner = inners_[node];
    uint32_t child = 0;
    while (child + 1 < inner.used && number >= inner.counts[child].there) number -= inner.counts[child++].there;
    node = inner.children[child];
    if (inner.above_leaves) return node;
  }
}

SpanTree::Place SpanTree::of_there(uint32_t number) const {
  const uint32_t at = descend_there(number);
  const Leaf& leaf = leaves_[at];
  for (uint32_t index = 0; index < leaf.used; ++index) {
    const Span& span = leaf.spans[index];
    if (!span.there()) continue;
    if (number < span.size) return {at, index, number};
    number -= span.size;
  }
  check_failed("the character is there", __FILE__, __LINE__);
}

SpanTree::Place SpanTree::behind_there(uint32_t count) const {
  Place place = of_there(count - 1);
  ++place.offset;
  return place;
}

SpanTree::Place SpanTree::of(Lv id) const {
  const uint32_t at = (id >= first_old ? leaf_of_old_ : leaf_of_new_).find(id).value.leaf;
  const Leaf& leaf = leaves_[at];
  for (uint32_t index = 0; index < leaf.used; ++index) {
    const Span& span = leaf.spans[index];
    if (id >= span.id && id - span.id < span.size) return {at, index, id - span.id};
  }
  check_failed("the character is in its leaf", __FILE__, __LINE__);
}

uint32_t SpanTree::child_index(const Inner& inner, uint32_t child) const {
  uint32_t index = 0;
  while (inner.children[index] != child) ++index;
  return index;
}

Counts SpanTree::before(const Place& place) const {
  const Leaf& leaf = leaves_[place.leaf];
  Counts sum;
  for (uint32_t index = 0; index < place.index; ++index) sum += counts(leaf.spans[index]);
  if (place.offset > 0) {
    Span part = leaf.spans[place.index];
    part.size = place.offset;
    sum += counts(part);
  }
  for (uint32_t child = place.leaf, up = leaf.parent; up != none; child = up, up = inners_[up].parent) {
    const Inner& inner = inners_[up];
    for (uint32_t index = 0; inner.children[index] != child; ++index) sum += inner.counts[index];
  }
  return sum;
}

// ---- changing

void SpanTree::add(uint32_t leaf, const Counts& gain) {
  total_ += gain;
  for (uint32_t child = leaf, up = leaves_[leaf].parent; up != none; child = up, up = inners_[up].parent) {
    Inner& inner = inners_[up];
    inner.counts[child_index(inner, child)] += gain;
  }
}

void SpanTree::note_leaf(Lv id, uint32_t size, uint32_t leaf) {
  if (id >= first_old) {
    if (spans_ == 0) return leaf_of_old_.append(size, {leaf});
    return leaf_of_old_.assign(id, size, {leaf});
  }
  if (id < end_) return leaf_of_new_.assign(id, size, {leaf});
  if (id > end_) leaf_of_new_.append(id - end_, {none});
  leaf_of_new_.append(size, {leaf});
  end_ = id + size;
}

uint32_t SpanTree::split_inner(uint32_t at) {
  const auto made = static_cast<uint32_t>(inners_.size());
  inners_.emplace_back();
  Inner &inner = inners_[at], &right = inners_[made];
  right.above_leaves = inner.above_leaves;
  right.used = inner.used / 2;
  inner.used -= right.used;
  Counts moved;
  for (uint32_t i = 0; i < right.used; ++i) {
    right.children[i] = inner.children[inner.used + i];
    right.counts[i] = inner.counts[inner.used + i];
    moved += right.counts[i];
    (right.above_leaves ? leaves_[right.children[i]].parent : inners_[right.children[i]].parent) = made;
  }
  put_beside(inner.parent, at, made, moved, false);
  return made;
}

// `made` took `moved` out of `child`, and goes right behind it.
void SpanTree::put_beside(uint32_t parent, uint32_t child, uint32_t made, const Counts& moved, bool leaves) {
  if (parent == none) {
    parent = static_cast<uint32_t>(inners_.size());
    Inner& top = inners_.emplace_back();
    top.above_leaves = leaves;
    top.used = 1;
    top.children[0] = child;
    top.counts[0] = total_;
    (leaves ? leaves_[child].parent : inners_[child].parent) = parent;
    root_ = parent;
    root_is_leaf_ = false;
  } else if (inners_[parent].used == fan_out) {
    const uint32_t right = split_inner(parent);
    const Inner& half = inners_[right];
    if (std::find(half.children, half.children + half.used, child) != half.children + half.used) parent = right;
  }
  Inner& inner = inners_[parent];
  const uint32_t index = child_index(inner, child);
  std::copy_backward(inner.children + index + 1, inner.children + inner.used, inner.children + inner.used + 1);
  std::copy_backward(inner.counts + index + 1, inner.counts + inner.used, inner.counts + inner.used + 1);
  ++inner.used;
  inner.children[index + 1] = made;
  inner.counts[index] = inner.counts[index] - moved;
  inner.counts[index + 1] = moved;
  (leaves ? leaves_[made].parent : inners_[made].parent) = parent;
}

// Room for one more span in the leaf; the place may move to a new one.
SpanTree::Place SpanTree::make_room(Place place) {
  if (leaves_[place.leaf].used < leaf_size) return place;
  const auto made = static_cast<uint32_t>(leaves_.size());
  reserve_more(leaves_, 1);
  leaves_.emplace_back();
  Leaf &leaf = leaves_[place.leaf], &right = leaves_[made];
  // Growing at the end leaves full leaves behind.
  const uint32_t stays = leaf.next == none && place.index + 1 >= leaf.used ? leaf_size - 2 : leaf_size / 2;
  right.used = leaf.used - stays;
  std::copy(leaf.spans + stays, leaf.spans + leaf.used, right.spans);
  leaf.used = stays;
  right.next = leaf.next;
  leaf.next = made;
  Counts moved;
  for (uint32_t i = 0; i < right.used; ++i) {
    moved += counts(right.spans[i]);
    note_leaf(right.spans[i].id, right.spans[i].size, made);
  }
  put_beside(leaf.parent, place.leaf, made, moved, true);
  if (place.index > stays || (place.index == stays && place.offset > 0)) return {made, place.index - stays, place.offset};
  return place;
}

// Cuts the span at the place, inside it; returns the second half's beginning.
SpanTree::Place SpanTree::split(Place place) {
  place = make_room(place);
  Leaf& leaf = leaves_[place.leaf];
  Span* const at = leaf.spans + place.index;
  std::copy_backward(at, leaf.spans + leaf.used, leaf.spans + leaf.used + 1);
  ++leaf.used;
  ++spans_;
  Span& second = at[1];
  at->size = place.offset;
  second.id += place.offset;
  second.size -= place.offset;
  second.left = second.id - 1;
  if (!second.kept()) second.remover += static_cast<Lv>(second.step * static_cast<int32_t>(place.offset));
  return {place.leaf, place.index + 1, 0};
}

SpanTree::Place SpanTree::insert_whole(Place place, const Span& made) {
  place = make_room(place);
  Leaf& leaf = leaves_[place.leaf];
  std::copy_backward(leaf.spans + place.index, leaf.spans + leaf.used, leaf.spans + leaf.used + 1);
  leaf.spans[place.index] = made;
  ++leaf.used;
  note_leaf(made.id, made.size, place.leaf);
  ++spans_;
  add(place.leaf, counts(made));
  return place;
}

SpanTree::Place SpanTree::insert(Place place, const Span& made) {
  if (place.index < leaves_[place.leaf].used && place.offset > 0) {
    if (place.offset == span(place).size) {
      place = {place.leaf, place.index + 1, 0};
    } else {
      place = split(place);
    }
  }
  return insert_whole(place, made);
}

SpanTree::Place SpanTree::isolate(Place place, uint32_t most) {
  if (place.offset > 0) place = split(place);
  if (span(place).size <= most) return place;
  const uint32_t leaf = place.leaf;
  const Place second = split({place.leaf, place.index, most});
  if (second.index > 0) return {second.leaf, second.index - 1, 0};
  return {leaf, leaves_[leaf].used - 1, 0};
}

// Joins the span with the one behind it in the same leaf, if that goes on alike.
void SpanTree::join_next(uint32_t at, uint32_t index) {
  Leaf& leaf = leaves_[at];
  if (index + 1 >= leaf.used) return;
  int32_t step = 1;
  if (!joins(leaf.spans[index], leaf.spans[index + 1], step)) return;
  leaf.spans[index].size += leaf.spans[index + 1].size;
  leaf.spans[index].step = step;
  std::copy(leaf.spans + index + 2, leaf.spans + leaf.used, leaf.spans + index + 1);
  --leaf.used;
  --spans_;
}

void SpanTree::set(const Place& place, uint32_t state, Lv remover, int32_t step) {
  Span& span = leaves_[place.leaf].spans[place.index];
  const Counts before = counts(span);
  span.state = state;
  span.remover = remover;
  span.step = step;
  add(place.leaf, counts(span) - before);
  join_next(place.leaf, place.index);
  if (place.index > 0) join_next(place.leaf, place.index - 1);
}

void SpanTree::extend(const Place& place, uint32_t size) {
  Span& span = leaves_[place.leaf].spans[place.index];
  const Counts before = counts(span);
  note_leaf(span.id + span.size, size, place.leaf);
  span.size += size;
  add(place.leaf, counts(span) - before);
}

}  // namespace satchel::merge::text

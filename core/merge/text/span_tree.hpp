// The sequence of a tracker: spans of characters in document order, in a B-tree that counts three ways. Finding a
// place by count, finding a character by its id and changing its state take logarithmic time; nothing is ever removed.
#pragma once

#include <cstdint>
#include <vector>

#include "core/merge/text/graph.hpp"
#include "core/merge/text/range_map.hpp"

namespace satchel::merge::text {

// Ids of characters: the Lv of their insertion, or, of the text that was there before the tracker began, from
// `first_old` on. `no_right`: the end of the text.
inline constexpr Lv first_old = 1u << 31;
inline constexpr Lv no_right = UINT32_MAX;

// Consecutive ids side by side, with equal state.
struct Span {
  Lv id = 0;           // of the first
  uint32_t size = 0;
  Lv left = beginning; // left origin of the first; each other has the one before it
  Lv right = no_right; // right origin of all
  Lv remover = 0;      // who removed the first one, of those known now; 0: the text has them still
  uint32_t state = 0;  // prepare version: 0 not yet inserted, 1 there, n removed by n-1
  int32_t step = 1;    // the removers of the others: each so much further

  bool there() const { return state == 1; }
  bool kept() const { return remover == 0; }
  Lv last() const { return id + size - 1; }
};

struct Counts {
  uint32_t all = 0, there = 0, kept = 0;
  Counts& operator+=(const Counts& other) {
    all += other.all, there += other.there, kept += other.kept;
    return *this;
  }
  Counts operator-(const Counts& other) const { return {all - other.all, there - other.there, kept - other.kept}; }
};
inline Counts counts(const Span& span) {
  return {span.size, span.there() ? span.size : 0, span.kept() ? span.size : 0};
}

class SpanTree {
 public:
  // Begins with one span of `old` characters that everybody has, or empty. New characters have ids from `first` on.
  SpanTree(Lv first, uint32_t old);

  // A span and a character in it, or its end. Valid until the tree changes, except as each call says.
  struct Place {
    uint32_t leaf = 0, index = 0, offset = 0;
  };
  const Span& span(const Place& place) const { return leaves_[place.leaf].spans[place.index]; }

  const Counts& total() const { return total_; }
  Place front() const { return {0, 0, 0}; }
  bool at_end(const Place& place) const;       // behind the last span
  Place next(const Place& place) const;        // the following span's beginning
  Place behind_there(uint32_t count) const;    // right behind character number `count` > 0 of those that are there
  Place of_there(uint32_t number) const;       // character `number`, from 0, of those that are there
  Place of(Lv id) const;
  Counts before(const Place& place) const;     // of all characters before it

  // Puts a span in at a place, splitting the one there, and returns where it is.
  Place insert(Place place, const Span& made);
  // Cuts the span so that `place` begins one and it has at most `most` characters. Returns where it is now.
  Place isolate(Place place, uint32_t most);
  // Of the whole span at the place (isolate it first), then joins it with equal neighbours; ends the place's validity.
  void set(const Place& place, uint32_t state, Lv remover, int32_t step);
  // One more character behind the last of the span: the one whose id follows.
  void extend(const Place& place, uint32_t size);

  size_t spans() const { return spans_; }

 private:
  static constexpr uint32_t leaf_size = 24, fan_out = 16;
  static constexpr uint32_t none = UINT32_MAX;
  struct Leaf {
    uint32_t used = 0, parent = none, next = none;
    Span spans[leaf_size];
  };
  struct Inner {
    uint32_t used = 0, parent = none;
    bool above_leaves = true;
    uint32_t children[fan_out];
    Counts counts[fan_out];
  };
  struct LeafOf {
    uint32_t leaf = 0;
    LeafOf after(uint32_t) const { return *this; }
    bool operator==(const LeafOf&) const = default;
  };

  uint32_t descend_there(uint32_t& number) const;
  uint32_t child_index(const Inner& inner, uint32_t child) const;
  void add(uint32_t leaf, const Counts& gain);
  Place split(Place place);
  Place insert_whole(Place place, const Span& made);
  Place make_room(Place place);
  void put_beside(uint32_t parent, uint32_t child, uint32_t made, const Counts& moved, bool leaves);
  uint32_t split_inner(uint32_t inner);
  void note_leaf(Lv id, uint32_t size, uint32_t leaf);
  void join_next(uint32_t leaf, uint32_t index);

  std::vector<Leaf> leaves_;
  std::vector<Inner> inners_;
  uint32_t root_ = 0;
  bool root_is_leaf_ = true;
  size_t spans_ = 0;
  Counts total_;
  Lv end_;  // ids of new characters below this are in the map
  RangeMap<LeafOf> leaf_of_new_;
  RangeMap<LeafOf> leaf_of_old_;
};

}  // namespace satchel::merge::text

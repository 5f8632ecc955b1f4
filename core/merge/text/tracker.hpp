// Where a position of an older version lies in the text of today: the part of Eg-walker that is built only when people
// wrote at the same time, and thrown away after.
//
// The tracker knows each character of the events since `base` in two states. Prepare version: a version that it moves
// to before an event, so that the event's positions mean what their writer saw. Effect version: everything that it was
// ever told. Retreat takes events out of the prepare version, advance puts them back; the effect version only grows.
//
// Concurrent insertions at one place are ordered by FugueMax (Weidner and Kleppmann, "The Art of the Fugue", 2023),
// docs/MERGE.md says why.
#pragma once

#include <vector>

#include "core/merge/text/graph.hpp"
#include "core/merge/text/span_tree.hpp"

namespace satchel::merge::text {

class Tracker {
 public:
  // At version `base`, before or at which every event up to that number is and after which every later one comes
  // (Graph::common). What the text was then is not needed. The graph outlives the tracker.
  Tracker(const Graph& graph, Lv base);

  Lv base() const { return base_; }
  size_t spans() const { return tree_.spans(); }

  // Makes `version` the prepare version. False when it does not include the base: then a new tracker has to be built.
  bool move_to(const Frontier& version);
  // What the prepare version has more than the effect version, in characters.
  int64_t surplus() const { return static_cast<int64_t>(tree_.total().there) - tree_.total().kept; }

  // Takes in events of the graph that it was not told, up to `last`. Positions that the version does not have (a
  // damaged file) are cut to it.
  void replay(Lv last);

  // Takes in new events, before the graph gets them: their first is Graph::last() + 1.
  // The place in the effect version where the characters go.
  uint32_t insert(Lv first, uint32_t at, uint32_t count);
  // Characters that were taken, in the order of the events: `size` at one place in the effect version (where the
  // pieces before it are gone already), or, when somebody else took them before, by that event and the ones after it.
  struct Piece {
    uint32_t at = 0, size = 0;
    Lv remover = 0;   // 0: the text had them
    int32_t step = 1;
  };
  const std::vector<Piece>& remove(Lv first, uint32_t at, uint32_t count);
  // The transaction ended with this event: the prepare version is what it left.
  void took_in(Lv last);

  // ---- the sequence, for reading an older version and for telling what was touched
  // The characters that an event, and as many after it as `size` says, put in or took, side by side: where they stand in
  // the effect version, or the gap where they stood. `rank`: the first one's place among all characters; each other's
  // is a `step` further.
  struct Where {
    uint32_t at = 0, size = 0;
    bool kept = false;
    int64_t rank = 0;
    int32_t step = 1;
  };
  Where where(Lv event, Lv last) const;  // both in one run of the graph

  // Calls visit(span) for each stretch of characters in document order.
  template <class Visit>
  void each(Visit&& visit) const {
    for (auto place = tree_.front(); !tree_.at_end(place); place = tree_.next(place)) visit(tree_.span(place));
  }

 private:
  // The character that a removal took; 0: none.
  struct Target {
    Lv id = 0;
    int32_t step = 1;
    Target after(uint32_t steps) const {
      return id == 0 ? *this : Target{id + static_cast<Lv>(step * static_cast<int32_t>(steps)), step};
    }
    bool operator==(const Target&) const = default;
  };

  void move(const std::vector<LvRange>& ranges, int change);
  void change_state(Lv id, uint32_t size, int change);
  SpanTree::Place integrate(SpanTree::Place place, Lv made, Lv left, Lv right) const;
  int64_t rank(Lv id) const;
  void replay_run(const Run& run);
  void remove_forwards(Lv first, uint32_t at, uint32_t count);
  void remove_backwards(const Run& run);
  void take(SpanTree::Place place, uint32_t size, Lv first, int32_t step);

  const Graph& graph_;
  Lv base_, told_;
  Frontier version_;
  SpanTree tree_;
  RangeMap<Target> targets_;
  std::vector<Piece> pieces_;
  Graph::Difference difference_;
};

}  // namespace satchel::merge::text

// Values of consecutive numbers, kept once per stretch of equal ones: a sorted list in chunks, so that changing one
// place does not move everything behind it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace satchel::merge::text {

// Value says how it continues: `Value after(uint32_t steps) const` is the value that many numbers later in the same
// stretch, and stretches join where that equals.
template <class Value>
class RangeMap {
 public:
  struct Found {
    Value value;
    uint32_t size;  // how many numbers from the one asked for go on in the same stretch
  };

  explicit RangeMap(uint32_t first) : end_(first) {}

  uint32_t end() const { return end_; }  // the number that comes next

  // Adds the next `size` numbers.
  void append(uint32_t size, const Value& value) {
    if (chunks_.empty()) chunks_.emplace_back();
    auto& items = chunks_.back();
    if (items.empty() || !(items.back().value.after(end_ - items.back().first) == value)) {
      if (items.size() == most) chunks_.emplace_back();
      chunks_.back().push_back({end_, value});
    }
    end_ += size;
  }

  // The number must be there.
  Found find(uint32_t number) const {
    const Place place = place_of(number);
    const Item& item = chunks_[place.chunk][place.item];
    return {item.value.after(number - item.first), end_of(place) - number};
  }

  // Gives `size` numbers from `first`, all there, another value.
  void assign(uint32_t first, uint32_t size, const Value& value) {
    split(first);
    if (first + size < end_) split(first + size);
    Place place = place_of(first);
    chunks_[place.chunk][place.item].value = value;
    uint32_t left = size - (end_of(place) - first);
    while (left > 0) {  // the stretches behind the first one go into it
      Place next{place.chunk, place.item + 1};
      if (next.item == chunks_[next.chunk].size()) next = {place.chunk + 1, 0};
      left -= end_of(next) - chunks_[next.chunk][next.item].first;
      remove(next);
    }
    join(place);
  }

 private:
  static constexpr size_t most = 256;
  struct Item {
    uint32_t first;
    Value value;
  };
  struct Place {
    size_t chunk, item;
  };
  using Chunk = std::vector<Item>;

  Place place_of(uint32_t number) const {
    const auto behind = std::upper_bound(chunks_.begin(), chunks_.end(), number, [](uint32_t wanted, const Chunk& chunk) {
      return wanted < chunk.front().first;
    });
    const auto chunk = static_cast<size_t>(behind - chunks_.begin()) - 1;
    const auto& items = chunks_[chunk];
    const auto item = std::upper_bound(items.begin(), items.end(), number,
                                       [](uint32_t wanted, const Item& each) { return wanted < each.first; });
    return {chunk, static_cast<size_t>(item - items.begin()) - 1};
  }
  uint32_t end_of(Place place) const {
    const auto& items = chunks_[place.chunk];
    if (place.item + 1 < items.size()) return items[place.item + 1].first;
    return place.chunk + 1 < chunks_.size() ? chunks_[place.chunk + 1].front().first : end_;
  }
  void split(uint32_t number) {
    const Place place = place_of(number);
    Chunk& items = chunks_[place.chunk];
    const Item item = items[place.item];
    if (item.first == number) return;
    items.insert(items.begin() + static_cast<ptrdiff_t>(place.item) + 1, {number, item.value.after(number - item.first)});
    if (items.size() <= most) return;
    Chunk half(items.begin() + most / 2, items.end());
    items.resize(most / 2);
    chunks_.insert(chunks_.begin() + static_cast<ptrdiff_t>(place.chunk) + 1, std::move(half));
  }
  void remove(Place place) {
    Chunk& items = chunks_[place.chunk];
    items.erase(items.begin() + static_cast<ptrdiff_t>(place.item));
    if (items.empty()) chunks_.erase(chunks_.begin() + static_cast<ptrdiff_t>(place.chunk));
  }
  // With the neighbours in the same chunk, where they go on alike.
  void join(Place place) {
    join_before(place.chunk, place.item + 1);
    join_before(place.chunk, place.item);
  }
  void join_before(size_t chunk, size_t item) {
    Chunk& items = chunks_[chunk];
    if (item == 0 || item >= items.size()) return;
    const Item& before = items[item - 1];
    if (before.value.after(items[item].first - before.first) == items[item].value) {
      items.erase(items.begin() + static_cast<ptrdiff_t>(item));
    }
  }

  std::vector<Chunk> chunks_;
  uint32_t end_;
};

}  // namespace satchel::merge::text

#include "core/merge/list.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/check.hpp"
#include "core/merge/kinds.hpp"
#include "core/model/limits.hpp"
#include "proto/codec.hpp"

namespace satchel::merge {
namespace {

constexpr std::string_view digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";  // ascending in ASCII
constexpr int base = 62;
constexpr size_t random_digits = 5;  // with the digit in front of them: 900 million places in a gap

int digit_at(std::string_view place, size_t at) {
  return at < place.size() ? static_cast<int>(digits.find(place[at])) : 0;
}

// The element's own place; empty where nobody gave it one that can be read (another app's mistake): such stand last.
std::string place_of(const Element& element) {
  for (const FieldState& part : element.parts) {
    if (part.name != model::place_part) continue;
    const Resolved resolved = resolve(part, nullptr);
    if (resolved.standing.empty()) return {};
    const auto value = proto::decode_value(resolved.standing.front()->value);
    const auto* place = value.ok() ? std::get_if<std::string>(&*value) : nullptr;
    return place != nullptr && is_place(*place) ? *place : std::string();
  }
  return {};
}

bool stands_before(const Placed& a, const Placed& b) {
  if (a.place.empty() != b.place.empty()) return b.place.empty();
  return std::tie(a.place, a.element) < std::tie(b.place, b.element);
}

// Of the wanted order, the most elements whose places already ascend: they stay (patience sorting, O(n log n)).
std::vector<bool> longest_ascending(const std::vector<std::string>& places) {
  std::vector<size_t> tails, before(places.size(), SIZE_MAX);
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].empty()) continue;
    const auto at = std::lower_bound(tails.begin(), tails.end(), places[i],
                                     [&](size_t tail, const std::string& place) { return places[tail] < place; });
    if (at != tails.begin()) before[i] = *std::prev(at);
    if (at == tails.end()) {
      tails.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<bool> stays(places.size(), false);
  for (size_t i = tails.empty() ? SIZE_MAX : tails.back(); i != SIZE_MAX; i = before[i]) stays[i] = true;
  return stays;
}

// The places that are taken, while some elements are being put elsewhere.
class Places {
 public:
  void put(const Placed& placed) {
    place_of_[placed.element] = placed.place;
    taken_.emplace(placed.place, placed.element);
  }
  void lift(const std::string& element) {
    taken_.erase({of(element), element});
    place_of_.erase(element);
  }
  std::string of(const std::string& element) const {
    const auto at = place_of_.find(element);
    return at == place_of_.end() ? std::string() : at->second;
  }
  // Empty: nothing there. Elements without a place count as behind everything.
  std::string least_above(const std::string& place) const {
    const auto at =
        std::find_if(taken_.lower_bound({place, {}}), taken_.end(), [&](const auto& one) { return one.first > place; });
    return at == taken_.end() ? std::string() : at->first;
  }
  std::string greatest_below(const std::string& place) const {
    const auto at = place.empty() ? taken_.end() : taken_.lower_bound({place, {}});
    return at == taken_.begin() ? std::string() : std::prev(at)->first;
  }
  std::vector<std::string> in_order() const {
    std::vector<std::string> elements, unplaced;
    for (const auto& [place, element] : taken_) (place.empty() ? unplaced : elements).push_back(element);
    elements.insert(elements.end(), unplaced.begin(), unplaced.end());
    return elements;
  }

 private:
  std::map<std::string, std::string> place_of_;
  std::set<std::pair<std::string, std::string>> taken_;  // (place, element): the order of the list
};

Places places_of(const FieldState& list) {
  Places places;
  for (const Element& element : list.elements) {
    if (element.presence.present()) places.put({element.id, place_of(element)});
  }
  return places;
}

// New places for all, evenly apart: for a list that was moved about in one spot for years.
std::vector<Placed> spread(const std::vector<std::string>& elements, Random& random) {
  std::vector<Placed> placed;
  int width = 1;
  for (size_t room = base; room <= 2 * elements.size(); room *= base) ++width;
  const double all = std::pow(base, width);
  for (size_t i = 0; i < elements.size(); ++i) {
    auto number = static_cast<uint64_t>(all * static_cast<double>(i + 1) / static_cast<double>(elements.size() + 1));
    std::string place(static_cast<size_t>(width), '0');
    for (size_t at = place.size(); at-- > 0; number /= base) place[at] = digits[number % base];
    for (size_t k = 0; k < random_digits; ++k) place += digits[random.below(base)];
    if (place.back() == '0') place.back() = '1';
    placed.push_back({elements[i], std::move(place)});
  }
  return placed;
}

}  // namespace

bool is_place(std::string_view place) {
  return !place.empty() && place.size() <= model::limits::id_bytes && place.back() != '0' &&
         place.find_first_not_of(digits) == std::string_view::npos;
}

std::string place_between(std::string_view before, std::string_view behind, Random& random) {
  SATCHEL_CHECK(behind.empty() || before < behind);
  std::string made;
  bool along_behind = !behind.empty();  // so far its digits are those of `behind`, so they bound what may follow
  for (size_t at = 0;; ++at) {
    const int low = digit_at(before, at);
    const int high = along_behind ? digit_at(behind, at) : base;
    if (high - low >= 2) {
      // At an open end one step, so that places stay short while a list grows there; between two, the middle.
      const int middle = low + (high - low) / 2;
      const bool only_one = before.empty() && behind.empty();
      made += digits[static_cast<size_t>(only_one         ? middle
                                         : behind.empty() ? low + 1
                                         : before.empty() ? high - 1
                                                          : middle)];
      break;
    }
    made += digits[static_cast<size_t>(low)];
    along_behind = along_behind && low == high;
  }
  for (size_t i = 0; i < random_digits; ++i) made += digits[random.below(base)];
  if (made.back() == '0') made.back() = '1';
  return made;
}

void sort_by_place(std::vector<const Element*>& elements) {
  std::vector<std::pair<Placed, const Element*>> keyed;
  keyed.reserve(elements.size());
  for (const Element* element : elements) keyed.push_back({{element->id, place_of(*element)}, element});
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return stands_before(a.first, b.first); });
  for (size_t i = 0; i < keyed.size(); ++i) elements[i] = keyed[i].second;
}

std::vector<Placed> fewest_moves(const FieldState& list, const std::vector<std::string>& wanted,
                                 const std::set<std::string>& moved, Random& random) {
  Places now = places_of(list);
  std::vector<std::string> old;
  for (const std::string& element : wanted) old.push_back(moved.count(element) != 0 ? std::string() : now.of(element));
  const std::vector<bool> stays = longest_ascending(old);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!stays[i]) now.lift(wanted[i]);
  }
  std::vector<Placed> moves;
  std::string before;  // the place of the element in front, in the wanted order
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!stays[i]) {
      const auto next_kept = std::find(stays.begin() + static_cast<ptrdiff_t>(i), stays.end(), true);
      const std::string limit =
          next_kept == stays.end() ? std::string() : old[static_cast<size_t>(next_kept - stays.begin())];
      // Beside its neighbour: behind the one in front; the first of all, in front of the next that stays.
      const std::string left = before.empty() ? now.greatest_below(limit) : before;
      const std::string right = before.empty() ? limit : now.least_above(before);
      moves.push_back({wanted[i], place_between(left, right, random)});
      now.put(moves.back());
      before = moves.back().place;
    } else {
      before = old[i];
    }
  }
  const bool fits = std::all_of(moves.begin(), moves.end(), [](const Placed& move) { return is_place(move.place); });
  return fits ? moves : spread(now.in_order(), random);
}

}  // namespace satchel::merge

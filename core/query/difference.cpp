#include "core/query/difference.hpp"

#include <algorithm>

namespace satchel::query {
namespace {

constexpr size_t none = static_cast<size_t>(-1);

// Which of them belong to the longest run that ascends already.
std::vector<bool> longest_ascending(const std::vector<Move>& kept) {
  std::vector<size_t> ends;                      // for each length, the one of the lowest place that ends such a run
  std::vector<size_t> previous(kept.size(), none);
  for (size_t i = 0; i < kept.size(); ++i) {
    const auto at = std::lower_bound(ends.begin(), ends.end(), kept[i].to,
                                     [&](size_t end, size_t to) { return kept[end].to < to; });
    if (at != ends.begin()) previous[i] = *std::prev(at);
    if (at == ends.end()) ends.push_back(i);
    else *at = i;
  }
  std::vector<bool> in_run(kept.size(), false);
  for (size_t i = ends.empty() ? none : ends.back(); i != none; i = previous[i]) in_run[i] = true;
  return in_run;
}

}  // namespace

std::vector<Move> fewest_moves(const std::vector<Move>& kept) {
  const std::vector<bool> stays = longest_ascending(kept);
  std::vector<Move> moves;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (!stays[i]) moves.push_back(kept[i]);
  }
  return moves;
}

}  // namespace satchel::query

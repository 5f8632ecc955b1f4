#include <algorithm>

#include "tests/spec/story.hpp"

namespace satchel::spec {

std::vector<std::string> Orders::take(std::vector<std::string> tablets) {
  std::sort(tablets.begin(), tablets.end());
  size_t possible = 1;
  for (size_t i = 2; i <= tablets.size(); ++i) possible *= i;
  if (at_ == chosen_.size()) {
    chosen_.push_back(0);
    possible_.push_back(possible);
  }
  for (size_t i = 0; i < chosen_[at_]; ++i) std::next_permutation(tablets.begin(), tablets.end());
  ++at_;
  std::string names;
  for (const std::string& tablet : tablets) names += (names.empty() ? "" : " ") + tablet;
  taken_.push_back(names);
  return tablets;
}

bool Orders::next() {
  at_ = 0;
  taken_.clear();
  for (size_t i = chosen_.size(); i-- > 0;) {
    if (++chosen_[i] < possible_[i]) return true;
    chosen_[i] = 0;
  }
  return false;
}

std::string Orders::words() const {
  std::string all;
  for (const std::string& order : taken_) all += (all.empty() ? "" : ", then ") + order;
  return all.empty() ? "nobody" : all;
}

}  // namespace satchel::spec

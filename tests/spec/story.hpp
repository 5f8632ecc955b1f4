// A scenario file (README.md beside this), played on a stage. Pure interpretation: each step is one function.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/spec/stage.hpp"

namespace satchel::spec {

// In which order the tablets come to the centre, at each step "sync" of a scenario: the numbers of permutations, the
// last place counting fastest. next() goes through all of them.
class Orders {
 public:
  std::vector<std::string> take(std::vector<std::string> tablets);  // at the next step "sync"
  bool next();
  std::string words() const;

 private:
  std::vector<size_t> chosen_, possible_;
  std::vector<std::string> taken_;
  size_t at_ = 0;
};

// Plays `scenario` once. Throws Failed with the step, what was expected and what was there.
void play(const json& scenario, Orders& orders);

// "5 days", "2 hours", "1 year" in milliseconds; a minus in front is allowed.
int64_t milliseconds(const std::string& words);

}  // namespace satchel::spec

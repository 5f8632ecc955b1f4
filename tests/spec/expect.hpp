// What a scenario expects of a tablet, and the names that stand for ids in it.
#pragma once

#include <map>
#include <string>

#include "tests/spec/stage.hpp"

namespace satchel::spec {

// "$gwen" in a scenario, an id in the store.
class Names {
 public:
  bool knows(const std::string& name) const { return ids_.count(name) != 0; }
  void make(const std::string& name);  // draws an id; "" and known ones: nothing
  void learn(const std::string& name, const std::string& id);
  json in(const json& value) const;  // names to ids, wherever a text holds one
  std::string in(const std::string& text) const;
  json out(const json& value) const;  // ids to names

 private:
  std::map<std::string, std::string> ids_;
  SystemRandom random_;
};

// Each throws Failed with both sides.
void expect_equal(const std::string& what, const json& expected, const json& found);
void expect_part(const std::string& what, const std::string& expected, const std::string& found);
void check_expectation(Tablet& tablet, const json& expectation, const Names& names);

}  // namespace satchel::spec

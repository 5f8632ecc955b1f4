// One commit after another, as satchel_transact takes them, and the ids of what is new in them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "demo/caseload/dice.hpp"

namespace satchel::demo {

std::string scope_id(Dice& dice);

class Pad {
 public:
  Pad(Dice& dice, std::string scope) : dice_(dice), scope_(std::move(scope)) {}

  // The moment at which the following is written; ids carry it.
  void at(int64_t ms) { now_ = ms; }
  void open(const std::string& kind, const std::string& parent, const std::string& scope);
  // A record with its fields, in the pad's scope or in `scope`; returns its id.
  std::string create(const std::string& collection, nlohmann::json fields, const std::string& scope = {});
  void set(const std::string& collection, const std::string& record, const std::string& field, nlohmann::json value,
           const std::string& reason = {});
  void change(nlohmann::json change) { changes_.push_back(std::move(change)); }
  // Ends the commit; nothing when it is empty.
  void commit();
  std::vector<nlohmann::json> take() { return std::move(commits_); }
  size_t records() const { return records_; }

 private:
  Dice& dice_;
  const std::string scope_;
  int64_t now_ = 0;
  size_t records_ = 0;
  nlohmann::json open_ = nlohmann::json::array(), changes_ = nlohmann::json::array();
  std::vector<nlohmann::json> commits_;
};

}  // namespace satchel::demo

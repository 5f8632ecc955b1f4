// names: what the schema calls things, as each language spells them.
#pragma once

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace satchel_codegen {

// Two names of the schema that a language would spell alike; the message says which.
class NameClash : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string camel(std::string_view name);   // lone_worker_risk: loneWorkerRisk
std::string pascal(std::string_view name);  // LoneWorkerRisk
std::string upper(std::string_view name);   // LONE_WORKER_RISK
std::string snake(std::string_view name);   // lone_worker_risk; of a label with other characters too

// The names of one place (a file, a class), each taken once.
class Names {
 public:
  // `where` for the message: "person". `taken` stand there already.
  explicit Names(std::string where, std::set<std::string> taken = {});
  // Gives the spelling back; NameClash when it is another's.
  std::string take(const std::string& name, std::string spelling);

 private:
  std::string where_;
  std::map<std::string, std::string> owners_;  // of a spelling: the name in the schema
};

}  // namespace satchel_codegen

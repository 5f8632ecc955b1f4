// Invented people, plausible notes: what a link worker's tablet holds. The same number gives the same case. Nobody here
// exists; the names are drawn from two lists.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace satchel::demo {

struct InventedRecord {
  std::string collection;
  std::string name;                // to refer to it inside the case: "person", "plan"
  nlohmann::json fields;           // field -> value, as satchel_transact takes them
};

struct InventedCase {
  std::string person;              // "Gwen Okafor"
  std::vector<InventedRecord> records;
};

InventedCase invent_case(unsigned number);

// Where the real directory file is absent: services in the form that `satchel-server import` reads.
nlohmann::json invent_directory(unsigned services);

}  // namespace satchel::demo

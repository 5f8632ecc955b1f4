// Invented people, plausible notes: what a link worker's tablet holds, in the volumes of the work - about 59 records a
// case, notes of 180 words in the middle and 600 at the 95th percentile. One generator for the demo, the benches
// and the tests. Whatever it makes follows from the seed alone, ids included. Nobody here exists: names are drawn from
// lists, telephone numbers and postcodes are of ranges that nobody has.
//
// It writes as an app does: every commit is what satchel_transact takes (docs/ABI.md), and every collection that a
// worker may write in appears. What the centre writes (headers, the directory, assignments) is not made here.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace satchel::demo {

struct KnownService {
  std::string record;  // its id in the directory
  std::string name;
};

struct Surroundings {
  uint64_t seed = 1;
  std::string worker = "amira";
  std::string team;                    // scope in which cases are opened; empty: in none
  std::vector<KnownService> services;  // empty: referrals and actions name services of no directory
  unsigned contacts_most = 12;         // 1: cases that have only just begun, about 18 records each
};

struct InventedCase {
  std::string person;  // "Gwen Okafor"
  std::string scope;   // id
  // The record that the case has one of: "person", "episode", "plan", "about_me"; and the first "goal", "action", ...
  nlohmann::json first;                 // collection -> id
  std::vector<nlohmann::json> commits;  // in the order in which they were written
  size_t records = 0;                   // that the commits create, in all
};

InventedCase invent_case(const Surroundings& around, unsigned number);

// A worker's own papers, what is kept with the supervisor, and what the team knows about its services: a few hundred
// records that do not grow with the caseload. Without `supervision` (a scope that only a supervisor opens) and without
// a team those parts are left out.
struct InventedPapers {
  std::vector<nlohmann::json> commits;
  size_t records = 0;
};
InventedPapers invent_papers(const Surroundings& around, const std::string& supervision);

// What two workers write about the same thing in a case without seeing each other. With `number` the kind of it goes
// round: both say what matters most, both correct a pronoun, one closes what the other has done, and so on; each leaves
// one entry or more in the inbox.
struct Disagreement {
  nlohmann::json one, other;  // a commit each
};
Disagreement invent_disagreement(const Surroundings& around, const InventedCase& about, unsigned number);

// A directory of services in the form that `satchel-server import` reads.
nlohmann::json invent_directory(unsigned services);

}  // namespace satchel::demo

#include "demo/caseload.hpp"

#include <array>

namespace satchel::demo {
namespace {

using nlohmann::json;

constexpr std::array first_names = {"Gwen", "Tomos", "Amina", "Derek", "Sian", "Olu", "Maureen", "Piotr", "Leila", "Frank",
                                    "Nia", "Harjit", "Brenda", "Kwame", "Eluned", "Joyce", "Tariq", "Rhian", "Cyril", "Mei"};
constexpr std::array last_names = {"Okafor", "Pritchard", "Begum", "Walsh", "Llewellyn", "Kowalski", "Singh", "Marsh", "Adeyemi",
                                   "Hughes", "Khan", "Baptiste", "Turner", "Rees", "Novak", "Chan", "Ford", "Ellis", "Mbeki"};
constexpr std::array matters = {"seeing my grandchildren at the weekend", "keeping the garden going", "sleeping through the night",
                                "getting out of the flat on my own", "knowing the rent is paid", "singing again, even badly"};
constexpr std::array opened = {"Met at home, kettle on.", "Short visit, the stairs were hard today.",
                               "Talked in the kitchen; the heating was off.", "We walked to the corner and back.",
                               "Quiet at first, then talked for half an hour.", "Neighbour was in, we kept it light."};
constexpr std::array worries = {"Letters from the council are piling up unopened.", "Not sleeping well since the fall.",
                                "Misses the lunch club; the bus no longer stops there.", "The rent went up and the card was refused.",
                                "Has not phoned the sister since the funeral.", "The damp in the bedroom is back."};
constexpr std::array agreed = {"We agreed to ring the debt adviser together on Thursday.", "Will try the walking group once, with me.",
                               "I will ask the surgery about the medication review.", "Wants to think about the choir until next time.",
                               "Asked me not to leave voicemail.", "We wrote down three small steps and put them on the fridge."};
constexpr std::array needs = {"loneliness", "housing", "debt", "mobility", "sleep", "caring", "work", "food"};
constexpr std::array streets = {"Mill Lane", "Chapel Street", "Station Road", "Harbour View", "Church Row"};

template <size_t N>
const char* pick(const std::array<const char*, N>& from, unsigned number) {
  return from[number % N];
}

std::string day(unsigned number) {
  return "2026-" + std::to_string(10 + number % 2) + "-" + (number % 28 < 9 ? "0" : "") + std::to_string(1 + number % 28);
}

std::string at(unsigned number) { return day(number) + "T" + std::to_string(10 + number % 7) + ":30:00+00:00"; }

std::string note_text(unsigned number) {
  std::string text = pick(opened, number);
  for (unsigned i = 0; i < 2 + number % 4; ++i) {
    text.append(" ").append(pick(worries, number / 3 + i));
    text.append(" ").append(pick(agreed, number / 5 + 2 * i));
  }
  return text + " What matters most: " + pick(matters, number / 7) + ".";
}

}  // namespace

InventedCase invent_case(unsigned number) {
  // Two lists of coprime length: neighbours differ in both names.
  InventedCase made;
  made.person = std::string(pick(first_names, number)) + " " + pick(last_names, number);
  const auto add = [&](const char* collection, const char* name, json fields) {
    made.records.push_back({collection, name, std::move(fields)});
  };
  add("person", "person",
      {{"preferred_name", made.person}, {"gender", number % 2 == 0 ? "female" : "male"}});
  add("episode", "episode", {{"status", "referred"}, {"priority", number % 9 == 0 ? "soon" : "routine"},
                             {"review_due", day(number + 40)}});
  add("consent", "consent", {{"purpose", "||share with the surgery"}, {"decision", "given"}});
  add("plan", "plan", {{"status", "agreed"}, {"review_due", day(number + 60)}});
  add("goal", "goal", {{"words", std::string("I want ") + pick(matters, number) + "."}, {"status", "proposed"}});
  add("action", "action", {{"what", std::string("||Ask about ") + pick(needs, number)}, {"status", "planned"}});
  add("risk", "risk", {{"level", number % 11 == 0 ? "medium" : "low"}});
  for (unsigned visit = 0; visit < 2; ++visit) {
    add("encounter", visit == 0 ? "visit1" : "visit2", {{"start", at(number + visit * 9)}, {"kind", "home"}});
    add("visit_note", visit == 0 ? "note1" : "note2", {{"body", note_text(number * 2 + visit)}});
  }
  return made;
}

json invent_directory(unsigned services) {
  json all = json::array();
  for (unsigned i = 0; i < services; ++i) {
    all.push_back({{"id", "invented-" + std::to_string(i)},
                   {"name", std::string(pick(needs, i)) + " group " + std::to_string(i + 1)},
                   {"organization", {{"id", "org-" + std::to_string(i % 17)}, {"name", std::string(pick(last_names, i)) + " Trust"}}},
                   {"category", pick(needs, i)},
                   {"status", "active"},
                   {"phone", "01632 960" + std::to_string(100 + i % 900)},
                   {"address", {{"street", std::to_string(1 + i % 90) + " " + pick(streets, i)}, {"city", "Invented"}}}});
  }
  return all;
}

}  // namespace satchel::demo

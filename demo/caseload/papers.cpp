// What a tablet holds besides cases: own papers, supervision, and what the team knows of its services.
#include "demo/caseload/caseload.hpp"
#include "demo/caseload/pad.hpp"
#include "demo/caseload/words.hpp"

namespace satchel::demo {
namespace {

using nlohmann::json;

constexpr uint64_t papers_stream = 1u << 31, disagreements_stream = 3u << 30;  // no case has such a number

class PapersWriter {
 public:
  PapersWriter(const Surroundings& around, std::string supervision)
      : around_(around),
        supervision_(std::move(supervision)),
        dice_(around.seed, papers_stream),
        own_(scope_id(dice_)),
        pad_(dice_, own_) {}

  InventedPapers write() {
    pad_.at(instant_ms(0, 540));
    pad_.open("self", "", own_);
    pad_.create("my_order", {{"name", "Whom to see this week"}});
    pad_.commit();
    for (int on = 5; on < today; on += 7) week(on);
    return {pad_.take(), pad_.records()};
  }

 private:
  void week(int on) {
    pad_.at(instant_ms(on, 960));
    pad_.create("reflection", {{"on", day(on)}, {"words", sentences(dice_, 90)}});
    pad_.create("task",
                {{"title", sentence(dice_)}, {"due", day(on + 5)}, {"assignee", around_.worker}, {"status", "open"}});
    if (on % 2 == 0)
      pad_.create("cpd_record", {{"what", "Course: " + matters_words(dice_)},
                                 {"on", day(on)},
                                 {"hours", "1.5"},
                                 {"learned", sentences(dice_, 40)}});
    pad_.commit();
    if (!around_.team.empty()) team(on);
    if (!supervision_.empty() && on % 4 == 1) supervise(on);
  }

  std::string service() {
    if (around_.services.empty()) return {};
    return "service/" + around_.services[dice_.below(static_cast<unsigned>(around_.services.size()))].record;
  }

  json about_service(json fields) {
    const std::string known = service();
    if (!known.empty()) fields["service"] = known;
    return fields;
  }

  void team(int on) {
    for (int i = 0; i < 3; ++i)
      pad_.create("service_note", about_service({{"words", sentences(dice_, 25)}, {"on", day(on)}}), around_.team);
    if (on % 3 == 0)
      pad_.create("service_report",
                  about_service({{"what", "||new hours"}, {"words", sentence(dice_)}, {"on", day(on)}}), around_.team);
    if (on % 5 == 0)
      pad_.create("service_gap",
                  {{"what", need_code(dice_)}, {"where", "Invented"}, {"words", sentences(dice_, 20)}, {"on", day(on)}},
                  around_.team);
    pad_.commit();
  }

  void supervise(int on) {
    pad_.create("supervision_session",
                {{"on", day(on)}, {"agenda", {"caseload", "worries"}}, {"notes", sentences(dice_, 120)}}, supervision_);
    pad_.create("competency",
                {{"what", "||" + matters_words(dice_)}, {"reached_on", day(on)}, {"notes", sentence(dice_)}},
                supervision_);
    pad_.commit();
  }

  const Surroundings& around_;
  const std::string supervision_;
  Dice dice_;
  const std::string own_;
  Pad pad_;
};

json set_one(const json& record, const char* collection, const char* field, json value) {
  return {{"changes",
           {{{"action", "set"},
             {"collection", collection},
             {"record", record},
             {"field", field},
             {"value", std::move(value)}}}}};
}

}  // namespace

InventedPapers invent_papers(const Surroundings& around, const std::string& supervision) {
  return PapersWriter(around, supervision).write();
}

Disagreement invent_disagreement(const Surroundings& around, const InventedCase& about, unsigned number) {
  Dice dice(around.seed, disagreements_stream + number);
  const auto both = [&](const char* collection, const char* field, const std::string& one, const std::string& other) {
    const json& record = about.first.at(collection);
    return Disagreement{set_one(record, collection, field, one), set_one(record, collection, field, other)};
  };
  const std::string some = sentences(dice, 15), more = sentences(dice, 15);
  switch (number % 5) {
    case 0:
      return both("about_me", "most_important_to_me", some, more);
    case 1:
      return both("goal", "words", "I want this. " + some, "I want that. " + more);
    case 2:
      return both("person", "pronoun", "they", "xe");
    case 3:
      return both("risk", "last_reviewed", day(today - 2), day(today - 1));
    default:
      return both("plan", "status", "under_review", "waiting_for_signature");
  }
}

json invent_directory(unsigned services) {
  json all = json::array();
  for (unsigned i = 0; i < services; ++i) {
    Dice dice(2, i);
    const std::string name = service_name(dice);
    all.push_back({{"id", "invented-" + std::to_string(i)},
                   {"name", name + " " + std::to_string(i + 1)},
                   {"organization", {{"id", "org-" + std::to_string(i % 170)}, {"name", last_name(dice) + " Trust"}}},
                   {"description", sentences(dice, 250)},
                   {"category", need_code(dice)},
                   {"status", "active"},
                   {"phone", telephone(dice)},
                   {"address", {{"street", street(dice)}, {"city", "Invented"}}}});
  }
  return all;
}

}  // namespace satchel::demo

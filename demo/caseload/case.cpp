// One person's time with the service, from the referral on.
#include <algorithm>

#include "demo/caseload/caseload.hpp"
#include "demo/caseload/pad.hpp"
#include "demo/caseload/words.hpp"

namespace satchel::demo {
namespace {

using nlohmann::json;

std::string reference(const char* collection, const std::string& id) { return std::string(collection) + "/" + id; }

class CaseWriter {
 public:
  CaseWriter(const Surroundings& around, unsigned number)
      : around_(around), number_(number), dice_(around.seed, number), scope_(scope_id(dice_)), pad_(dice_, scope_) {
    contacts_ = std::min(dice_.between(6, 12), around.contacts_most);
    day_ = static_cast<int>(dice_.below(260));
    every_ = std::max(1, (today - day_ - 12) / static_cast<int>(contacts_));
  }

  InventedCase write() {
    receive();
    try_to_reach();
    for (unsigned contact = 0; contact < contacts_; ++contact) {
      day_ += contact == 0 ? static_cast<int>(dice_.between(1, 4)) : every_;
      meet(contact);
    }
    close();
    return {person_name_, scope_, first_, pad_.take(), pad_.records()};
  }

 private:
  std::string now() { return instant(day_, minute_); }

  // The time of day at which the next thing is written.
  void at_some_time() {
    minute_ = 9 * 60 + dice_.below(8 * 60);
    pad_.at(instant_ms(day_, minute_));
  }

  std::string create(const char* collection, json fields) {
    const std::string id = pad_.create(collection, std::move(fields));
    if (!first_.contains(collection)) first_[collection] = id;
    return id;
  }

  std::string person() const { return reference("person", first_.at("person")); }
  std::string episode() const { return reference("episode", first_.at("episode")); }

  json service_fields(json fields) {
    if (around_.services.empty()) {
      fields["service_name"] = service_name(dice_);
    } else {
      const auto& known = around_.services[dice_.below(static_cast<unsigned>(around_.services.size()))];
      fields["service"] = reference("service", known.record);
      fields["service_name"] = known.name;
    }
    return fields;
  }

  void receive() {
    at_some_time();
    pad_.open("case", around_.team, scope_);
    const std::string first = first_name(dice_), last = last_name(dice_);
    person_name_ = first + " " + last;
    const bool woman = dice_.one_in(2);
    json fields = {
        {"legal_name", person_name_},
        {"preferred_name", dice_.one_in(4) ? first_name(dice_) : first},
        {"date_of_birth", day(-static_cast<int>(dice_.between(22 * 365, 93 * 365)))},
        {"gender", woman ? "||woman" : "||man"},
        {"pronoun", woman ? "she" : "he"},
        {"addresses",
         {{{"lines", street(dice_)}, {"town", "Invented"}, {"postcode", postcode(dice_)}, {"use", "home"}}}},
        {"phones", {{{"number", telephone(dice_)}, {"use", "mobile"}}}},
        {"identifiers", {{{"scheme", "NHS"}, {"number", "999" + std::to_string(dice_.between(1000000, 9999999))}}}},
        {"lone_worker_risk", dice_.one_in(9) ? "medium" : "none_known"}};
    if (dice_.one_in(3))
      fields["phones"].push_back({{"number", telephone(dice_)}, {"use", "home"}, {"note", "evenings"}});
    if (dice_.one_in(3))
      fields["emails"] = {{{"address", "person" + std::to_string(dice_.below(9000)) + "@example.org"}}};
    if (dice_.one_in(5)) fields["communication_needs"] = {"local|large_print|Large print"};
    if (dice_.one_in(6)) fields["no_voicemail"] = true;
    if (dice_.one_in(25)) fields["not_to_partner"] = true;
    create("person", std::move(fields));
    create("episode", {{"person", person()},
                       {"status", "referred"},
                       {"priority", dice_.one_in(8)   ? "urgent"
                                    : dice_.one_in(4) ? "soon"
                                                      : "routine"},
                       {"review_due", day(day_ + 90)}});
    static constexpr std::array sources = {"gp|gp|GP", "pharmacy", "hospital_discharge", "fire", "housing",
                                           "vcse",     "self"};
    create("referral_in", {{"episode", episode()},
                           {"source", dice_.one_in(2) ? sources[0] : dice_.pick(sources)},
                           {"reason", sentences(dice_, 35)},
                           {"received_at", now()},
                           {"triage", "waiting"}});
    consent("||contact about the referral", around_.worker);
    pad_.commit();
  }

  void consent(const char* purpose, const std::string& recipient) {
    create("consent", {{"person", person()},
                       {"purpose", purpose},
                       {"recipient", recipient},
                       {"decision", dice_.one_in(12) ? "refused" : "given"},
                       {"decided_on", day(day_)},
                       {"how", dice_.one_in(3) ? "||on the telephone" : "||face to face"}});
  }

  void try_to_reach() {
    for (unsigned tries = dice_.between(1, 2); tries > 0; --tries) {
      day_ += static_cast<int>(dice_.between(1, 3));
      at_some_time();
      create("attempt", {{"referral_in", reference("referral_in", first_.at("referral_in"))},
                         {"at", now()},
                         {"by", dice_.one_in(4) ? "letter" : "phone"},
                         {"reached", tries == 1},
                         {"words", sentence(dice_)}});
      if (tries == 1) pad_.set("referral_in", first_.at("referral_in"), "triage", "accepted");
      if (tries == 1) pad_.set("episode", first_.at("episode"), "status", "triaged");
      pad_.commit();
    }
  }

  void meet(unsigned contact) {
    at_some_time();
    static constexpr std::array kinds = {"home", "phone", "home", "video", "clinic", "phone", "group"};
    const bool nobody = contact > 0 && dice_.one_in(12);
    json fields = {{"episode", episode()},
                   {"start", now()},
                   {"end", instant(day_, minute_ + dice_.between(15, 59))},
                   {"kind", contact == 0 ? kinds[0] : dice_.pick(kinds)},
                   {"outcome", nobody ? "no_reply" : "happened"}};
    if (!nobody) fields["present"] = dice_.one_in(4) ? json{person_name_, first_name(dice_)} : json{person_name_};
    const std::string encounter = create("encounter", std::move(fields));
    json words = {{"encounter", reference("encounter", encounter)},
                  {"body", nobody ? "No answer. " + sentence(dice_) : note(dice_)}};
    if (dice_.one_in(30)) words["hidden_from_person"] = true;
    create("visit_note", std::move(words));
    if (contact == 0) pad_.set("episode", first_.at("episode"), "status", "active");
    pad_.commit();
    if (contact == 0) learn();
    if (contact == 1) plan();
    if (contact > 1 && !nobody) follow_up(contact);
    pad_.commit();
  }

  // What the first visit brings to light.
  void learn() {
    create("about_me", {{"person", person()},
                        {"most_important_to_me", "What matters most: " + matters_words(dice_) + "."},
                        {"people_important_to_me", first_name(dice_) + ", and the neighbours."},
                        {"how_i_communicate", sentence(dice_)},
                        {"please_do_dont", sentences(dice_, 20)},
                        {"how_to_support_me", sentences(dice_, 25)},
                        {"supported_by", around_.worker}});
    for (unsigned i = dice_.between(2, 4); i > 0; --i)
      create("need", {{"person", person()}, {"what", need_code(dice_)}, {"status", "raised"}});
    for (unsigned i = dice_.between(1, 3); i > 0; --i)
      create("strength", {{"person", person()}, {"what", "||" + matters_words(dice_)}, {"status", "there"}});
    for (unsigned i = dice_.between(1, 3); i > 0; --i) consent("||share with a service", service_name(dice_));
    for (unsigned i = dice_.between(1, 2); i > 0; --i)
      create("risk", {{"person", person()},
                      {"what", i == 1 ? "||falls" : "||self-neglect"},
                      {"level", dice_.one_in(12)  ? "high"
                                : dice_.one_in(4) ? "medium"
                                                  : "low"},
                      {"last_reviewed", day(day_)}});
    if (dice_.one_in(2)) create("contingency_plan", {{"person", person()}, {"words", sentences(dice_, 40)}});
    measure("1");
    if (dice_.one_in(12)) restricted();
  }

  // The part of the case that only named people may see.
  void restricted() {
    pad_.commit();
    const std::string inner = scope_id(dice_);
    pad_.open("case-restricted", scope_, inner);
    const bool safeguarding = dice_.one_in(3);
    const char* collection = safeguarding ? "safeguarding" : "concern";
    json fields = {{"indicator", dice_.one_in(3) ? "concern" : "watch"}, {"hidden_from_person", true}};
    if (safeguarding) {
      fields["about_whom"] = first_name(dice_);
      fields["plan"] = sentences(dice_, 40);
    } else {
      fields["what"] = "||money taken by somebody else";
    }
    const std::string subject = pad_.create(collection, std::move(fields), inner);
    for (unsigned i = dice_.between(2, 4); i > 0; --i)
      pad_.create("concern_event",
                  {{"subject", reference(collection, subject)},
                   {"at", now()},
                   {"words", sentences(dice_, 30)},
                   {"told", {"supervisor", first_name(dice_)}}},
                  inner);
  }

  void measure(const char* wave) {
    json answers = json::array();
    static constexpr std::array questions = {"satisfied", "worthwhile", "happy", "anxious"};
    for (const char* question : questions)
      answers.push_back({{"question", question}, {"score", std::to_string(dice_.below(11))}});
    create("outcome_measure", {{"episode", episode()},
                               {"instrument", "ONS4"},
                               {"version", wave},
                               {"taken_at", now()},
                               {"answers", std::move(answers)}});
  }

  void plan() {
    json order = json::array();
    const std::string made =
        create("plan", {{"episode", episode()}, {"status", "agreed"}, {"review_due", day(day_ + 60)}});
    for (unsigned i = dice_.between(2, 4); i > 0; --i) {
      const std::string goal = create("goal", {{"plan", reference("plan", made)},
                                               {"words", goal_words(dice_)},
                                               {"domains", {need_code(dice_)}},
                                               {"status", "active"}});
      order.push_back(reference("goal", goal));
      if (!dice_.one_in(6))
        create("rating", {{"subject", reference("goal", goal)},
                          {"measure", "importance"},
                          {"score", std::to_string(dice_.between(4, 10))},
                          {"at", now()}});
      for (unsigned steps = dice_.below(3); steps > 0; --steps)
        create("stage_goal", {{"goal", reference("goal", goal)}, {"words", sentence(dice_)}, {"status", "proposed"}});
      for (unsigned actions = dice_.between(1, 2); actions > 0; --actions) action(goal);
    }
    pad_.commit();
    pad_.change({{"action", "set"},
                 {"collection", "plan"},
                 {"record", made},
                 {"field", "review_due"},
                 {"value", day(day_ + 56)}});
    for (const auto& goal : order)
      pad_.change(
          {{"action", "add"}, {"collection", "plan"}, {"record", made}, {"field", "goal_order"}, {"value", goal}});
  }

  void action(const std::string& goal) {
    json fields = {{"goal", reference("goal", goal)},
                   {"what", "||" + sentence(dice_)},
                   {"who", dice_.one_in(3) ? person_name_ : around_.worker},
                   {"when", day(day_ + static_cast<int>(dice_.between(3, 40)))},
                   {"status", "planned"}};
    if (dice_.one_in(3)) fields = service_fields(std::move(fields));
    if (dice_.one_in(3)) fields["strategies"] = sentences(dice_, 30);
    actions_.push_back(create("action", std::move(fields)));
  }

  // What else a contact leaves behind.
  void follow_up(unsigned contact) {
    const std::string goal = first_.at("goal");
    if (actions_.size() > 1 && dice_.one_in(2)) {  // the first one stays planned
      pad_.set("action", actions_.back(), "status", dice_.one_in(6) ? "refused" : "done");
      actions_.pop_back();
    }
    if (dice_.one_in(3))
      create("rating", {{"subject", reference("goal", goal)},
                        {"measure", "confidence"},
                        {"score", std::to_string(dice_.between(1, 10))},
                        {"at", now()}});
    if (dice_.one_in(3))
      create("task", {{"title", sentence(dice_)},
                      {"due", day(day_ + static_cast<int>(dice_.between(2, 21)))},
                      {"assignee", around_.worker},
                      {"status", "open"}});
    if (dice_.one_in(5))
      create("signpost",
             service_fields(
                 {{"person", person()}, {"rationale", sentence(dice_)}, {"on", day(day_)}, {"status", "told"}}));
    if (dice_.one_in(8)) refer_onward();
    if (dice_.one_in(8))
      create("setback", {{"goal", reference("goal", goal)},
                         {"on", day(day_)},
                         {"causes", {"||illness"}},
                         {"what_helped", sentences(dice_, 15)}});
    if (dice_.one_in(4)) action(goal);
    if (dice_.one_in(4)) measure("2");
    if (dice_.one_in(30))
      create("refer_back",
             {{"person", person()}, {"reason", sentences(dice_, 40)}, {"urgency", "soon"}, {"status", "sent"}});
    if (dice_.one_in(50))
      create("handover", {{"episode", episode()},
                          {"from", around_.worker},
                          {"to", "beth"},
                          {"status", "offered"},
                          {"summary", sentences(dice_, 60)}});
    if (contact == 3) pad_.set("plan", first_.at("plan"), "review_due", day(day_ + 10));
  }

  void refer_onward() {
    create("onward_referral", service_fields({{"person", person()},
                                              {"rationale", sentences(dice_, 30)},
                                              {"consent", reference("consent", first_.at("consent"))},
                                              {"idempotency_key", "referral-" + std::to_string(dice_.next())},
                                              {"status", "ready"}}));
  }

  void close() {
    if (number_ % 4 != 3) return;  // three of four stay open
    day_ += 2;
    at_some_time();
    pad_.set("episode", first_.at("episode"), "status", dice_.one_in(3) ? "paused" : "closed");
    pad_.commit();
  }

  const Surroundings& around_;
  const unsigned number_;
  Dice dice_;
  const std::string scope_;
  Pad pad_;
  unsigned contacts_ = 0, minute_ = 600;
  int day_ = 0, every_ = 1;
  std::string person_name_;
  json first_ = json::object();
  std::vector<std::string> actions_;  // planned, and nothing written of them since
};

}  // namespace

InventedCase invent_case(const Surroundings& around, unsigned number) { return CaseWriter(around, number).write(); }

}  // namespace satchel::demo

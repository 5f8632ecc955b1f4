#include "demo/story.hpp"

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

#include "demo/caseload/caseload.hpp"

namespace satchel::demo {
namespace {

using nlohmann::json;

void heading(const std::string& words) { std::cout << "\n" << words << "\n" << std::flush; }
void line(const std::string& words) { std::cout << "  " << words << "\n" << std::flush; }

class Stopwatch {
 public:
  std::string so_far() const {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_).count();
    return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string read_file(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

json create(const std::string& collection, json fields, const std::string& scope = {}) {
  json change = {{"action", "create"}, {"collection", collection}, {"fields", std::move(fields)}};
  if (!scope.empty()) change["scope"] = scope;
  return change;
}

json set(const std::string& collection, const std::string& record, const std::string& field, json value,
         const std::string& reason = {}) {
  json change = {{"action", "set"}, {"collection", collection}, {"record", record}, {"field", field}, {"value", std::move(value)}};
  if (!reason.empty()) change["reason"] = reason;
  return change;
}

json commit(json changes) { return {{"changes", std::move(changes)}}; }

std::string shown(const json& value) { return value.is_string() ? "\"" + value.get<std::string>() + "\"" : value.dump(); }

void must(const std::string& trouble) {
  if (!trouble.empty()) throw Failed(trouble);
}

}  // namespace

Story::Story(Settings settings) : settings_(std::move(settings)) {}

std::unique_ptr<Tablet> Story::tablet(const std::string& worker, uint16_t port) {
  std::string token = centre_->command({"token", "--worker", worker});
  while (!token.empty() && token.back() == '\n') token.pop_back();
  return std::make_unique<Tablet>(TabletSettings{worker, token, read_file(settings_.schema), port,
                                                 settings_.work / (worker + ".db"), centre_->ca_file()});
}

bool Story::tell() {
  set_up();
  take_on_cases();
  cover();
  write_offline();
  break_the_connection();
  come_back();
  list_questions();
  decide();
  return compare();
}

void Story::set_up() {
  heading("A central store starts, with TLS on this machine.");
  centre_ = std::make_unique<Centre>(settings_.server, settings_.work / "centre");
  centre_->start();
  line_ = std::make_unique<test::BadLink>(centre_->port());
  line("It listens on https://127.0.0.1:" + std::to_string(centre_->port()) + ".");
  team_ = centre_->command_json({"grant", "--worker", "amira", "--kind", "team", "--role", "writer", "--label", "Harbour"})
              .at("scope");
  centre_->command({"grant", "--worker", "beth", "--scope", team_, "--role", "writer", "--label", "Harbour"});
  auto directory = settings_.directory;
  if (!std::filesystem::exists(directory)) {
    directory = settings_.work / "invented-services.json";
    std::ofstream(directory) << invent_directory(200);
    line("The directory of services is invented: no real one lies beside this repository.");
  }
  std::cout << "  " << centre_->command({"import", directory.string(), "--scope", team_});
}

void Story::take_on_cases() {
  amira_ = tablet("amira", line_->port());
  must(amira_->sync());
  heading("Amira's tablet, without signal: she takes on " + std::to_string(settings_.cases) + " people.");
  Surroundings around;
  around.team = team_;
  size_t records = 0;
  Stopwatch writing;
  for (unsigned i = 0; i < settings_.cases; ++i) {
    around.contacts_most = i == 0 ? 12 : 1;  // one long case, and many that have just begun: the demo is to be quick
    const InventedCase made = invent_case(around, i);
    for (const json& commit : made.commits) amira_->transact(commit);
    records += made.records;
    if (i != 0) continue;
    name_ = made.person;
    case_ = made.scope;
    person_ = made.first.at("person");
    episode_ = made.first.at("episode");
    action_ = made.first.at("action");
  }
  line(std::to_string(records) + " records written on the tablet in " + writing.so_far() + ". " + amira_->status().at("words").get<std::string>());
  amira_->transact(commit({set("episode", episode_, "priority", "urgent"), set("episode", episode_, "status", "active")}));
  amira_->transact(commit({set("episode", episode_, "status", "paused")}));
  const json papers = amira_->transact(
      commit({create("about_me", {{"most_important_to_me", "My dog, and the sea."}}, case_),
              create("visit_note", {{"body", "She let me in. We talked about money."}}, case_)}));
  about_ = papers.at("records").at(0);
  draft_ = papers.at("records").at(1);
  amira_->keep_history(case_);
  Stopwatch sending;
  must(amira_->sync());
  line("Back at base: everything sent and acknowledged in " + sending.so_far() + ".");
}

void Story::cover() {
  heading("Beth covers for Amira: she is given the same people, and her tablet fetches them.");
  centre_->command({"grant", "--worker", "beth", "--like", "amira", "--role", "writer"});
  beth_ = tablet("beth", centre_->port());
  Stopwatch fetching;
  must(beth_->sync());
  line("First sync of " + std::to_string(beth_->scopes().at("scopes").size()) + " compartments in " + fetching.so_far() +
       "; " + std::to_string(beth_->query({{"collection", "service"}, {"count", true}}).at("count").get<int>()) +
       " services in the directory.");
}

void Story::write_offline() {
  heading("Both go out without signal, and both write about " + name_ + ".");
  const auto says = [](Tablet& who, const std::string& words, json changes) {
    const json receipt = who.transact(commit(std::move(changes)));
    line(who.worker() + ": " + words);
    return receipt.at("records").at(0).get<std::string>();
  };
  says(*amira_, "pronoun is \"they\"", {set("person", person_, "pronoun", "they")});
  says(*beth_, "a phone number, 01632 960 777",
       {{{"action", "add"}, {"collection", "person"}, {"record", person_}, {"field", "phones"}, {"parts", {{"number", "01632 960 777"}}}}});
  says(*amira_, "priority down to routine, \"settled since spring\"",
       {set("episode", episode_, "priority", "routine", "settled since spring")});
  says(*beth_, "priority up to emergency", {set("episode", episode_, "priority", "emergency")});
  says(*amira_, "closes the case: no answer for weeks", {set("episode", episode_, "status", "closed")});
  says(*beth_, "spoke with them today: the case is active", {set("episode", episode_, "status", "active")});
  says(*amira_, "what matters most, in their words: \"My dog, and walking to the sea.\"",
       {set("about_me", about_, "most_important_to_me", "My dog, and walking to the sea.")});
  says(*beth_, "what matters most, in their words: \"Somebody to walk with.\"",
       {set("about_me", about_, "most_important_to_me", "Somebody to walk with.")});
  says(*amira_, "into the draft note: she \"made tea\"",
       {set("visit_note", draft_, "body", "She let me in and made tea. We talked about money.")});
  says(*beth_, "at the end of the same note: \"The bus fare is the worst.\"",
       {set("visit_note", draft_, "body", "She let me in. We talked about money. The bus fare is the worst.")});
  says(*amira_, "the step with the surgery is done", {set("action", action_, "status", "done")});
  says(*beth_, "the step with the surgery was refused", {set("action", action_, "status", "refused")});
  note_amira_ = says(*amira_, "a visit note", {create("visit_note", {{"body", "No answer at the door, curtains drawn. I left a card."}}, case_)});
  note_beth_ = says(*beth_, "a visit note", {create("visit_note", {{"body", "They rang me from the neighbour's. Not safe alone tonight."}}, case_)});
  for (int i = 0; i < 60; ++i)
    amira_->transact(commit({create("visit_note", {{"body", "Round the houses, call " + std::to_string(i + 1) + ". All well."}}, case_)}));
}

void Story::break_the_connection() {
  heading("Amira finds a bar of signal. The connection breaks in the middle.");
  line("Before: " + amira_->status().at("words").get<std::string>());
  line_->cut_now();
  test::Faults breaks;
  breaks.cut_up_after = 3'500;
  line_->set(breaks);
  const std::string trouble = amira_->sync();
  if (trouble.empty()) throw Failed("the connection should have broken and did not");
  line("Her tablet says: " + trouble);
  line("Still there, nothing lost: " + amira_->status().at("words").get<std::string>());
}

void Story::come_back() {
  heading("Both come back to base.");
  line_->heal();
  must(beth_->sync());
  must(amira_->sync());
  must(beth_->sync());
  for (Tablet* who : {amira_.get(), beth_.get()}) line(who->worker() + ": " + who->status().at("words").get<std::string>());
  heading("What stands now on both tablets and in the centre, for " + name_ + ":");
  show_field("pronoun", "person", person_, "pronoun");
  show_field("phones", "person", person_, "phones");
  show_field("priority", "episode", episode_, "priority");
  show_field("the case is", "episode", episode_, "status");
  show_field("what matters most", "about_me", about_, "most_important_to_me");
  show_field("the draft note", "visit_note", draft_, "body");
  show_field("step with the surgery", "action", action_, "status");
  show_field("Amira's note", "visit_note", note_amira_, "body");
  show_field("Beth's note", "visit_note", note_beth_, "body");
}

void Story::show_field(const char* what, const std::string& collection, const std::string& record, const std::string& field) {
  const json on_amira = amira_->read(collection, record).at("record").at("fields").at(field);
  const json on_beth = beth_->read(collection, record).at("record").at("fields").at(field);
  if (on_amira != on_beth) throw Failed(std::string(what) + " differs between the tablets");
  if (!on_amira.is_array()) return line(std::string(what) + ": " + shown(on_amira));
  for (const auto& item : on_amira) line(std::string(what) + ": " + shown(item.is_object() && item.contains("number") ? item["number"] : item));
}

void Story::list_questions() {
  const json on_amira = amira_->conflicts().at("conflicts");
  for (const bool decide : {true, false}) {
    heading(decide ? "What waits for a person to decide, some day:" : "For them to know; nothing to do:");
    for (const auto& entry : on_amira) {
      if (entry.at("decide") != decide) continue;
      line(entry.value("field", "record") + ": " + entry.at("words").get<std::string>());
      for (const char* side : {"standing", "others"})
        for (const auto& head : entry.at(side))
          line(std::string("    ") + (std::string(side) == "standing" ? "stands " : "also   ") +
               shown(head.at("value")) + ", by " + head.at("by").get<std::string>());
    }
  }
}

void Story::decide() {
  heading("The next day Beth has asked them, and decides what she left for later.");
  const json questions = beth_->conflicts();
  const char* const words = "My dog, and somebody to walk with to the sea.";
  beth_->settle({{"shown", questions.at("token")}, {"collection", "about_me"}, {"record", about_},
                 {"field", "most_important_to_me"}, {"value", words}});
  line("beth: \"" + std::string(words) + "\"");
  must(beth_->sync());
  must(amira_->sync());
  show_field("what matters most, on both tablets", "about_me", about_, "most_important_to_me");
  line("amira: " + amira_->status().at("words").get<std::string>());
  heading("Nothing was written over. What was said about it, on Amira's tablet, and any of it can be brought back:");
  const json history = amira_->history("about_me", about_, "most_important_to_me");
  for (const auto& version : history.at("versions")) {
    line(version.at("by").get<std::string>() + ": " + shown(version.at("value")) +
         (version.at("settles").get<bool>() ? ", decided" : ""));
  }
}

bool Story::compare() {
  const json on_amira = amira_->conflicts().at("conflicts"), on_beth = beth_->conflicts().at("conflicts");
  heading("Do all three hold the same?");
  amira_->verify();
  beth_->verify();
  const json centre = centre_->command_json({"scopes"}).at("scopes");
  size_t same = 0, compared = 0;
  const json held_by_amira = amira_->scopes(), held_by_beth = beth_->scopes();
  for (const auto& scope : held_by_amira.at("scopes")) {
    const std::string& id = scope.at("id").get_ref<const std::string&>();
    for (const auto& other : held_by_beth.at("scopes")) {
      if (other.at("id") != id) continue;
      ++compared;
      const bool equal = centre.contains(id) && centre[id].at("log_digest") == scope.at("log_digest") &&
                         centre[id].at("state_digest") == scope.at("state_digest") &&
                         other.at("log_digest") == scope.at("log_digest") && other.at("state_digest") == scope.at("state_digest");
      same += equal ? 1 : 0;
    }
  }
  const size_t held = held_by_amira.at("scopes").size();
  const bool all = held > settings_.cases && compared == held && same == compared && on_amira == on_beth;
  line("Log and state digests equal on both tablets and in the centre: " + std::to_string(same) + " of " +
       std::to_string(held) + " compartments. The same questions wait on both: " +
       (on_amira == on_beth ? "yes" : "no") + ".");
  line(all ? "Yes: nothing was lost, nothing was written twice." : "NO: this must never happen. Please report it.");
  return all;
}

}  // namespace satchel::demo

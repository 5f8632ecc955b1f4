#include "tests/compat_support/story.hpp"

#include "demo/caseload/caseload.hpp"
#include "tests/compat_support/world.hpp"

namespace satchel::compat {
namespace {

using nlohmann::json;

constexpr uint64_t seed = 20261122;
constexpr int services = 3;
constexpr int64_t cara_may_for_ms = 3'600'000;

json create(const ScopeId& scope, const std::string& collection, const std::string& id, json fields) {
  return {{"changes",
           {{{"action", "create"},
             {"collection", collection},
             {"scope", scope.text()},
             {"record", id},
             {"fields", std::move(fields)}}}}};
}

json change(const std::string& action, const std::string& collection, const std::string& id, json more) {
  more["action"] = action;
  more["collection"] = collection;
  more["record"] = id;
  return {{"changes", {std::move(more)}}};
}

json set(const std::string& collection, const std::string& id, const std::string& field, const std::string& value) {
  return change("set", collection, id, {{"field", field}, {"value", value}});
}

std::string record_id(int number) {
  const std::string digits = std::to_string(1000 + number);
  return "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4" + digits;
}

const std::string gwen = record_id(1), note = record_id(2), plan = record_id(3), goal_a = record_id(4),
                  goal_b = record_id(5), risk = record_id(6), action = record_id(7), late = record_id(8),
                  refused = record_id(9), put_away = record_id(10), sent_in = record_id(11),
                  done_note = record_id(12);

class Story {
 public:
  KeptSet live(int format) {
    shared_ = grant("amira", "case", "writer");
    grant_in("beth", shared_, "writer");
    grant_in("cara", shared_, "writer");
    must(centre_.admin()->suspend(organisation, "cara", clock_.wall_ms() + cara_may_for_ms));
    restart(set_.centre_before);
    transcript();
    caseload();
    set_aside();
    unsent();
    keep(format);
    return std::move(set_);
  }

 private:
  ScopeId grant(const std::string& worker, const std::string& kind, const std::string& role) {
    if (centre_.service == nullptr) must(centre_.open());
    return must(centre_.admin()->grant(organisation, worker, std::nullopt, kind, role, "Kept", ScopeId{}));
  }
  void grant_in(const std::string& worker, const ScopeId& scope, const std::string& role) {
    must(centre_.admin()->grant(organisation, worker, scope, "", role, "Kept", ScopeId{}));
  }
  void restart(FilesByName& kept) {
    centre_.close();
    kept = centre_.files();
    must(centre_.open());
  }
  void write(Tablet& who, const json& commit) {
    clock_.advance(60'000);
    who.write(commit);
  }
  void both(const json& amiras, const json& beths) {
    write(amira_, amiras);
    write(beth_, beths);
  }

  // Every kind of field, written by two who do not see each other, a note sent in by one of them; a note of somebody
  // whose rights have ended. Of its own the centre writes only the draft of an amendment here: where it draws its salts,
  // the same requests would get other hashes.
  void transcript() {
    const auto sync = [&](Tablet& who) { who.sync(centre_, &set_.transcript); };
    sync(amira_);
    write(amira_, create(shared_, "person", gwen,
                         {{"legal_name", "Gwen Okafor"},
                          {"preferred_name", "Gwen"},
                          {"date_of_birth", "1948-03-02"},
                          {"phones", {{{"number", "01632 960123"}, {"use", "home"}}}},
                          {"communication_needs", {"large_print"}}}));
    write(amira_, create(shared_, "goal", goal_a, {{"words", "I want to sing again."}, {"status", "active"}}));
    write(amira_, create(shared_, "goal", goal_b, {{"words", "I want to sleep."}, {"status", "active"}}));
    write(amira_, create(shared_, "plan", plan,
                         {{"goal_order", {"goal/" + goal_a, "goal/" + goal_b}}, {"review_due", "2026-12-20"}}));
    write(amira_, create(shared_, "risk", risk, {{"level", "low"}}));
    write(amira_, create(shared_, "action", action, {{"what", "||Ring the choir"}, {"status", "planned"}}));
    write(amira_,
          create(shared_, "visit_note", note, {{"body", "Met at home. We talked about the choir. Siân was there."}}));
    write(amira_, create(shared_, "visit_note", done_note, {{"body", "She sang. We had tea."}}));
    write(amira_, create(shared_, "referral_in", sent_in,
                         {{"source", "gp|gp|GP"},
                          {"reason", "Lives alone."},
                          {"received_at", "2026-09-14T10:00:00+01:00[Europe/London]"}}));
    sync(amira_);
    sync(beth_);
    both(set("visit_note", note, "body", "Met at home. We talked about the choir and the bus. Siân was there."),
         set("visit_note", note, "body", "Met at home, kettle on. We talked about the choir. Siân was there."));
    both(set("person", gwen, "preferred_name", "Gwenllian"), set("person", gwen, "preferred_name", "Mrs Okafor"));
    both(set("goal", goal_a, "words", "I want to sing in the choir."), set("goal", goal_a, "words", "I want company."));
    both(set("action", action, "status", "done"), set("action", action, "status", "refused"));
    both(set("risk", risk, "level", "medium"), set("risk", risk, "level", "high"));
    both(change("move", "plan", plan, {{"field", "goal_order"}, {"value", "goal/" + goal_b}, {"to", "first"}}),
         set("plan", plan, "review_due", "2026-12-01"));
    both(change("add", "person", gwen, {{"field", "communication_needs"}, {"value", "slow_speech"}}),
         change("remove", "person", gwen, {{"field", "communication_needs"}, {"value", "large_print"}}));
    both(change("submit", "visit_note", done_note, {{"field", "body"}}),
         set("visit_note", done_note, "body", "She sang. We had tea and cake."));
    sync(beth_);
    sync(amira_);
    sync(cara_);
    clock_.advance(cara_may_for_ms);
    write(cara_, create(shared_, "visit_note", refused, {{"body", "Written after my rights had ended."}}));
    sync(cara_);
    sync(beth_);
    sync(amira_);
  }

  // A whole case with its restricted part, a directory, headers by the centre, and three disagreements.
  void caseload() {
    around_.seed = seed;
    const ScopeId team = grant("amira", "team", "writer");
    around_.team = team.text();
    must(centre_.admin()->import_directory(organisation, team, demo::invent_directory(services).dump()));
    amira_.sync(centre_);
    const demo::InventedCase made = demo::invent_case(around_, 2);
    for (const json& commit : made.commits) write(amira_, commit);
    amira_.sync(centre_);
    must(centre_.admin()->cover(organisation, "beth", "amira", "writer"));
    beth_.sync(centre_);
    for (unsigned i = 0; i < 3; ++i) {
      const auto pair = demo::invent_disagreement(around_, made, i);
      both(pair.one, pair.other);
    }
    write(amira_, create(shared_, "need", put_away, {{"what", "local|debt|Money and debt"}, {"status", "raised"}}));
    write(amira_, change("void", "need", put_away, json::object()));
    beth_.sync(centre_);
    amira_.sync(centre_);
  }

  // Amira loses her right to write in a scope, and writes there before she knows.
  void set_aside() {
    const ScopeId other = grant("amira", "case", "writer");
    amira_.sync(centre_);
    grant_in("amira", other, "reader");
    write(amira_, create(other, "visit_note", late, {{"body", "Written when I had no right to any more."}}));
    amira_.sync(centre_);
  }

  // News that the kept tablet has not heard of, and work that it has not sent.
  void unsent() {
    write(beth_, set("person", gwen, "pronoun", "she"));
    write(beth_, set("goal", goal_b, "words", "I want to sleep through the night."));
    beth_.sync(centre_);
    write(amira_, set("visit_note", note, "body",
                      "Met at home, kettle on. We talked about the choir and the bus. Siân was there. Unsent."));
    write(amira_, set("goal", goal_b, "words", "I want to sleep and to dream."));
  }

  void keep(int format) {
    set_.contents = amira_.contents();
    json secrets = json::object();
    for (const auto& [name, secret] : amira_.secrets->kept) secrets[name] = to_hex(secret);
    set_.about = {{"format", format},
                  {"made_with", "tools/make-compat-set.sh"},
                  {"at_ms", clock_.wall_ms()},
                  {"schema_version", amira_.store->schema().version()},
                  {"protocol", proto::protocol_version},
                  {"organisation", organisation},
                  {"worker", amira_.worker},
                  {"secrets", secrets}};
    amira_.close();
    set_.tablet = amira_.files();
    centre_.close();
    set_.centre_after = centre_.files();
  }

  ManualClock clock_;
  KeptSet set_;
  Centre centre_{clock_, test::domain_schema_text(), seed};
  Tablet amira_{clock_, "amira", test::domain_schema_text(), seed + 1};
  Tablet beth_{clock_, "beth", test::domain_schema_text(), seed + 2};
  Tablet cara_{clock_, "cara", test::domain_schema_text(), seed + 3};
  demo::Surroundings around_;
  ScopeId shared_;
};

}  // namespace

KeptSet live_through(int format) { return Story().live(format); }

}  // namespace satchel::compat

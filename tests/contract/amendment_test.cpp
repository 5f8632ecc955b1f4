// A note that is sent in while a colleague without signal writes in it, through real tablets and a real centre.
#include <catch2/catch_test_macros.hpp>

#include "core/merge/submit.hpp"
#include "server/amendments.hpp"
#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;

namespace {

store::Draft body(const ScopeId& scope, const RecordId& id, const std::string& words, bool send_in = false) {
  store::Draft draft;
  draft.changes.push_back({scope, assign_op("visit_note", id, "body", model::Kind::text, words)});
  if (!send_in) return draft;
  model::Op submit = create_op("visit_note", id);
  submit.action = model::Action::submit;
  submit.field = "body";
  submit.kind = model::Kind::text;
  draft.changes.push_back({scope, std::move(submit)});
  return draft;
}

}  // namespace

TEST_CASE("a note that was sent in stays on every tablet, and what a colleague wrote meanwhile is in the draft of an amendment") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  centre.grant("beth", "case", scope);
  Tablet amira(centre, {.worker = "amira", .engine = hasty()}), beth(centre, {.worker = "beth", .engine = hasty()});
  RecordId id;
  take(amira.sync());
  amira.commit(note(scope, "Met at home.", &id));
  take(amira.sync());
  take(beth.sync());
  const store::Receipt sent = amira.commit(body(scope, id, "Met at home. She slept well.", true));
  beth.commit(body(scope, id, "On Monday. Met at home."));
  take(amira.sync());
  take(beth.sync());
  take(amira.sync());
  const auto& submit = sent.transactions.at(0);
  const RecordId draft = server::amendment_id({"visit_note", id}, "body", {submit.replica, submit.counter});
  for (Tablet* tablet : {&amira, &beth}) {
    CHECK(tablet->text("visit_note", id, "body") == "Met at home. She slept well.");
    CHECK(tablet->text("visit_note", draft, "body") == "On Monday. Met at home. She slept well.");
    CHECK(tablet->conflicts().size() == 1);
    const auto refused = tablet->try_commit(body(scope, id, "Something else."));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find("This was sent in by amira") == 0);
  }
  centre.stop();
  centre.start();
  beth.commit(body(scope, draft, "On Monday. Met at home. She slept well. Read through.", true));
  take(beth.sync());
  take(amira.sync());
  CHECK(amira.text("visit_note", draft, "body") == "On Monday. Met at home. She slept well. Read through.");
  CHECK(merge::standing_submit(*amira.record("visit_note", draft)->state.field("body"))->worker == "beth");
  require_agreement(scope, {&amira, &beth});
  take(centre.admin()->verify());
}

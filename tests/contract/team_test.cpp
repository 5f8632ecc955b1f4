// What a team sees of its cases, and what a case keeps of its past, through real tablets.
#include <catch2/catch_test_macros.hpp>

#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;

namespace {

store::Draft status(const ScopeId& scope, const RecordId& episode, const std::string& label) {
  store::Draft draft;
  draft.changes.push_back({scope, assign_op("episode", episode, "status", model::Kind::state, label)});
  return draft;
}

std::vector<std::string> bodies(Tablet& tablet, const ScopeId& scope) {
  std::vector<std::string> found;
  tablet.on_store([&](store::Store& store) {
    const auto reader = take(store.reader());
    take(reader->history(scope, [&](const model::Entry&, const proto::DecodedTransaction* content) {
      for (const model::Op& op : content->transaction.ops) {
        if (op.field != "body") continue;
        const auto edits = std::get<model::TextEdits>(take(proto::decode_value(op.value))).edits;
        found.push_back(edits.at(0).inserted);
      }
      return Result<bool>(true);
    }));
    return 0;
  });
  return found;
}

}  // namespace

TEST_CASE("a case opened without signal appears in the team's list of a colleague who may not read the case") {
  Centre centre;
  centre.start();
  const ScopeId team = centre.grant("amira", "team");
  centre.grant("tom", "team", team, "reader");
  Tablet amira(centre, {.worker = "amira", .engine = hasty()}), tom(centre, {.worker = "tom", .engine = hasty()});
  take(amira.sync());
  const ScopeId scope{new_record().bytes};
  const RecordId episode = new_record();
  store::Draft draft;
  draft.open.push_back({scope, {"case", team}});
  draft.changes.push_back({scope, create_op("episode", episode)});
  draft.changes.push_back({scope, assign_op("episode", episode, "status", model::Kind::state, std::string("referred"))});
  draft.changes.push_back({scope, assign_op("episode", episode, "priority", model::Kind::severity, std::string("soon"))});
  amira.commit(std::move(draft));
  amira.commit(note(scope, "Mrs Pomegranate has moved"));
  take(amira.sync());
  take(tom.sync());
  const RecordId header{uuid_v8("case_header", scope.text(), episode.text())};
  CHECK(tom.text("case_header", header, "status") == "referred");
  CHECK(tom.text("case_header", header, "priority") == "soon");
  CHECK(tom.text("case_header", header, "case_scope") == scope.text());
  CHECK_FALSE(tom.holds(scope));
  CHECK_FALSE(tom.record("episode", episode).has_value());
  amira.commit(status(scope, episode, "active"));
  take(amira.sync());
  take(tom.sync());
  CHECK(tom.text("case_header", header, "status") == "active");
  take(amira.sync());
  require_agreement(team, {&amira, &tom});
  take(centre.admin()->verify());
}

TEST_CASE("all that was ever written in a case comes when asked for, over a line that breaks, and is there offline") {
  Centre centre;
  centre.start();
  const ScopeId scope = centre.grant("amira", "case");
  Tablet amira(centre, {.worker = "amira", .engine = hasty()});
  take(amira.sync());
  RecordId record;
  amira.commit(note(scope, "version 0", &record));
  for (int i = 1; i < 40; ++i) {
    store::Draft draft;
    draft.changes.push_back({scope, assign_op("visit_note", record, "body", model::Kind::text,
                                              "version " + std::to_string(i) + std::string(200, '.'))});
    amira.commit(std::move(draft));
  }
  take(amira.sync());

  centre.grant("beth", "case", scope);
  auto engine = hasty();
  engine.limits.answer_bytes = 4000;
  BadLink proxy(centre.port());
  Tablet beth(centre, {.worker = "beth", .port = proxy.port(), .engine = engine});
  take(beth.sync());
  CHECK(beth.scopes().at(0).history_from == 41);  // its snapshot is all there is
  take(beth.on_store([&](store::Store& store) { return store.keep_history(scope, true); }));
  Faults faults;
  faults.cut_down_after = 4000;  // after the handshake and a few pieces
  faults.times = 3;
  proxy.set(faults);
  proxy.cut_now();
  sync_in_the_end(beth);
  while (beth.scopes().at(0).history_from > 1) take(beth.sync());
  CHECK(proxy.strikes() > 0);
  CHECK(beth.scopes().at(0).history_from == 1);
  amira.commit(note(scope, "and later"));
  take(amira.sync());
  take(beth.sync());
  centre.stop();
  const auto all = bodies(beth, scope);
  REQUIRE(all.size() == 41);
  CHECK(all.front() == "version 0");
  CHECK(all.back() == "and later");
  beth.verify();
}

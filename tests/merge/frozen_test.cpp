// frozen and server: what stands for good, and what only the centre writes.
#include <catch2/catch_test_macros.hpp>

#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

using Words = std::vector<std::string>;

Op score(std::string_view value) { return assign("score", Kind::frozen, value); }

Written placed(int by, std::string_view value, int in_epoch, uint64_t position, uint64_t ord) {
  Written written;
  written.header.id = {{}, replica(by), 1};
  written.header.worker = "worker" + std::to_string(by);
  written.ops = {score(value)};
  written.ord = ord;
  if (in_epoch > 0) {
    written.epoch = epoch(in_epoch);
    written.position = position;
    written.received_ms = 1;
  }
  return written;
}

Words value_after(const std::vector<Written>& writes) {
  RecordState state;
  for (const Written& one : writes) apply(state, one);
  return standing(resolve(*state.field("score"), nullptr));
}

}  // namespace

TEST_CASE("what was sent first stands by its original place, never by its time") {
  const Written first = placed(0, "first", 1, 7, 900), second = placed(1, "second", 1, 8, 100);
  const Written after_restore = placed(2, "epoch 2", 2, 3, 1);
  CHECK(value_after({first, second, after_restore}) == Words{"first"});
  CHECK(value_after({after_restore, second, first}) == Words{"first"});
  CHECK(value_after({after_restore, second}) == Words{"second"});
}

TEST_CASE("what lies in an outbox comes after everything that was sent") {
  const Written sent = placed(5, "sent", 1, 8, 900), waiting = placed(0, "waiting", 0, 0, 1);
  CHECK(value_after({waiting, sent}) == Words{"sent"});
  CHECK(value_after({waiting}) == Words{"waiting"});
  CHECK(value_after({placed(3, "c", 0, 0, 1), placed(2, "b", 0, 0, 2)}) == Words{"b"});
}

TEST_CASE("an op in an outbox has no place, whatever its context says") {
  Written waiting = placed(0, "waiting", 0, 0, 1);
  waiting.position = 5;
  RecordState state;
  apply(state, waiting);
  CHECK(state.field("score")->heads.front().position == 0);
  CHECK(decode(encode(state)).ok());
}

TEST_CASE("a later write does not replace a frozen value even if it saw it; it is told and stays readable") {
  Tablet a(0, "ann"), b(1, "bob");
  Log log;
  a.write(log, {create(), score("6")});
  b.receive(log);
  b.write(log, {score("7")});
  CHECK(standing(b.look("score")) == Words{"6"});
  CHECK(others(b.look("score")) == Words{"7"});
  auto inbox = conflicts(b.state, nullptr);
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].rule == Rule::first_sent);
  CHECK_FALSE(inbox[0].decide);
  b.write(log, {settling(score("6"))});  // "I know": a write that saw it, with what stands
  CHECK(standing(b.look("score")) == Words{"6"});
  CHECK(conflicts(b.state, nullptr).empty());
  CHECK(b.state.field("score")->heads.size() == 3);  // nothing is forgotten
}

TEST_CASE("only frozen keeps a place and only state and frozen keep what they saw") {
  Tablet a(0, "ann");
  Log log;
  a.write(log, {create(), score("6"), assign("email", Kind::register_, "x"), assign("status", Kind::state, "open")});
  a.write(log, {score("7"), assign("email", Kind::register_, "y"), assign("status", Kind::state, "closed")});
  const auto last = [&](std::string_view name) { return a.state.field(name)->heads.back(); };
  CHECK(last("score").position == 2);
  CHECK(last("score").shown[a.id] == 1);
  CHECK(last("status").position == 0);
  CHECK(last("status").shown[a.id] == 1);
  CHECK(last("email").shown.empty());
  CHECK(last("email").position == 0);
}

TEST_CASE("what a state keeps of shown names only ops on its own field") {
  Tablet a(0, "ann"), b(1, "bob"), c(2, "cem");
  Log log;
  b.write(log, {assign("email", Kind::register_, "x")});
  c.write(log, {assign("status", Kind::state, "open")});
  c.write(log, {assign("email", Kind::register_, "y")});
  a.receive(log);
  a.write(log, {assign("status", Kind::state, "closed")});
  const auto& heads = a.state.field("status")->heads;
  REQUIRE(heads.size() == 2);
  const Head& closed = words(heads[0]) == "closed" ? heads[0] : heads[1];
  Version expected;
  expected.set(c.id, 1);
  CHECK(closed.shown == expected);
}

TEST_CASE("nobody takes away what the centre wrote in a field of its own") {
  Tablet centre(8, "centre", Author::centre), a(0, "ann");
  Log log;
  centre.write(log, {create(), assign("owner", Kind::server, "ann")});
  a.receive(log);
  a.write(log, {assign("owner", Kind::server, "mallory")});
  CHECK(standing(a.look("owner")) == Words{"ann"});
  CHECK(others(a.look("owner")) == Words{"mallory"});
  CHECK(a.look("owner").rule == Rule::centre_writes);
  centre.receive(log);
  centre.write(log, {assign("owner", Kind::server, "bob")});
  a.receive(log);
  CHECK(standing(a.look("owner")) == Words{"bob"});
  CHECK(others(a.look("owner")).empty());
}

}  // namespace satchel::merge::test

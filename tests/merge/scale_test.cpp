// Long lives of one record: the work per op must not grow with the ops before it.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <chrono>

#include "tests/merge/support.hpp"

namespace satchel::merge::test {
namespace {

// Best of three, so that another process on the machine does not decide.
double seconds_for(int ops, int replicas) {
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    RecordState state;
    model::Header header;
    const Op op = assign("email", Kind::register_, "someone@example.org");
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < ops; ++i) {
      const ReplicaId by = replica(i % replicas);
      header.id.replica = by;
      header.id.counter = header.base[by] + 1;
      header.shown = header.base;
      Context context{&header, static_cast<uint64_t>(i), 0, {}, 0};
      REQUIRE(merge::apply(state, op, 0, context).ok());
      header.base.set(by, header.id.counter);
    }
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    REQUIRE(state.field("email")->heads.size() == 1);
    REQUIRE(encode(state).size() < 1000);
  }
  return best;
}

// One writer types on, keystroke by keystroke.
double seconds_to_type(uint32_t edits) {
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    RecordState state;
    model::Header header;
    header.id.replica = replica(1);
    header.worker = "ann";
    const auto begin = std::chrono::steady_clock::now();
    for (uint32_t i = 0; i < edits; ++i) {
      Op op = assign("body", Kind::text, "");
      op.action = Action::edit;
      op.value = proto::encode_value(model::TextEdits{{{i, 0, "x"}}});
      header.id.counter = i + 1;
      header.shown = header.base;
      REQUIRE(merge::apply(state, op, 0, {&header, i, 0, {}, 0}).ok());
      header.base.set(header.id.replica, header.id.counter);
    }
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    REQUIRE(state.field("body")->text.plain().size() == edits);
    REQUIRE(state.field("body")->text.history().size() < 100);
  }
  return best;
}

}  // namespace

TEST_CASE("a page of many edits of one text takes time in proportion, and what was typed on is one run") {
  const double few = seconds_to_type(1'000), many = seconds_to_type(10'000);
  INFO("1,000: " << few << " s, 10,000: " << many << " s");
  CHECK(many < 40 * few);
}

TEST_CASE("100,000 edits of one field take time in proportion, and the state stays small") {
  const double few = seconds_for(10'000, 5), many = seconds_for(100'000, 5);
  INFO("10,000: " << few << " s, 100,000: " << many << " s");
  CHECK(many < 40 * few);  // ten times as many ops; quadratic would be a hundredfold
}

}  // namespace satchel::merge::test

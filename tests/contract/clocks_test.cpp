// Tablets whose clocks are wrong: by a year, since 1970, or set back between two commits.
#include <catch2/catch_test_macros.hpp>

#include "tests/contract/agreement.hpp"
#include "tests/contract/world.hpp"

using namespace satchel;
using namespace satchel::contract;

namespace {


struct TwoTablets {
  Centre centre;
  ScopeId scope;
  RecordId person = new_record();
  std::unique_ptr<Tablet> wrong, right;

  TwoTablets() {
    centre.start();
    scope = centre.grant("amira", "case");
    centre.grant("beth", "case", scope);
    wrong = std::make_unique<Tablet>(centre, TabletOptions{.worker = "amira", .engine = hasty()});
    right = std::make_unique<Tablet>(centre, TabletOptions{.worker = "beth", .engine = hasty()});
    take(right->sync());
    store::Draft draft;
    draft.changes.push_back({scope, create_op("person", person)});
    right->commit(std::move(draft));
    take(right->sync());
    take(wrong->sync());
  }
  store::Draft rename(const std::string& name) const {
    store::Draft draft;
    draft.changes.push_back({scope, assign_op("person", person, "preferred_name", model::Kind::register_, name)});
    return draft;
  }
  void agree() {
    for (int i = 0; i < 2; ++i) {
      take(wrong->sync());
      take(right->sync());
    }
    require_agreement(scope, {wrong.get(), right.get()});
  }
};

}  // namespace

TEST_CASE("a clock a year ahead does not win over the real later edit, and the tablet says that it is wrong") {
  TwoTablets tablets;
  tablets.wrong->clock.shift(365 * day_ms);
  tablets.wrong->commit(tablets.rename("stale, from the future"));
  tablets.centre.clock.shift(10 * 60'000);
  tablets.right->clock.shift(10 * 60'000);
  tablets.wrong->clock.shift(10 * 60'000);
  tablets.right->commit(tablets.rename("right, ten minutes later"));
  tablets.agree();
  CHECK(tablets.wrong->text("person", tablets.person, "preferred_name") == "right, ten minutes later");
  CHECK(tablets.right->text("person", tablets.person, "preferred_name") == "right, ten minutes later");
  CHECK(tablets.wrong->status().clock_skew_ms > 364 * day_ms);
  const auto status = tablets.wrong->sync();
  REQUIRE(status.ok());
  CHECK(status->words.find("clock") != std::string::npos);
  // Nothing is stuck for a year: the next edit wins again.
  tablets.right->commit(tablets.rename("and on it goes"));
  tablets.agree();
  CHECK(tablets.wrong->text("person", tablets.person, "preferred_name") == "and on it goes");
}

TEST_CASE("a clock at 1970 still orders after what it had heard") {
  TwoTablets tablets;
  tablets.wrong->clock.stand_at(1'000);
  tablets.wrong->commit(tablets.rename("from 1970"));
  tablets.agree();
  CHECK(tablets.right->text("person", tablets.person, "preferred_name") == "from 1970");
}

TEST_CASE("a clock set back between two commits keeps their order") {
  TwoTablets tablets;
  tablets.wrong->commit(tablets.rename("first"));
  tablets.wrong->clock.shift(-400 * day_ms);
  tablets.wrong->commit(tablets.rename("second"));
  CHECK(tablets.wrong->text("person", tablets.person, "preferred_name") == "second");
  tablets.agree();
  CHECK(tablets.right->text("person", tablets.person, "preferred_name") == "second");
}

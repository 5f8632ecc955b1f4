// A few kills in every run of the tests, and proof that the checks can fail; ./run kills kills as often as one likes.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/kills/kills.hpp"

using namespace satchel::kills;

namespace {

// Whether this check found the fault.
bool complains(const Outcome& outcome, const std::string& check) {
  return std::any_of(outcome.violations.begin(), outcome.violations.end(),
                     [&](const auto& violation) { return violation.check == check; });
}

}  // namespace

TEST_CASE("killed at random while they work, centre and tablets lose nothing") {
  Options options;
  options.kills = 12;
  const Outcome outcome = run(options);
  if (!outcome.kept.empty()) WARN("the files are kept in " << outcome.kept);
  for (const auto& violation : outcome.violations) FAIL_CHECK(violation.check << ": " << violation.what);
  for (const auto& line : outcome.history) WARN(line);
  CHECK(outcome.kills >= options.kills);
  CHECK(outcome.commits > 0);
  CHECK(outcome.entries > 0);
}

TEST_CASE("a commit that is told to have returned and never was is missed") {
  Options options;
  options.kills = 1;
  options.planted = Planted::commit_that_never_was;
  const Outcome outcome = run(options);
  REQUIRE(outcome.violations.size() == 1);
  CHECK(outcome.violations.front().check == "promises");
  CHECK(outcome.violations.front().what.find("is lost") != std::string::npos);
}

TEST_CASE("a tablet that says a commit has returned before it is made is found out by kills in commits") {
  Options options;
  options.kills = 12;
  options.only_commits = true;
  options.planted = Planted::told_before_it_is_made;
  CHECK(complains(run(options), "promises"));
}

TEST_CASE("words that stand twice are found") {
  Options options;
  options.kills = 4;
  options.only_commits = true;
  options.planted = Planted::marks_used_twice;
  CHECK(complains(run(options), "promises"));
}

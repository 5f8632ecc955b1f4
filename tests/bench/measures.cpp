#include <algorithm>

#include "tests/bench/floor.hpp"
#include "tests/bench/world.hpp"

namespace satchel::bench {
namespace {

constexpr const char* worker = "amina";

constexpr const char* floor_words =
    "the floor, bare SQLite: the same final rows written by prepared statements alone, with the same tables, keys, "
    "indexes and settings";

// Settings of a store's own connection, and of a centre's.
sqlite::OpenOptions tablet_file(const std::filesystem::path& path, sqlite::Durability durability) {
  sqlite::OpenOptions options;
  options.path = path.string();
  options.durability = durability;
  options.overwrite_deleted = true;
  return options;
}
sqlite::OpenOptions centre_file(const std::filesystem::path& path) {
  sqlite::OpenOptions options;
  options.path = path.string();
  options.cache_bytes = 64 << 20;
  return options;
}

std::string count_of(uint64_t number, const char* what) { return std::to_string(number) + " " + what; }

// A tablet that has heard of its cases and holds the plan's notes unsent.
void fill(Tablet& tablet, Centre& centre, const std::string& credential, const std::vector<ScopeId>& cases,
          uint64_t notes) {
  sync(tablet, centre, credential);
  for (uint64_t i = 0; i < notes; ++i) tablet.write_note(cases[i % cases.size()], i);
}

// A bench of something that did not happen would look quick.
void check_all_sent(Tablet& tablet) {
  const store::Status status = must(must(tablet.store->reader())->status());
  if (status.unsent != 0 || status.set_aside != 0) throw std::runtime_error("not every note was accepted");
}

void check_all_there(Tablet& tablet, const Plan& plan) {
  const store::VerifyReport report = must(tablet.store->verify());
  const store::Status status = must(must(tablet.store->reader())->status());
  if (report.records != plan.notes || status.scopes != plan.cases || status.scopes_incomplete != 0) {
    throw std::runtime_error("not every note arrived");
  }
}

void add_parts(Report& report, const Plan& plan, const Exchange& exchange, double baseline) {
  const std::string name = "in all, " + count_of(exchange.rounds, "requests");
  Figure whole{name, plan.notes, exchange.seconds(), baseline, {}, {}, {}};
  set_steps(whole, exchange.round_ms);
  whole.bytes = exchange.up_bytes + exchange.down_bytes;
  report.figures.push_back({"floor", plan.notes, baseline, baseline, {}, {}, {}});
  report.figures.push_back(std::move(whole));
  report.figures.push_back({"- tablet: make the requests", plan.notes, exchange.tablet_asks, baseline, {}, {}, {}});
  report.figures.push_back({"- messages: encode, decode, zstd", plan.notes, exchange.wire, baseline, {}, {}, {}});
  report.figures.push_back({"- centre: answer, durable", plan.notes, exchange.centre, baseline, {}, {}, {}});
  report.figures.push_back({"- tablet: apply the answers", plan.notes, exchange.tablet_applies, baseline, {}, {}, {}});
}

void measure_commits(Report& report, const Plan& plan, sqlite::Durability durability, const std::string& name) {
  const std::filesystem::path file = plan.directory / (name + "-tablet.db");
  Centre centre(plan.directory / (name + "-centre"));
  const std::vector<ScopeId> cases = centre.grant_cases(worker, plan.cases);
  Tablet tablet(file, durability, worker);
  sync(tablet, centre, centre.sign_in(tablet, worker));
  std::vector<double> steps;
  const Stopwatch watch;
  for (uint64_t i = 0; i < plan.notes; ++i) {
    const Stopwatch step;
    tablet.write_note(cases[i % cases.size()], i);
    steps.push_back(step.seconds() * 1000);
  }
  const double seconds = watch.seconds();
  std::vector<double> floor_steps;
  const double floor =
      Floor(file, plan.notes).write(tablet_file(plan.directory / (name + "-floor.db"), durability), 1, &floor_steps);
  Figure baseline{name + ": floor", plan.notes, floor, floor, {}, {}, {}};
  set_steps(baseline, floor_steps);
  report.figures.push_back(std::move(baseline));
  Figure figure{name + ": Satchel", plan.notes, seconds, floor, {}, {}, {}};
  set_steps(figure, steps);
  report.figures.push_back(std::move(figure));
}

}  // namespace

Report commit(const Plan& plan) {
  Report report{"commit: " + count_of(plan.notes, "notes of 1 KB, each in a commit of its own"), floor_words, {}};
  measure_commits(report, plan, sqlite::Durability::full, "full");
  measure_commits(report, plan, sqlite::Durability::grouped, "grouped");
  return report;
}

Report push(const Plan& plan) {
  Centre centre(plan.directory / "centre");
  const std::vector<ScopeId> cases = centre.grant_cases(worker, plan.cases);
  Tablet tablet(plan.directory / "tablet.db", sqlite::Durability::full, worker);
  const std::string credential = centre.sign_in(tablet, worker);
  fill(tablet, centre, credential, cases, plan.notes);
  const Exchange exchange = sync(tablet, centre, credential);
  check_all_sent(tablet);
  const uint64_t per_commit = plan.notes / exchange.rounds + 1;
  const double at_tablet =
      Floor(plan.directory / "tablet.db", plan.notes)
          .write(tablet_file(plan.directory / "tablet-floor.db", sqlite::Durability::full), per_commit);
  const double at_centre =
      Floor(centre.database(), plan.notes).write(centre_file(plan.directory / "centre-floor.db"), per_commit);
  Report report{
      "push: " + count_of(plan.notes, "unsent notes of 1 KB in ") + count_of(plan.cases, "cases, without network"),
      std::string(floor_words) + "; of the slower side, in as many transactions as there were requests",
      {}};
  add_parts(report, plan, exchange, std::max(at_tablet, at_centre));
  return report;
}

Report first_sync(const Plan& plan) {
  Centre centre(plan.directory / "centre");
  const std::vector<ScopeId> cases = centre.grant_cases(worker, plan.cases);
  Tablet writer(plan.directory / "writer.db", sqlite::Durability::grouped, worker);
  const std::string credential = centre.sign_in(writer, worker);
  fill(writer, centre, credential, cases, plan.notes);
  sync(writer, centre, credential);
  check_all_sent(writer);

  const std::filesystem::path file = plan.directory / "tablet.db";
  Tablet tablet(file, sqlite::Durability::full, worker);
  const Exchange exchange = sync(tablet, centre, centre.sign_in(tablet, worker));
  check_all_there(tablet, plan);
  const uint64_t per_commit = plan.notes / exchange.rounds + 1;
  const double floor =
      Floor(file, plan.notes).write(tablet_file(plan.directory / "floor.db", sqlite::Durability::full), per_commit);
  Report report{
      "first sync: " + count_of(plan.notes, "notes of 1 KB in ") + count_of(plan.cases, "cases, without network"),
      std::string(floor_words) + ", in as many transactions as there were requests",
      {}};
  add_parts(report, plan, exchange, floor);
  return report;
}

}  // namespace satchel::bench

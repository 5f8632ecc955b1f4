#include "tests/bench/world.hpp"

namespace satchel::bench {
namespace {

constexpr const char* worker = "amina";

std::vector<std::string> texts_of(uint64_t count) {
  std::vector<std::string> texts;
  for (uint64_t i = 0; i < count; ++i) texts.push_back(note_text(i));
  return texts;
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
  report.figures.push_back({"baseline", plan.notes, baseline, baseline, {}, {}, {}});
  report.figures.push_back(std::move(whole));
  report.figures.push_back({"- tablet: make the requests", plan.notes, exchange.tablet_asks, baseline, {}, {}, {}});
  report.figures.push_back({"- messages: encode, decode, zstd", plan.notes, exchange.wire, baseline, {}, {}, {}});
  report.figures.push_back({"- centre: answer, durable", plan.notes, exchange.centre, baseline, {}, {}, {}});
  report.figures.push_back({"- tablet: apply the answers", plan.notes, exchange.tablet_applies, baseline, {}, {}, {}});
}

void measure_commits(Report& report, const Plan& plan, sqlite::Durability durability, const std::string& name) {
  std::vector<double> steps;
  const double bare =
      bare_inserts(plan.directory / (name + "-bare.db"), durability, texts_of(plan.notes), 1, &steps);
  Figure baseline{name + ": baseline", plan.notes, bare, bare, {}, {}, {}};
  set_steps(baseline, steps);
  report.figures.push_back(std::move(baseline));

  Centre centre(plan.directory / (name + "-centre"));
  const std::vector<ScopeId> cases = centre.grant_cases(worker, plan.cases);
  Tablet tablet(plan.directory / (name + "-tablet.db"), durability, worker);
  sync(tablet, centre, centre.sign_in(tablet, worker));
  steps.clear();
  const Stopwatch watch;
  for (uint64_t i = 0; i < plan.notes; ++i) {
    const Stopwatch step;
    tablet.write_note(cases[i % cases.size()], i);
    steps.push_back(step.seconds() * 1000);
  }
  Figure figure{name + ": Satchel", plan.notes, watch.seconds(), bare, {}, {}, {}};
  set_steps(figure, steps);
  report.figures.push_back(std::move(figure));
}

}  // namespace

Report commit(const Plan& plan) {
  Report report{"commit: " + count_of(plan.notes, "notes, each in a commit of its own"),
                "bare SQLite with the same settings inserts id and text of each note in a transaction of its own", {}};
  measure_commits(report, plan, sqlite::Durability::full, "full");
  measure_commits(report, plan, sqlite::Durability::grouped, "grouped");
  return report;
}

Report push(const Plan& plan) {
  Centre centre(plan.directory / "centre");
  const std::vector<ScopeId> cases = centre.grant_cases(worker, plan.cases);
  Tablet tablet(plan.directory / "tablet.db", sqlite::Durability::grouped, worker);
  const std::string credential = centre.sign_in(tablet, worker);
  fill(tablet, centre, credential, cases, plan.notes);
  const Exchange exchange = sync(tablet, centre, credential);
  check_all_sent(tablet);
  const uint64_t per_commit = plan.notes / exchange.rounds + 1;
  const double bare =
      bare_inserts(plan.directory / "bare.db", sqlite::Durability::full, texts_of(plan.notes), per_commit, nullptr);
  Report report{"push: " + count_of(plan.notes, "unsent notes in ") + count_of(plan.cases, "cases, without network"),
                "bare SQLite inserts id and text of the notes, in as many durable transactions as there were requests",
                {}};
  add_parts(report, plan, exchange, bare);
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

  Tablet tablet(plan.directory / "tablet.db", sqlite::Durability::full, worker);
  const Exchange exchange = sync(tablet, centre, centre.sign_in(tablet, worker));
  check_all_there(tablet, plan);
  const uint64_t per_commit = plan.notes / exchange.rounds + 1;
  const double bare =
      bare_inserts(plan.directory / "bare.db", sqlite::Durability::full, texts_of(plan.notes), per_commit, nullptr);
  Report report{"first sync: " + count_of(plan.notes, "notes in ") + count_of(plan.cases, "cases, without network"),
                "bare SQLite inserts id and text of the notes, in as many durable transactions as there were requests",
                {}};
  add_parts(report, plan, exchange, bare);
  return report;
}

}  // namespace satchel::bench

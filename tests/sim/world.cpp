#include "tests/sim/world.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "proto/messages.hpp"
#include "tests/sim/events.hpp"
#include "tests/sim/schemas.hpp"
#include "tests/sim/sealed.hpp"

namespace satchel::sim {
namespace {

constexpr uint64_t kRoundsMost = 40;
constexpr uint64_t kRequestsMost = 2000;  // of all tablets in one round; tablets that take 1 KiB at a time need a hundred each

const std::vector<std::string> kWorkers = {"amira", "beth", "carys", "dewi"};

}  // namespace

Outcome run_world(const Plan& plan, bool story) { return World(plan, story).run(); }

World::World(const Plan& the_plan, bool with_story) : plan(the_plan), story(timeline, with_story) {
  outcome.seed = plan.seed;
}

sqlite::Database World::open(support::MemoryDisk& disk, const std::string& path) {
  sqlite::OpenOptions options;
  options.path = path;
  options.vfs = disk.vfs();
  auto db = sqlite::Database::open(options);
  SATCHEL_CHECK(db.ok());
  return std::move(*db);
}

void World::violate(const std::string& check, const std::string& what) {
  outcome.violations.push_back({check, what});
  story.line("CHECK", check + ": " + what);
}

std::string World::name_of_scope(const ScopeId& scope) const { return story.name_of(scope.text()); }

// ---- the beginning

void World::add_tablet(const TabletPlan& of, const std::string& name, const std::string& worker) {
  TabletOptions options;
  options.seed = plan.seed;
  options.number = tablets.size();
  options.name = name;
  options.worker = worker;
  options.schema = schema_;
  options.watch = of.watch;
  options.limits.answer_bytes = static_cast<size_t>(of.answer_kib) << 10;
  options.limits.push_bytes = static_cast<size_t>(of.push_kib) << 10;
  options.durability = of.grouped ? sqlite::Durability::grouped : sqlite::Durability::full;
  tablets.push_back(std::make_unique<TabletMachine>(
      timeline, story, options,
      [this](const sync::HttpRequest& request, Answer answer) { centre->arrive(request, std::move(answer)); }));
  watch(*tablets.back());
}

void World::watch(TabletMachine& tablet) {
  TabletMachine* it = &tablet;
  tablet.token = make_token(tablet.worker(), kBeginning + timeline.now() + 365 * kDay);
  tablet.on_death = [this, it] {
    // Whoever chose not to wait for the disk may lose the last commits with the power: what had not left.
    if (it->grouped() && it->disk.last_stop() == support::Stop::power_cut) {
      ++it->life;
      lets_go(*it, "the power went, and " + it->name() + " does not wait for its disk");
    }
    const int64_t pause = static_cast<int64_t>(stream(plan.seed, it->name(), it->deaths) % 30'000);
    timeline.after(pause, [this, it] { open_again(*it); });
  };
  tablet.on_request = [this, it](const sync::HttpRequest&) { ++outcome.requests; };
  tablet.on_answer = [this, it](const auto& request, const auto& answer) { came(*it, request, answer); };
}

// Whatever the crash left is whole: the store opens, and is the fold of its log.
void World::open_again(TabletMachine& tablet) {
  if (tablet.running() || tablet.gone || night_) return;
  tablet.start();
  if (!tablet.running() || !std::exchange(tablet.ended_badly, false)) return;
  tablet.act([&] {
    const auto report = tablet.store().verify();
    if (!report.ok() && !tablet.disk.dead()) {
      violate("verify",
              tablet.name() + " after a crash: " + report.error().message + " [" + report.error().place + "]");
    }
  });
}

void World::start_centre() {
  if (!centre_held_down_) centre->start();
}

void World::set_up() {
  schema_ = schema_of(plan.whole_schema ? Collections::all : Collections::each_kind);
  newer_schema_ = grown(schema_);
  CentreOptions options;
  options.seed = plan.seed;
  options.backup_configured = plan.backups;
  options.session_ms = plan.session_ms;
  options.answer_bytes_most = static_cast<size_t>(plan.centre_answer_kib) << 10;
  options.schema = schema_;
  centre = std::make_unique<CentreMachine>(timeline, story, options);
  centre->on_death = [this] {
    const int64_t pause = static_cast<int64_t>(stream(plan.seed, "centre comes back", centre->deaths) % 60'000);
    timeline.after(pause, [this] { start_centre(); });
  };
  centre->start();
  server::Admin& admin = centre->admin();
  const auto give = [&](const std::string& worker, std::optional<ScopeId> scope, const std::string& kind,
                        const ScopeId& parent) {
    const auto id = admin.grant(kOrganisation, worker, scope, kind, "writer", kind, parent);
    SATCHEL_CHECK(id.ok());
    rights.give(worker, *id, true, kBeginning, true);
    if (!kind.empty()) scope_kinds[*id] = kind;
    return *id;
  };
  team = give(kWorkers[0], std::nullopt, "team", ScopeId{});
  story.name(team.text(), "team");
  for (uint32_t i = 1; i < plan.workers; ++i) give(kWorkers[i], team, "", ScopeId{});
  for (uint32_t i = 0; i < plan.cases; ++i) {
    const ScopeId id = give(kWorkers[0], std::nullopt, "case", team);
    cases.push_back(id);
    story.name(id.text(), "case-" + std::to_string(cases.size()));
    for (uint32_t worker = 1; worker < plan.workers; ++worker) give(kWorkers[worker], id, "", ScopeId{});
  }
  for (uint32_t i = 0; i < plan.workers; ++i) {
    story.name(give(kWorkers[i], std::nullopt, "self", ScopeId{}).text(), "self-of-" + kWorkers[i]);
  }
  for (const TabletPlan& tablet : plan.tablets) {
    const std::string& worker = kWorkers[tablet.worker];
    add_tablet(tablet, worker + "-" + std::to_string(tablets.size()), worker);
  }
  for (auto& tablet : tablets) tablet->start();
}

// ---- what tablets receive

void World::came(TabletMachine& tablet, const sync::HttpRequest& request, const sync::HttpResponse& response) {
  if (request.path != "/v1/sync" || response.status != 200) return;
  const bool packed = response.headers.count("content-encoding") != 0;
  const auto plain = packed ? proto::decompress(response.body, 64 << 20) : Result<Bytes>(response.body);
  if (!plain.ok()) return;
  const auto answer = proto::decode_sync_response(*plain);
  if (!answer.ok()) return violate("protocol", tablet.name() + " got an answer that does not decode");
  for (const proto::Page& page : answer->pages) {
    if (!rights.ever(tablet.worker(), page.scope)) {
      violate("rights", tablet.name() + " received " + name_of_scope(page.scope) + ", which was never granted");
    }
    for (const model::TransactionId& id : centres_words.changed_in(page)) {
      violate("ids", tablet.name() + " received other words of the centre under the id " + id.replica.text() + "/" +
                         std::to_string(id.counter) + " in " + name_of_scope(page.scope));
    }
  }
  const bool more_to_come = std::any_of(answer->pages.begin(), answer->pages.end(), [](const proto::Page& page) {
    return !page.snapshot.empty() && !page.snapshot_last;
  });
  if (more_to_come && tablet.breaks_off_for_ms > 0) {
    tablet.broke_off = true;
    Events(*this).goes_offline(tablet, std::exchange(tablet.breaks_off_for_ms, 0));
  }
  if (!story.on()) return;
  std::string words;
  for (const auto& verdict : answer->verdicts) {
    static const char* const kinds[] = {"?", "accepted", "quarantined", "not yet", "fork", "refused offer"};
    words += std::string(words.empty() ? "" : ", ") + kinds[static_cast<size_t>(verdict.kind)] + " " +
             verdict.id.replica.text().substr(0, 4) + "/" + std::to_string(verdict.id.counter) +
             (verdict.position != 0 ? "@" + std::to_string(verdict.position) : "") +
             (verdict.missing_counter != 0 ? " missing " + verdict.missing_replica.text().substr(0, 4) + "/" +
                                                 std::to_string(verdict.missing_counter)
                                           : "") +
             (verdict.reason.empty() ? "" : " (" + verdict.reason + ")");
  }
  for (const auto& page : answer->pages) {
    words +=
        std::string(words.empty() ? "" : ", ") + page.scope.text() + " +" + std::to_string(page.entries.size()) +
        (page.rewind_to ? " rewind to " + std::to_string(*page.rewind_to) : "") + (page.restart ? " restart" : "") +
        (page.send_history ? " send history" : "") +
        (page.snapshot_last || !page.snapshot.empty() ? " snapshot@" + std::to_string(page.snapshot_position) : "") +
        " head " + std::to_string(page.head);
  }
  for (const auto& grant : answer->grants)
    words += (grant.withdrawn ? " withdrawn:" : " granted:") + grant.scope.text();
  if (!words.empty()) story.line(tablet.name(), "  < " + words);
}

// ---- copies

std::set<uint32_t> World::marks_everywhere() {
  std::set<uint32_t> all;
  const auto keys = sealing_keys(centre->disk);
  const auto add = [&](support::MemoryDisk& disk, const std::string& path) {
    if (!disk.exists(path)) return;
    look_into(disk, path, [&](sqlite::Database& db) {
      const auto marks = marks_in(db);
      SATCHEL_CHECK(marks.ok());
      all.insert(marks->begin(), marks->end());
      all.merge(marks_sealed_in(db, keys));
    });
  };
  add(centre->disk, kCentreFile);
  for (auto& tablet : tablets) {
    if (!tablet->gone) add(tablet->disk, "tablet.db");
  }
  return all;
}

// What only this tablet had is gone: its own words, and those of a tablet that has them no more, which the centre lost in a
// restore and this one had not given back yet (seed 117).
void World::lets_go(const TabletMachine& tablet, const std::string& why) {
  promises.let_go(
      marks_everywhere(),
      [&](const Promise& promise) { return promise.tablet == tablet.number() || !keeps(promise); }, why);
}

// The file that it was written to is that file still: then it stays there, sealed if need be, until a backup has it.
bool World::keeps(const Promise& promise) const {
  const TabletMachine& tablet = *tablets[promise.tablet];
  return tablet.life == promise.life && !tablet.gone;
}

// ---- the end

// A world that moved too little so far goes on a little.
void World::write_more() {
  constexpr uint64_t in_a_row = 6;
  for (uint64_t i = 0; plan.write_more && outcome.commits < kCommitsLeast && i < 600; ++i) {
    Events(*this).happen({0, What::write, static_cast<uint32_t>(i / in_a_row), stream(plan.seed, "more", i)});
    if (i % in_a_row == in_a_row - 1) timeline.run_until(timeline.now() + 200);
  }
}

void World::heal() {
  story.line("world", "heals");
  centre->disk.revive();
  centre->disk.fail_after(0, 0);
  centre->start();
  for (auto& tablet : tablets) {
    tablet->weather = Weather{};
    tablet->breaks_off_for_ms = 0;
    tablet->disk.set_capacity(UINT64_MAX);
    tablet->disk.fail_after(0, 0);
    tablet->disk.revive();
    tablet->token = make_token(tablet->worker(), kBeginning + timeline.now() + 365 * kDay);
    open_again(*tablet);
    if (tablet->running()) tablet->engine().network_changed(true);
  }
}

// Everybody syncs once; false: somebody could not.
bool World::sync_all() {
  struct Waiting {
    size_t left = 0;
    bool good = true;
  };
  const auto waiting = std::make_shared<Waiting>();
  for (auto& tablet : tablets) {
    if (tablet->gone) continue;
    if (!tablet->running()) {
      waiting->good = false;
      continue;
    }
    ++waiting->left;
    tablet->sync_once([waiting](const Result<sync::EngineStatus>& result) {
      --waiting->left;
      waiting->good = waiting->good && result.ok();
    });
  }
  const int64_t end = timeline.now() + 30 * kMinute;
  const uint64_t enough = outcome.requests + kRequestsMost;
  while (waiting->left > 0 && outcome.requests < enough && timeline.run_next(end)) {
  }
  if (outcome.requests >= enough) violate("stuck", "somebody asks and asks");
  return waiting->good && waiting->left == 0;
}

// Where everybody stands, as text: when it is the same twice, nothing moves any more.
std::string World::standing() {
  std::string text;
  for (auto& tablet : tablets) {
    if (!tablet->running()) continue;
    text += tablet->name() + " unsent " + std::to_string(tablet->status().unsent);
    const auto scopes = tablet->reader().scopes();
    if (!scopes.ok()) continue;
    for (const auto& scope : *scopes) {
      text += " " + scope.id.text() + ":" + std::to_string(scope.position) + "/" + std::to_string(scope.head) +
              (scope.withdrawn ? "w" : "");
    }
    text += "\n";
  }
  return text;
}

void World::settle() {
  std::string before;
  for (uint64_t round = 1; round <= kRoundsMost; ++round) {
    outcome.rounds = round;
    const bool good = sync_all();
    if (!outcome.violations.empty() && outcome.violations.back().check == "stuck") return;
    const std::string now = standing();
    if (good && now == before) return;
    before = now;
  }
  violate("stuck", "not at rest after " + std::to_string(kRoundsMost) + " rounds: " + before);
}

void World::check() {
  const AtRest all = at_rest(*this);
  for (const auto& one : all_checks()) {
    for (const auto& what : one->at_rest(all)) violate(one->name(), what);
  }
}

Outcome World::run() {
  seed_libraries(plan.seed);
  try {
    set_up();
    for (const Event& event : plan.events) {
      timeline.run_until(timeline.now() + event.pause_ms);
      Events(*this).happen(event);
    }
    write_more();
    heal();
    settle();
    check();
  } catch (const CheckFailure& failure) {
    violate("check",
            std::string(failure.what()) + (centre && !centre->fault.empty() ? "; centre: " + centre->fault : ""));
  }
  outcome.tablets = tablets.size();
  for (const auto& tablet : tablets) {
    outcome.faults += tablet->link.faults();
    outcome.deaths += tablet->deaths;
  }
  if (centre) outcome.deaths += centre->deaths;
  outcome.steps = timeline.steps();
  outcome.simulated_ms = timeline.now();
  if (story.on()) outcome.story = story.text();
  return outcome;
}

}  // namespace satchel::sim

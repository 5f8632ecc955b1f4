#include "tests/sim/tablet.hpp"

#include "core/base/check.hpp"
#include "tests/sim/centre.hpp"

namespace satchel::sim {
namespace {

const char* name_of(sync::SyncEnd end) {
  constexpr const char* names[] = {"all is done", "its time is over", "out of reach", "somebody has to sign in", "failed"};
  return names[static_cast<size_t>(end)];
}

}  // namespace

void TabletMachine::Tokens::token(std::function<void(Result<std::string>)> done) {
  if (tablet_.token.empty()) return done(make_error(Code::sign_in, "Please sign in again."));
  done(tablet_.token);
}

TabletMachine::TabletMachine(Timeline& timeline, Story& story, TabletOptions options, Arrive arrive)
    : disk(stream(options.seed, "tablet disk", options.number)),
      clock(timeline),
      logger(story, options.name),
      dice(options.seed, "people", options.number),
      timeline_(timeline),
      story_(story),
      options_(std::move(options)),
      random_(options_.seed, "tablet random", options_.number),
      link_dice_(options_.seed, "link", options_.number),
      chance_(options_.seed, "tablet chance", options_.number),
      arrive_(std::move(arrive)) {}

TabletMachine::~TabletMachine() { clear(); }

void TabletMachine::clear() {
  if (executor_) executor_->close();
  engine_.reset();
  transport_.reset();
  reader_.reset();
  store_.reset();
  executor_.reset();
  forms.clear();
  under_way_.clear();
}

void TabletMachine::guard(const std::function<void()>& work) {
  ++guarding_;
  try {
    work();
  } catch (const CheckFailure& failure) {
    fault = failure.what();
  }
  if (--guarding_ > 0 || !disk.dead()) return;
  story_.line(name(), "dies");
  ++deaths;
  ended_badly = true;
  clear();
  disk.revive();
  if (on_death) on_death();
}

Result<> TabletMachine::open() {
  store::Options options;
  options.path = "tablet.db";
  options.schema_json = options_.schema;
  options.organisation = kOrganisation;
  options.worker = options_.worker;
  options.vfs = disk.vfs();
  options.durability = options_.durability;
  options.secrets = std::make_shared<Secrets>(disk);
  SATCHEL_ASSIGN(store_, store::Store::open(options, clock, random_, logger));
  SATCHEL_ASSIGN(reader_, store_->reader());
  return {};
}

void TabletMachine::start() {
  if (running()) return;
  guard([&] {
    const Result<> opened = open();
    if (!opened.ok()) {
      reader_.reset();
      store_.reset();
      story_.line(name(), "does not open: " + opened.error().message);
      const bool later = opened.error().code == Code::io || opened.error().code == Code::disk_full;
      if (!later) fault = "does not open: " + opened.error().message + " [" + opened.error().place + "]";
      if (later && !disk.dead() && on_death) on_death();
      return;
    }
    executor_ = std::make_unique<MachineExecutor>(timeline_, [this](const Executor::Task& task) { guard(task); });
    transport_ = make_link({timeline_, story_, name(), weather, link, link_dice_, arrive_,
                            [this](const auto& request) { on_request(request); },
                            [this](const auto& request, const auto& answer) { on_answer(request, answer); }});
    sync::EngineOptions engine;
    engine.watch = options_.watch;
    engine.poll_wait_ms = options_.poll_wait_ms;
    engine.limits = options_.limits;
    engine.other_process_ms = 0;
    engine_ = sync::make_engine(*store_, *transport_, tokens_, *executor_, clock, random_, logger, engine);
    engine_->start();
    story_.line(name(), "runs");
  });
}

void TabletMachine::close() {
  story_.line(name(), "is closed");
  guard([&] { clear(); });
}

void TabletMachine::die(support::Stop how) {
  guard([&] { disk.stop(how, chance_.u64()); });
}

Result<store::Receipt> TabletMachine::commit(const store::Draft& draft) {
  auto receipt = store_->commit(draft);
  if (receipt.ok()) engine_->local_commit();
  return receipt;
}

void TabletMachine::sync_once(std::function<void(Result<sync::EngineStatus>)> done) {
  engine_->sync_once(std::move(done));
}

uint64_t TabletMachine::sync_within(int64_t within_ms) {
  const uint64_t number = ++last_sync_;
  under_way_.insert(number);
  engine_->sync_within(within_ms, [this, number](const sync::SyncOutcome& outcome) {
    story_.line(name(), std::string("ends its sync in the background: ") + name_of(outcome.end));
    if (under_way_.erase(number) == 0) fault = "a sync ended twice";
    const uint64_t left = outcome.status.store.unsent;
    if (outcome.end == sync::SyncEnd::finished && left > 0) fault = "a sync that finished left something to send";
    if (outcome.end >= sync::SyncEnd::offline && !outcome.error) fault = "a sync that failed does not say why";
  });
  return number;
}

void TabletMachine::expect_ended(uint64_t sync) {
  if (under_way_.contains(sync)) fault = "a sync took longer than it was given";
}

store::Status TabletMachine::status() {
  auto status = reader_->status();
  return status.ok() ? *status : store::Status{};
}

void TabletMachine::put_back(const Files& files, bool whole_machine) {
  SATCHEL_CHECK(!running());
  Files now = files;
  if (!whole_machine) {
    std::erase_if(now, [](const auto& file) { return Secrets::is_one(file.first); });
    for (const auto& [name, content] : disk.contents()) {
      if (Secrets::is_one(name)) now[name] = content;
    }
  }
  disk.put_back(now);
  ended_badly = true;
  ++life;
}

}  // namespace satchel::sim

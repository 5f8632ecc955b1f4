#include "tests/kills/files.hpp"

#include <algorithm>
#include <stdexcept>

#include "tests/sim/centre.hpp"
#include "tests/sim/log_of_centre.hpp"
#include "tests/sim/schemas.hpp"

namespace satchel::kills {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " [" + result.error().place + "]");
  return std::move(result).value();
}

store::Options options_of(const TabletSetUp& tablet) {
  store::Options options;
  options.path = tablet.store;
  options.create = false;
  return options;
}

}  // namespace

Files::Files(const std::string& centre, const std::vector<TabletSetUp>& tablets, const ScopeId& team, Account& account)
    : centre_(centre) {
  server::ServiceOptions options;
  options.data_dir = centre + "/centre";
  options.keys_dir = centre + "/keys";
  auto schema = must(model::Schema::parse(sim::schema_of(sim::Collections::each_kind)));
  admin_ = must(server::Admin::open(options, std::move(schema), clock_, random_, logger_));
  opened_.reserve(tablets.size());
  for (const TabletSetUp& tablet : tablets) open(tablet, account);
  all_.centre = std::make_shared<sim::CentreLog>([this] { return open_centre(); });
  look_at_centre();
  all_.admin = [this]() -> server::Admin& { return *admin_; };
  for (const auto& [name, words] : account.faults) {
    const auto is_it = [&of = name](const TabletSetUp& tablet) { return tablet.name == of; };
    if (std::none_of(tablets.begin(), tablets.end(), is_it)) all_.centre_faults += name + ": " + words;
  }
  all_.promises = &account.promises;
  all_.rights = &account.rights;
  all_.known = &known_;
  all_.team = team;
  all_.name_of_scope = [](const ScopeId& scope) { return scope.text(); };
}

void Files::open(const TabletSetUp& tablet, Account& account) {
  sim::TabletAtRest found;
  found.name = tablet.name;
  found.worker = tablet.worker;
  found.number = tablet.number;
  found.forks = account.forks[tablet.name];
  auto store = store::Store::open(options_of(tablet), clock_, random_, logger_);
  if (store.ok()) {
    auto reader = must((*store)->reader());
    opened_.push_back({std::move(*store), std::move(reader)});
    found.store = opened_.back().store.get();
    found.reader = opened_.back().reader.get();
  } else {
    account.faults[tablet.name] += "does not open: " + store.error().message + " [" + store.error().place + "]";
  }
  const auto faults = account.faults.find(tablet.name);
  if (faults != account.faults.end()) found.faults = faults->second;
  all_.tablets.push_back(std::move(found));
}

void Files::look_at_centre() {
  for (const sim::ReadScope& scope : all_.centre->scopes()) {
    entries_ += scope.entries.size();
    for (const sim::ReadEntry& read : scope.entries) {
      for (const model::Op& op : read.ops) {
        if (op.action == model::Action::create) known_[scope.state.id].push_back({op.collection, op.record});
      }
    }
  }
}

uint64_t Files::quarantined() { return must(admin_->quarantine(sim::kOrganisation)).size(); }

sqlite::Database Files::open_centre() const {
  sqlite::OpenOptions options;
  options.path = centre_ + "/centre/centre.db";
  return must(sqlite::Database::open(options));
}

std::string standing(const TabletSetUp& tablet) {
  SystemClock clock;
  SystemRandom random;
  NullLogger logger;
  const auto store = must(store::Store::open(options_of(tablet), clock, random, logger));
  const auto reader = must(store->reader());
  std::string text = tablet.name + " unsent " + std::to_string(must(reader->status()).unsent);
  for (const auto& scope : must(reader->scopes())) {
    text += " " + scope.id.text() + ":" + std::to_string(scope.position) + "/" + std::to_string(scope.head);
  }
  return text + "\n";
}

}  // namespace satchel::kills

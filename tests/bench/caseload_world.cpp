#include "tests/bench/caseload_world.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "core/model/calendar.hpp"
#include "core/query/query.hpp"
#include "platform/c/json_in.hpp"

namespace satchel::bench {
namespace {

constexpr int64_t day_ms = 86'400'000;

int number_at(const std::string& text, size_t at, size_t count) {
  int number = 0;
  std::from_chars(text.data() + at, text.data() + at + count, number);
  return number;
}

}  // namespace

int64_t begin_of(const std::string& day) {
  const model::Date date{number_at(day, 0, 4), static_cast<uint32_t>(number_at(day, 5, 2)),
                         static_cast<uint32_t>(number_at(day, 8, 2))};
  return model::days_since_1970(date) * day_ms;
}

CaseloadWorld::CaseloadWorld(const std::filesystem::path& directory, const Scale& scale)
    : file_(directory / "tablet.db"), centre_(directory / "centre") {
  tablet_ = std::make_unique<Tablet>(file_, sqlite::Durability::grouped, worker);
  const ScopeId team = centre_.grant(worker, "team");
  sync();
  around_.worker = worker;
  around_.team = team.text();
  papers_ = demo::invent_papers(around_, {});
  records_ = papers_.records;
  while (records_ < scale.records) {
    cases_.push_back(demo::invent_case(around_, static_cast<unsigned>(cases_.size())));
    records_ += cases_.back().records;
  }
  write_all();
  sync();
  must(tablet_->store->flush());
}

void CaseloadWorld::write_all() {
  const auto reader = must(tablet_->store->reader());
  for (const nlohmann::json* commit : commits()) write(*tablet_, *reader, *commit);
}

void CaseloadWorld::sync() { Connected(*tablet_, link()).sync(); }

void CaseloadWorld::reopen() {
  tablet_.reset();
  tablet_ = std::make_unique<Tablet>(file_, sqlite::Durability::grouped, worker);
}

std::vector<const nlohmann::json*> CaseloadWorld::commits() const {
  std::vector<const nlohmann::json*> all;
  for (const auto& each : cases_)
    for (const auto& commit : each.commits) all.push_back(&commit);
  for (const auto& commit : papers_.commits) all.push_back(&commit);
  return all;
}

std::vector<model::RecordKey> CaseloadWorld::keys() const {
  std::vector<model::RecordKey> keys;
  for (const nlohmann::json* commit : commits()) {
    for (const auto& change : commit->at("changes")) {
      if (change.at("action") != "create") continue;
      keys.push_back({change.at("collection").get<std::string>(),
                      *RecordId::parse(change.at("record").get<std::string>())});
    }
  }
  return keys;
}

std::string CaseloadWorld::busiest_day() const {
  std::map<std::string, unsigned> seen;
  for (const nlohmann::json* commit : commits()) {
    for (const auto& change : commit->at("changes")) {
      if (change.at("action") == "create" && change.at("collection") == "encounter")
        ++seen[change.at("fields").at("start").get<std::string>().substr(0, 10)];
    }
  }
  expect(!seen.empty(), "nobody is visited in this caseload");
  return std::max_element(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

void write(Tablet& tablet, store::Reader& reader, const nlohmann::json& commit) {
  const abi::DraftContext context{reader, tablet.clock, tablet.random};
  must(tablet.store->commit(must(abi::parse_draft(commit.dump(), context)).draft));
}

BareRows::BareRows(const std::filesystem::path& path, const std::vector<const nlohmann::json*>& commits) : path_(path) {
  sqlite::Database db = open(path);
  must(db.exec(
      "CREATE TABLE rows(id TEXT PRIMARY KEY, collection TEXT NOT NULL, status TEXT, due TEXT, body TEXT NOT NULL);"
      "CREATE INDEX by_status ON rows(collection, status, due); CREATE INDEX by_due ON rows(collection, due)"));
  for (const nlohmann::json* commit : commits) {
    auto transaction = must(sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
    for (const auto& change : commit->at("changes")) insert(db, change);
    must(transaction.commit());
  }
  must(db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
}

sqlite::Database BareRows::open(const std::filesystem::path& path) {
  sqlite::OpenOptions options;
  options.path = path.string();
  options.durability = sqlite::Durability::grouped;
  return must(sqlite::Database::open(options));
}

void BareRows::insert(sqlite::Database& db, const nlohmann::json& change) {
  if (change.at("action") != "create") return;
  const auto& fields = change.at("fields");
  const bool visit = change.at("collection") == "encounter";
  sqlite::StatementScope row(
      db.prepare("INSERT INTO rows(id, collection, status, due, body) VALUES(?1, ?2, ?3, ?4, ?5)"));
  row->bind_text(0, change.at("record").get<std::string>()).bind_text(1, change.at("collection").get<std::string>());
  row->bind_text(2, fields.value("status", "")).bind_text(3, fields.value(visit ? "start" : "review_due", ""));
  row->bind_text(4, fields.dump());
  must(row->run());
}

size_t visits_of(store::Reader& reader, const std::string& day) {
  query::Query query;
  query.collection = "encounter";
  query.order_by = "start";
  query.filters = {{"start", query::Compare::greater_or_equal, model::Instant{begin_of(day), 0, {}}},
                   {"start", query::Compare::less, model::Instant{begin_of(day) + day_ms, 0, {}}}};
  return must(query::run(reader, query)).records.size();
}

size_t visits_of(sqlite::Database& bare, const std::string& day) {
  sqlite::StatementScope query(
      bare.prepare("SELECT body FROM rows WHERE collection = 'encounter' AND due >= ?1 AND due < ?1 || 'Z' ORDER BY due"
                   " LIMIT 50"));
  query->bind_text(0, day);
  size_t count = 0;
  while (must(query->step())) count += query->text(0).empty() ? 0 : 1;
  return count;
}

}  // namespace satchel::bench

#include "server/renew_headers.hpp"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "server/headers.hpp"
#include "server/tables.hpp"

namespace satchel::server {
namespace {

using Json = nlohmann::json;

constexpr const char* value_name = "headers";
constexpr size_t portion = 250;          // records in one database transaction
constexpr size_t page_bytes = 16 << 10;  // of records looked at in one go

// What decides how headers look, so that it is equal as long as they do: collection -> {"header", "fields": the
// definitions of those that it shows}.
Json definitions(const model::Schema& schema) {
  const Json source = Json::parse(schema.source());
  Json found = Json::object();
  for (const auto& [name, collection] : schema.collections()) {
    if (!collection.header) continue;
    const Json& given = source["collections"][name];
    Json& definition = found[name] = {{"header", given["header"]}};
    for (const std::string& field : collection.header->fields) definition["fields"][field] = given["fields"][field];
  }
  return found;
}

// The value in the centre's file: {"now": definitions, "before": {collection: [where its headers went], ...}}. "before"
// is there while a renewal is under way.
Result<Json> load(sqlite::Database& db) {
  SATCHEL_ASSIGN(const auto text, value_of(db, value_name));
  if (!text) return Json::object();
  Json value = Json::parse(*text, nullptr, false);
  if (!value.is_object()) return make_error(Code::corrupt, "What headers were made with cannot be read.", value_name);
  return value;
}

Result<> save(Centre& centre, const Json& value) {
  SATCHEL_ASSIGN(Work work, Work::begin(centre));
  SATCHEL_TRY(set_value(centre.db(), value_name, value.dump()));
  return work.commit();
}

class Renewal {
 public:
  Renewal(Centre& centre, const Json& before) : centre_(centre), before_(before) {}

  Result<> run() {
    SATCHEL_ASSIGN(const auto orgs, organisations(centre_.db()));
    for (const int64_t org : orgs) {
      SATCHEL_ASSIGN(const auto scopes, centre_.log().scopes(org));
      for (const auto& scope : scopes) {
        if (!scope.parent.is_nil()) SATCHEL_TRY(look_at(scope));
      }
    }
    return flush();
  }

  uint64_t records() const { return records_; }

 private:
  struct Waiting {
    log::ScopeState scope;
    model::RecordKey record;
  };

  Result<> look_at(const log::ScopeState& scope) {
    for (const auto& [name, collection] : centre_.schema().collections()) {
      if (collection.header || before_.contains(name)) SATCHEL_TRY(look_at(scope, name));
    }
    return {};
  }

  Result<> look_at(const log::ScopeState& scope, const std::string& collection) {
    for (model::RecordKey after{collection, RecordId{}};;) {
      SATCHEL_ASSIGN(const auto page, centre_.log().records_after(scope.key, after, page_bytes));
      for (const auto& record : page) {
        if (record.key.collection != collection) return {};
        waiting_.push_back({scope, record.key});
        if (waiting_.size() >= portion) SATCHEL_TRY(flush());
      }
      if (page.empty()) return {};
      after = page.back().key;
    }
  }

  Result<> flush() {
    if (waiting_.empty()) return {};
    SATCHEL_ASSIGN(Work work, Work::begin(centre_));
    Headers headers(work);
    for (const auto& [scope, record] : waiting_) {
      headers.changed(scope, {record});
      const auto targets = before_.find(record.collection);
      if (targets == before_.end()) continue;
      for (const Json& target : *targets) headers.was_in(target.get<std::string>(), scope, record);
    }
    SATCHEL_TRY(headers.write());
    records_ += waiting_.size();
    waiting_.clear();
    return work.commit();
  }

  Centre& centre_;
  const Json& before_;
  std::vector<Waiting> waiting_;
  uint64_t records_ = 0;
};

}  // namespace

Result<> renew_headers(Centre& centre) {
  const Json now = definitions(centre.schema());
  SATCHEL_ASSIGN(const Json made_with, load(centre.db()));
  if (made_with.value("now", Json()) == now && !made_with.contains("before")) return {};
  Json before = made_with.value("before", Json::object());
  const Json last = made_with.value("now", Json::object());
  for (const auto& [name, definition] : last.items()) before[name].push_back(definition["header"]["collection"]);
  SATCHEL_TRY(save(centre, {{"now", now}, {"before", before}}));
  Renewal renewal(centre, before);
  SATCHEL_TRY(renewal.run());
  SATCHEL_TRY(save(centre, {{"now", now}}));
  centre.logger().log(LogLevel::info, "headers_renewed", {{"records", std::to_string(renewal.records())}});
  return {};
}

}  // namespace satchel::server

#include "tests/fuzz/small_store.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "proto/codec.hpp"
#include "tests/support/domain_schema.hpp"
#include "tests/support/memory_secrets.hpp"

namespace satchel::fuzz {
namespace {

template <class T>
T must(Result<T> result) {
  require(result.ok(), result.ok() ? "" : result.error().message + " [" + result.error().place + "]");
  return std::move(result).value();
}

model::Value value_of(const model::Field& field, int number) {
  const RecordId some_record{{1}};
  const std::string of = field.references.empty() ? "person" : field.references;
  static const char* const words[] = {"Edith", "", "\xc3\x89mile", "Gw\xc3\xa9n"};
  if (!field.levels.empty()) return field.levels[0];
  switch (field.type) {
    case model::ValueType::integer: return int64_t{number};
    case model::ValueType::decimal: return model::Decimal{number * 25, 1};
    case model::ValueType::boolean: return number % 2 == 0;
    case model::ValueType::date: return model::Date{1940 + number, 2, 28};
    case model::ValueType::instant: return model::Instant{1'790'000'000'000 + number, 60, "Europe/London"};
    case model::ValueType::code: return model::CodedValue{"system", words[number], words[number]};
    case model::ValueType::reference: return model::Reference{of, some_record};
    case model::ValueType::blob: return model::BlobReference{Bytes(32, 'b'), 1, "text/plain"};
    case model::ValueType::text: break;
  }
  return std::string(words[number]);
}

}  // namespace

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

SmallStore::SmallStore() {
  store::Options options;
  options.path = "store.db";
  options.schema_json = test::domain_schema_text();
  options.organisation = "north";
  options.worker = "amy";
  options.vfs = disk_.vfs();
  options.secrets = std::make_shared<support::MemorySecrets>();
  store_ = must(store::Store::open(options, clock_, random_, logger_));
  const ScopeId scope{random_128(random_)};
  store::Draft opening;
  opening.open.push_back({scope, {"case", hear_of_team()}});
  must(store_->commit(opening));
  for (const auto& [name, collection] : store_->schema().collections()) {
    const auto& scopes = collection.scopes;
    const bool here = std::find(scopes.begin(), scopes.end(), "case") != scopes.end();
    for (int number = 0; number < 4 && here && !collection.server_only; ++number) write(scope, collection, number);
  }
  reader_ = must(store_->reader());
}

// Only the centre opens one: as its answer would say.
ScopeId SmallStore::hear_of_team() {
  store::SessionMemory memory;
  const proto::SyncRequest request = must(store_->build_request({}, memory));
  proto::SyncResponse answer;
  answer.server_ms = clock_.wall_ms();
  answer.grants_version = 1;
  answer.grants.push_back({ScopeId{random_128(random_)}, "team", {}, "reader", false, ""});
  must(store_->apply(answer, request));
  return answer.grants.front().scope;
}

void SmallStore::write(const ScopeId& scope, const model::Collection& collection, int number) {
  store::Draft draft;
  store::Change change;
  change.scope = scope;
  change.op.collection = collection.name;
  change.op.record = RecordId{uuid_v7(clock_.wall_ms(), random_)};
  change.op.action = model::Action::create;
  draft.changes.push_back(change);
  for (const auto& [name, field] : collection.fields) {
    const bool one_value = field.kind != model::Kind::server && field.kind != model::Kind::text &&
                           !model::has_elements(field.kind) && field.kind != model::Kind::state;
    if (!field.indexed || !one_value || number == 3) continue;
    change.op.field = name;
    change.op.kind = field.kind;
    change.op.action = model::Action::assign;
    change.op.value = proto::encode_value(value_of(field, number));
    draft.changes.push_back(change);
  }
  must(store_->commit(draft));
}

SmallStore& small_store() {
  static SmallStore one;
  return one;
}

}  // namespace satchel::fuzz

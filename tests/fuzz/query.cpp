// The bytes are a query as JSON: refused in words, or run on a small store, page after page. The pages hold no record
// twice, none of another collection or scope, and together as many as are counted.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "core/query/query.hpp"
#include "platform/c/json_in.hpp"
#include "proto/codec.hpp"
#include "tests/support/domain_schema.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/memory_secrets.hpp"

namespace {

using namespace satchel;

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

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

// One case with four records of each of its collections: three with what can be searched for, one with nothing.
class Place {
 public:
  Place() {
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

  store::Reader& reader() { return *reader_; }

 private:
  // Only the centre opens one: as its answer would say.
  ScopeId hear_of_team() {
    store::SessionMemory memory;
    const proto::SyncRequest request = must(store_->build_request({}, memory));
    proto::SyncResponse answer;
    answer.server_ms = clock_.wall_ms();
    answer.grants_version = 1;
    answer.grants.push_back({ScopeId{random_128(random_)}, "team", {}, "reader", false, ""});
    must(store_->apply(answer, request));
    return answer.grants.front().scope;
  }

  void write(const ScopeId& scope, const model::Collection& collection, int number) {
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

  support::MemoryDisk disk_;
  ManualClock clock_;
  SeededRandom random_{2};
  NullLogger logger_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Reader> reader_;
};

Place& place() {
  static Place one;
  return one;
}

// The continuation may be one that somebody made up.
void check_refused(const Error& error) {
  require(!error.message.empty() && (error.code == Code::invalid || error.code == Code::limit),
          std::string(code_name(error.code)) + ": " + error.message + " [" + error.place + "]");
}

void run(query::Query query) {
  const bool from_start = query.after.empty();
  const auto counted = query::count(place().reader(), query);
  if (!counted.ok()) return check_refused(counted.error());
  std::set<RecordId> found;
  for (size_t pages = 0;; ++pages) {
    require(pages <= *counted + 1, "the pages have no end");
    const auto page = query::run(place().reader(), query);
    if (!page.ok()) return check_refused(page.error());
    require(page->records.size() <= query.limit, "a page is longer than its limit");
    for (const auto& record : page->records) {
      require(record.key.collection == query.collection, "a record of another collection");
      require(!query.scope || record.scope == *query.scope, "a record of another scope");
      require(query.include_voided || record.state.present(), "a record that is not there");
      require(found.insert(record.key.record).second, "a record twice");
    }
    if (page->next.empty()) break;
    query.after = page->next;
  }
  require(!from_start || found.size() == *counted, "the pages hold more or less than is counted");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parsed = abi::parse_query({reinterpret_cast<const char*>(data), size}, place().reader().schema());
  if (!parsed.ok()) {
    require(!parsed.error().message.empty(), "a query is refused without words");
    return 0;
  }
  require(!parsed->query.collection.empty(), "a query of nothing");
  run(parsed->query);
  return 0;
}

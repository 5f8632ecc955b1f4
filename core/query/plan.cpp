#include "core/query/plan.hpp"

#include <algorithm>
#include <tuple>

#include "core/store/held_scopes.hpp"
#include "core/store/sort_key.hpp"

namespace satchel::query {
namespace {

constexpr uint32_t page_most = 1000;

// SQL under construction, with its parameters in order.
class Builder {
 public:
  Builder& add(std::string_view sql) {
    text_ += sql;
    return *this;
  }
  Builder& text(std::string value) {
    parameters_.emplace_back(Parameter{Parameter::Type::text, 0, std::move(value)});
    return add("?");
  }
  Builder& blob(Bytes value) {
    parameters_.emplace_back(Parameter{Parameter::Type::blob, 0, std::move(value)});
    return add("?");
  }
  Builder& number(int64_t value) {
    parameters_.emplace_back(Parameter{Parameter::Type::integer, value, {}});
    return add("?");
  }
  Result<sqlite::Statement*> prepare(sqlite::Database& db) const {
    SATCHEL_ASSIGN(sqlite::Statement * statement, db.prepare_dynamic(text_));
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const Parameter& p = parameters_[i];
      const int at = static_cast<int>(i);
      switch (p.type) {
        case Parameter::Type::integer:
          statement->bind(at, p.integer);
          break;
        case Parameter::Type::text:
          statement->bind_text(at, p.bytes);
          break;
        case Parameter::Type::blob:
          statement->bind_blob(at, p.bytes);
          break;
      }
    }
    return statement;
  }

 private:
  struct Parameter {
    enum class Type { integer, text, blob } type;
    int64_t integer;
    Bytes bytes;
  };
  std::string text_;
  std::vector<Parameter> parameters_;
};

Result<const model::Field*> indexed_field(const model::Collection& collection, const std::string& name,
                                          const char* place) {
  const auto field = collection.fields.find(name);
  if (field == collection.fields.end()) {
    return make_error(Code::invalid, "\"" + collection.name + "\" has no field \"" + name + "\".", place);
  }
  if (!field->second.indexed) {
    return make_error(Code::invalid,
                      "\"" + collection.name + "." + name + "\" is not indexed, so it cannot be searched.", place);
  }
  return &field->second;
}

Result<KeyFilter> key_filter(const model::Collection& collection, const Filter& filter) {
  SATCHEL_ASSIGN(const model::Field* field, indexed_field(collection, filter.field, "filters"));
  KeyFilter result{filter.field, filter.compare, {}};
  if (filter.compare == Compare::starts_with) {
    const auto* text = std::get_if<std::string>(&filter.value);
    auto prefix = text == nullptr ? std::nullopt : store::text_prefix_key(*field, *text);
    if (!prefix) return make_error(Code::invalid, "Only text can be searched by how it begins.", filter.field);
    result.key = std::move(*prefix);
    return result;
  }
  if (!std::holds_alternative<model::Null>(filter.value)) {
    SATCHEL_TRY(model::check_value(collection, *field, filter.value));
  } else if (filter.compare != Compare::equal && filter.compare != Compare::not_equal) {
    return make_error(Code::invalid, "Nothing is neither before nor after a value.", filter.field);
  }
  result.key = store::sort_key(*field, filter.value);
  return result;
}

void add_condition(Builder& sql, const char* key, const KeyFilter& filter) {
  const std::string column = key;
  switch (filter.compare) {
    case Compare::equal:
      sql.add(column + " = ").blob(filter.key);
      return;
    case Compare::not_equal:
      sql.add(column + " <> ").blob(filter.key);
      return;
    case Compare::less:
      sql.add(column + " <> x'' AND " + column + " < ").blob(filter.key);
      return;
    case Compare::less_or_equal:
      sql.add(column + " <> x'' AND " + column + " <= ").blob(filter.key);
      return;
    case Compare::greater:
      sql.add(column + " > ").blob(filter.key);
      return;
    case Compare::greater_or_equal:
      sql.add(column + " >= ").blob(filter.key);
      return;
    case Compare::starts_with: {
      sql.add(column + " >= ").blob(filter.key);
      Bytes end = store::after_prefix(filter.key);
      if (!end.empty()) sql.add(" AND " + column + " < ").blob(std::move(end));
      return;
    }
  }
}

// An equality, by whose index the records are found.
const KeyFilter* driver_of(const Plan& plan) {
  const auto is_equality = [](const KeyFilter& filter) { return filter.compare == Compare::equal; };
  const auto found = std::find_if(plan.filters.begin(), plan.filters.end(), is_equality);
  return found == plan.filters.end() ? nullptr : &*found;
}

// Record and scope as columns of the index that has the order of the page: SQLite sorts what is equal in all but them when
// they are named by another table, though they have the same values.
std::string place_columns(const Plan& plan, const Query& query, const char* direction = "") {
  const std::string table = !query.order_by.empty() ? "o" : driver_of(plan) != nullptr ? "d" : "r";
  return table + ".record" + direction + ", " + table + ".scope" + direction;
}

// FROM and WHERE. Walks the index of an equality where there is one, else that of the order, else the list of records:
// each of them already has the order of the page (but an equality's, where the page is ordered by another field). `only`:
// nothing but this record.
void add_source(Builder& sql, const Plan& plan, const Query& query, const store::ChangedRecord* only = nullptr) {
  const KeyFilter* driver = driver_of(plan);
  if (driver != nullptr) {
    sql.add(
        " FROM field_index d CROSS JOIN record_index r ON r.collection = d.collection AND r.record = d.record"
        " AND r.scope = d.scope");
  } else if (!query.order_by.empty()) {
    sql.add(
        " FROM field_index o CROSS JOIN record_index r ON r.collection = o.collection AND r.record = o.record"
        " AND r.scope = o.scope");
  } else {
    sql.add(" FROM record_index r");
  }
  if (driver != nullptr && !query.order_by.empty()) {
    sql.add(" JOIN field_index o ON o.scope = r.scope AND o.collection = r.collection AND o.record = r.record");
  }
  sql.add(" WHERE r.collection = ").text(query.collection);
  if (driver != nullptr) {
    sql.add(" AND d.collection = ").text(query.collection).add(" AND d.field = ").text(driver->field);
    sql.add(" AND d.key = ").blob(driver->key);
  }
  if (!query.order_by.empty()) {
    sql.add(" AND o.collection = ").text(query.collection).add(" AND o.field = ").text(query.order_by);
    sql.add(" AND o.pick = 1");
  }
  if (only != nullptr) {
    for (const char* table : {"r", driver != nullptr ? "d" : query.order_by.empty() ? "r" : "o"}) {
      const std::string alias = table;
      sql.add(" AND " + alias + ".record = ").blob(Bytes(only->key.record.view()));
      sql.add(" AND " + alias + ".scope = ").number(only->scope.scope);
    }
  }
  if (!query.include_voided) sql.add(" AND r.present = 1");
  if (plan.scope) sql.add(" AND r.scope = ").number(*plan.scope);
  for (const auto& filter : plan.filters) {
    if (&filter == driver) continue;
    sql.add(
           " AND EXISTS (SELECT 1 FROM field_index f WHERE f.scope = r.scope AND f.collection = r.collection"
           " AND f.record = r.record AND f.field = ")
        .text(filter.field);
    // "is not" speaks of what stands; otherwise any of several values side by side may match.
    if (filter.compare == Compare::not_equal) sql.add(" AND f.pick = 1");
    sql.add(" AND ");
    add_condition(sql, "f.key", filter);
    sql.add(")");
  }
}

Result<> add_after(Builder& sql, const Plan& plan, const Query& query) {
  if (query.after.empty()) return {};
  SATCHEL_ASSIGN(const Continuation after, decode_continuation(query.after));
  const std::string columns = (query.order_by.empty() ? "" : "o.key, ") + place_columns(plan, query);
  sql.add(" AND (" + columns + ")" + (query.descending ? " < (" : " > ("));
  if (!query.order_by.empty()) sql.blob(after.key).add(", ");
  sql.blob(Bytes(after.record.view())).add(", ").number(after.scope).add(")");
  return {};
}

void add_order(Builder& sql, const Plan& plan, const Query& query) {
  const char* direction = query.descending ? " DESC" : "";
  sql.add(" ORDER BY ");
  if (!query.order_by.empty()) sql.add("o.key").add(direction).add(", ");
  sql.add(place_columns(plan, query, direction));
  sql.add(" LIMIT ").number(int64_t{query.limit} + 1);
}

const char* columns_of(const Query& query) {
  return query.order_by.empty() ? "SELECT r.record, r.scope, x''" : "SELECT r.record, r.scope, o.key";
}

Result<Continuation> row_of(const sqlite::Statement& q) {
  Continuation at;
  SATCHEL_ASSIGN(at.record, store::id_column<RecordId>(q, 0, "record_index.record"));
  at.scope = q.int64(1);
  at.key = q.blob(2);
  return at;
}

}  // namespace

Result<Plan> plan(store::Reader& reader, const Query& query) {
  Plan plan;
  plan.collection = reader.schema().collection(query.collection);
  if (plan.collection == nullptr) {
    return make_error(Code::invalid, "The schema has no collection \"" + query.collection + "\".", "collection");
  }
  if (query.limit == 0 || query.limit > page_most) {
    return make_error(Code::invalid, "A page has 1 to " + std::to_string(page_most) + " records.", "limit");
  }
  if (!query.order_by.empty()) {
    SATCHEL_TRY(indexed_field(*plan.collection, query.order_by, "order_by"));
  }
  for (const auto& filter : query.filters) {
    SATCHEL_ASSIGN(KeyFilter key, key_filter(*plan.collection, filter));
    plan.filters.push_back(std::move(key));
  }
  if (query.scope) {
    SATCHEL_ASSIGN(const auto held, store::find_held_scope(reader.database(), *query.scope));
    plan.nothing = !held;
    if (held) plan.scope = held->key.scope;
  }
  return plan;
}

Result<std::vector<Continuation>> find(sqlite::Database& db, const Plan& plan, const Query& query) {
  Builder sql;
  sql.add(columns_of(query));
  add_source(sql, plan, query);
  SATCHEL_TRY(add_after(sql, plan, query));
  add_order(sql, plan, query);
  SATCHEL_ASSIGN(sqlite::Statement * statement, sql.prepare(db));
  sqlite::StatementScope q(*statement);
  std::vector<Continuation> found;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return found;
    SATCHEL_ASSIGN(Continuation at, row_of(*q));
    found.push_back(std::move(at));
  }
}

Result<std::optional<Continuation>> find_one(sqlite::Database& db, const Plan& plan, const Query& query,
                                             const store::ChangedRecord& record) {
  Builder sql;
  sql.add(columns_of(query));
  add_source(sql, plan, query, &record);
  SATCHEL_TRY(add_after(sql, plan, query));
  SATCHEL_ASSIGN(sqlite::Statement * statement, sql.prepare(db));
  sqlite::StatementScope q(*statement);
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return std::optional<Continuation>();
  SATCHEL_ASSIGN(Continuation at, row_of(*q));
  return std::optional(std::move(at));
}

Result<uint64_t> count(sqlite::Database& db, const Plan& plan, const Query& query) {
  Builder sql;
  sql.add("SELECT count(*)");
  add_source(sql, plan, query);
  SATCHEL_ASSIGN(sqlite::Statement * statement, sql.prepare(db));
  sqlite::StatementScope q(*statement);
  SATCHEL_TRY(q->step());
  return static_cast<uint64_t>(q->int64(0));
}

bool before(const Query& query, const Continuation& one, const Continuation& other) {
  const auto rank = [](const Continuation& at) { return std::tie(at.key, at.record, at.scope); };
  return query.descending ? rank(other) < rank(one) : rank(one) < rank(other);
}

}  // namespace satchel::query

#include "core/query/views.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/merge/resolve.hpp"
#include "core/model/calendar.hpp"
#include "core/model/json_value.hpp"
#include "core/query/field_json.hpp"
#include "core/store/conflicts.hpp"
#include "core/store/held_scopes.hpp"
#include "core/store/shown_records.hpp"
#include "core/store/sort_key.hpp"
#include "proto/codec.hpp"

namespace satchel::query {
namespace {

using model::ValueType;
using sqlite::Bound;
using sqlite::BoundKind;
using sqlite::Cell;

// Of a name that a schema cannot give to a field: fields begin with a letter, and id and scope are reserved.
enum class System { none, id, scope, voided, unsent, to_decide, to_know };
struct ViewColumn {
  System system = System::none;
  const model::Field* field = nullptr;
};

const char* column_type(const model::Field& field) {
  if (model::has_elements(field.kind)) return "TEXT";
  switch (field.type) {
    case ValueType::integer:
    case ValueType::boolean: return "INTEGER";
    case ValueType::decimal: return "REAL";
    default: return "TEXT";
  }
}

// In UTC and always with milliseconds: the order of the texts is that of the moments, and SQLite's functions read it.
std::string moment_text(int64_t utc_ms) {
  std::string text = model::value_to_text(model::Instant{utc_ms, 0, {}});
  if (text.find('.') == std::string::npos) text.insert(text.size() - 1, ".000");
  return text;
}

// Text that came from outside may not be UTF-8: it is marked, not refused.
std::string json_text(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}
std::string json_text(const model::Value& value) { return json_text(model::value_to_json(value)); }

// A value as its column has it: nothing where it is not what the schema says (a newer app's).
struct ValueCell {
  const model::Field& field;
  Cell operator()(const std::string& text) const { return typed(ValueType::text, text); }
  Cell operator()(int64_t integer) const { return typed(ValueType::integer, integer); }
  Cell operator()(const model::Decimal& decimal) const {
    double power = 1;
    for (uint32_t i = 0; i < decimal.scale; ++i) power *= 10;
    return typed(ValueType::decimal, static_cast<double>(decimal.units) / power);  // the nearest there is
  }
  Cell operator()(bool boolean) const { return typed(ValueType::boolean, int64_t{boolean}); }
  Cell operator()(const model::Date& date) const { return typed(ValueType::date, model::value_to_text(date)); }
  Cell operator()(const model::Instant& instant) const { return typed(ValueType::instant, moment_text(instant.utc_ms)); }
  Cell operator()(const model::CodedValue& code) const { return typed(ValueType::code, json_text(model::Value(code))); }
  Cell operator()(const model::BlobReference& blob) const { return typed(ValueType::blob, json_text(model::Value(blob))); }
  Cell operator()(const model::Reference& reference) const {
    if (field.references.empty()) return typed(ValueType::reference, model::value_to_text(reference));
    return reference.collection == field.references ? typed(ValueType::reference, reference.record.text()) : Cell();
  }
  template <class Other>
  Cell operator()(const Other&) const {
    return {};
  }
  Cell typed(ValueType type, Cell cell) const { return field.type == type ? std::move(cell) : Cell(); }
};

Cell field_cell(const merge::RecordState& record, const model::Field& field) {
  const merge::FieldState* state = record.field(field.name, field.kind);
  if (state == nullptr) return {};
  if (model::has_elements(field.kind)) return json_text(field_json(*state, &field));
  const merge::Resolved resolved = merge::resolve(*state, &field);
  if (resolved.standing.empty()) return {};
  const auto value = proto::decode_value(resolved.standing.front()->value);
  return value.ok() ? std::visit(ValueCell{field}, *value) : Cell();
}

// ---- what the index of a field is asked for

struct KeyRange {
  Bytes from, to;  // both included
  bool nothing = false;
};
const Bytes after_all_keys(1, '\xff');

// The day that a text begins with: whatever compares with the text compares with that day, or is of it.
std::optional<model::Date> day_of(const Cell& cell) {
  const auto* text = std::get_if<std::string>(&cell);
  if (text == nullptr || text->size() < 10) return std::nullopt;
  const auto value = model::value_from_text(text->substr(0, 10), ValueType::date, "");
  return value.ok() ? std::optional(std::get<model::Date>(*value)) : std::nullopt;
}

// The least and greatest key of what compares as equal to the bound, or is near enough to be looked at. Empty: the index
// cannot say.
std::optional<KeyRange> keys_near(const model::Field& field, const Cell& cell) {
  const auto one = [&](const model::Value& value) {
    const Bytes key = store::sort_key(field, value);
    return KeyRange{key, key};
  };
  const auto* integer = std::get_if<int64_t>(&cell);
  const auto* text = std::get_if<std::string>(&cell);
  switch (field.type) {
    case ValueType::text: return text == nullptr ? std::nullopt : std::optional(one(*text));
    case ValueType::integer: return integer == nullptr ? std::nullopt : std::optional(one(*integer));
    case ValueType::boolean:
      return integer == nullptr || (*integer & ~int64_t{1}) != 0 ? std::nullopt : std::optional(one(*integer == 1));
    case ValueType::date: {
      const auto day = day_of(cell);
      return day ? std::optional(one(*day)) : std::nullopt;
    }
    case ValueType::instant: {
      const auto day = day_of(cell);
      if (!day) return std::nullopt;
      const int64_t begin = model::days_since_1970(*day) * 86'400'000;
      return KeyRange{store::sort_key(field, model::Instant{begin, 0, {}}),
                      store::sort_key(field, model::Instant{begin + 86'399'999, 0, {}})};
    }
    case ValueType::reference: {
      if (text == nullptr) return std::nullopt;
      const std::string whole = field.references.empty() ? *text : field.references + "/" + *text;
      const auto value = model::value_from_text(whole, ValueType::reference, "");
      if (!value.ok()) return KeyRange{{}, {}, true};
      return one(*value);
    }
    default: return std::nullopt;
  }
}

// Is the order of the keys that of the column?
bool is_ordered(const model::Field& field) {
  return field.type == ValueType::integer || field.type == ValueType::date || field.type == ValueType::instant;
}

bool is_keyed(const model::Field& field) {
  return field.indexed && field.type != ValueType::decimal && field.type != ValueType::code && field.type != ValueType::blob;
}

// Narrows the range to what meets the bound too; false: it cannot.
bool narrow(KeyRange& range, const model::Field& field, const Bound& bound) {
  const auto near = keys_near(field, bound.value);
  if (!near) return false;
  range.nothing = range.nothing || near->nothing;
  if (bound.kind != BoundKind::less && bound.kind != BoundKind::less_or_equal) range.from = std::max(range.from, near->from);
  if (bound.kind != BoundKind::greater && bound.kind != BoundKind::greater_or_equal) range.to = std::min(range.to, near->to);
  return true;
}

// ---- one collection

struct Shared {  // by all views of one run
  store::Reader& reader;
  bool include_voided;
  store::ShownRecords records;
};

class CollectionView final : public sqlite::AppTable {
 public:
  CollectionView(std::shared_ptr<Shared> shared, const model::Collection& collection)
      : shared_(std::move(shared)), collection_(collection) {
    add("id", "TEXT", System::id);
    add("scope", "TEXT", System::scope);
    for (const auto& [name, field] : collection.fields) add(name, column_type(field), System::none, &field);
    add("_void", "INTEGER", System::voided);
    add("_unsent", "INTEGER", System::unsent);
    add("_to_decide", "INTEGER", System::to_decide);
    add("_to_know", "INTEGER", System::to_know);
  }
  const std::string& name() const override { return collection_.name; }
  const std::vector<Column>& columns() const override { return columns_; }
  size_t key_columns() const override { return 2; }
  double rows_with(size_t column, BoundKind kind) const override {
    const ViewColumn& what = what_[column];
    const bool equal = kind == BoundKind::equal;
    if (what.system == System::id) return equal ? 1 : 0;
    if (what.system == System::scope) return equal ? 100 : 0;
    if (what.field == nullptr || !is_keyed(*what.field)) return 0;
    if (equal) return 25;
    return is_ordered(*what.field) ? 500 : 0;
  }
  std::unique_ptr<sqlite::AppRows> rows() override;

  Shared& shared() const { return *shared_; }
  const model::Collection& collection() const { return collection_; }
  const ViewColumn& what(size_t column) const { return what_[column]; }

 private:
  void add(const std::string& name, const char* type, System system, const model::Field* field = nullptr) {
    columns_.push_back({name, type});
    what_.push_back({system, field});
  }

  std::shared_ptr<Shared> shared_;
  const model::Collection& collection_;
  std::vector<Column> columns_;
  std::vector<ViewColumn> what_;
};

// Keeps the ids of what it walks through, not a statement: one walk may begin anew for each row of another.
class CollectionRows final : public sqlite::AppRows {
 public:
  explicit CollectionRows(const CollectionView& view) : view_(view), db_(view.shared().reader.database()) {}

  Result<> find(const std::vector<Bound>& bounds) override {
    found_.clear();
    at_ = 0;
    record_.reset();
    const auto to_nothing = [](const Bound& bound) { return std::holds_alternative<std::monostate>(bound.value); };
    if (std::any_of(bounds.begin(), bounds.end(), to_nothing)) return {};
    const Bound* const id = bound_on(bounds, System::id);
    if (id != nullptr) return find_id(id->value);
    const Bound* const scope = bound_on(bounds, System::scope);
    std::optional<int64_t> scope_number;
    if (scope != nullptr) {
      SATCHEL_ASSIGN(scope_number, number_of(scope->value));
      if (!scope_number) return {};
    }
    if (const model::Field* const field = best_field(bounds)) return find_keys(bounds, *field, scope_number);
    return scope_number ? find_in_scope(*scope_number) : find_all();
  }
  bool at_end() const override { return at_ == found_.size(); }
  void next() override {
    ++at_;
    record_.reset();
  }
  Result<Cell> cell(size_t column) override {
    const ViewColumn& what = view_.what(column);
    const Found& here = found_[at_];
    if (what.system == System::id) return Cell(here.record.text());
    if (what.system == System::scope) return scope_text();
    if (what.system == System::voided) return Cell(int64_t{!here.present});
    if (what.field != nullptr) {
      SATCHEL_TRY(load());
      return field_cell(record_->state, *what.field);
    }
    if (what.system == System::unsent) {
      SATCHEL_TRY(load());
      return Cell(int64_t{record_->unsent});
    }
    SATCHEL_ASSIGN(const store::InboxRow inbox, store::inbox_row(db_, scope_key(), record_key()));
    return Cell(what.system == System::to_decide ? inbox.count.decide : inbox.count.know);
  }

 private:
  struct Found {
    RecordId record;
    int64_t scope = 0;
    bool present = false;
  };

  const Bound* bound_on(const std::vector<Bound>& bounds, System system) const {
    for (const Bound& bound : bounds) {
      if (view_.what(bound.column).system == system) return &bound;
    }
    return nullptr;
  }

  // A field whose index finds by one value, else one by a range; null: no index helps with these values.
  const model::Field* best_field(const std::vector<Bound>& bounds) const {
    const model::Field* best = nullptr;
    for (const Bound& bound : bounds) {
      const model::Field* const field = view_.what(bound.column).field;
      if (field == nullptr || !keys_near(*field, bound.value)) continue;
      if (bound.kind == BoundKind::equal) return field;
      best = field;
    }
    return best;
  }

  int64_t least_present() const { return view_.shared().include_voided ? 0 : 1; }

  Result<> find_id(const Cell& cell) {
    const auto* text = std::get_if<std::string>(&cell);
    const auto id = text == nullptr ? std::nullopt : RecordId::parse(*text);
    if (!id) return {};
    sqlite::StatementScope q(db_.prepare(
        "SELECT record, scope, present FROM record_index WHERE collection = ? AND present >= ? AND record = ?"));
    q->bind_text(0, view_.name()).bind(1, least_present()).bind_blob(2, id->view());
    return take(*q);
  }

  Result<> find_in_scope(int64_t scope) {
    sqlite::StatementScope q(db_.prepare(
        "SELECT record, scope, present FROM record_index WHERE collection = ? AND present >= ? AND scope = ?"));
    q->bind_text(0, view_.name()).bind(1, least_present()).bind(2, scope);
    return take(*q);
  }

  Result<> find_all() {
    sqlite::StatementScope q(
        db_.prepare("SELECT record, scope, present FROM record_index WHERE collection = ? AND present >= ?"));
    q->bind_text(0, view_.name()).bind(1, least_present());
    return take(*q);
  }

  // By the key of what the column shows (pick), not by what stands beside it.
  Result<> find_keys(const std::vector<Bound>& bounds, const model::Field& field, std::optional<int64_t> scope) {
    KeyRange range{{}, after_all_keys};
    for (const Bound& bound : bounds) {
      if (view_.what(bound.column).field == &field) narrow(range, field, bound);
    }
    if (range.nothing) return {};
    sqlite::StatementScope q(db_.prepare(
        "SELECT r.record, r.scope, r.present FROM field_index f CROSS JOIN record_index r"
        " ON r.collection = f.collection AND r.record = f.record AND r.scope = f.scope"
        " WHERE r.collection = ?1 AND r.present >= ?2 AND f.collection = ?1 AND f.field = ?3 AND f.key >= ?4 AND f.key <= ?5"
        " AND f.key <> x'' AND f.pick = 1 AND (?6 = 0 OR f.scope = ?6)"));
    q->bind_text(0, view_.name()).bind(1, least_present()).bind_text(2, field.name);
    q->bind_blob(3, range.from).bind_blob(4, range.to).bind(5, scope.value_or(0));
    return take(*q);
  }

  Result<> take(sqlite::Statement& q) {
    for (;;) {
      SATCHEL_ASSIGN(const bool more, q.step());
      if (!more) return {};
      SATCHEL_ASSIGN(const RecordId id, store::id_column<RecordId>(q, 0, "record_index.record"));
      found_.push_back({id, q.int64(1), q.int64(2) != 0});
    }
  }

  Result<std::optional<int64_t>> number_of(const Cell& cell) {
    const auto* text = std::get_if<std::string>(&cell);
    const auto id = text == nullptr ? std::nullopt : ScopeId::parse(*text);
    if (!id) return std::optional<int64_t>();
    SATCHEL_ASSIGN(const auto held, store::find_held_scope(db_, *id));
    return held ? std::optional(held->key.scope) : std::nullopt;
  }

  Result<Cell> scope_text() {
    SATCHEL_ASSIGN(const ScopeId id, view_.shared().records.id_of(scope_key()));
    return Cell(id.text());
  }

  Result<> load() {
    if (record_) return {};
    SATCHEL_ASSIGN(record_, view_.shared().records.listed(scope_key(), record_key()));
    return {};
  }

  log::ScopeKey scope_key() const { return {1, found_[at_].scope}; }
  model::RecordKey record_key() const { return {view_.name(), found_[at_].record}; }

  const CollectionView& view_;
  sqlite::Database& db_;
  std::vector<Found> found_;
  size_t at_ = 0;
  std::optional<store::Record> record_;  // of the row, once a field is asked for
};

std::unique_ptr<sqlite::AppRows> CollectionView::rows() { return std::make_unique<CollectionRows>(*this); }

}  // namespace

std::vector<std::unique_ptr<sqlite::AppTable>> collection_views(store::Reader& reader, bool include_voided) {
  const auto shared = std::make_shared<Shared>(Shared{reader, include_voided, store::ShownRecords(reader.database())});
  std::vector<std::unique_ptr<sqlite::AppTable>> views;
  for (const auto& [name, collection] : reader.schema().collections()) {
    views.push_back(std::make_unique<CollectionView>(shared, collection));
  }
  return views;
}

}  // namespace satchel::query

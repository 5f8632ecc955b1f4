#include "core/store/search_index.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "core/base/hash.hpp"
#include "core/sqlite/tokenizer.hpp"
#include "core/store/changed_records.hpp"
#include "core/store/overlay.hpp"
#include "core/store/search_text.hpp"

namespace satchel::store {
namespace {

constexpr int64_t stale_allowed = 1000;  // rows of nobody, before they are counted against the others
constexpr size_t print_bytes = 8;        // of the hash that tells whether the words of a record changed

// The one row. `building`: the records are walked from `collection`, `record`, `scope` on, all before are indexed.
struct State {
  int64_t indexed = 0;   // the last change that the index knows of
  int64_t last_doc = 0;  // rows are numbered downwards from 0: of equal rank the newest comes first
  int64_t stale = 0;
  bool building = false;
  std::string collection;
  Bytes record;
  int64_t scope = 0;
  int64_t walked = 0;
};

Result<State> load(sqlite::Database& db) {
  sqlite::StatementScope q(db.prepare(
      "SELECT indexed, last_doc, stale, building, collection, record, scope, walked FROM search_state"));
  SATCHEL_ASSIGN(const bool found, q->step());
  State state;
  if (!found) return state;
  state.indexed = q->int64(0);
  state.last_doc = q->int64(1);
  state.stale = q->int64(2);
  state.building = q->int64(3) != 0;
  state.collection = q->text(4);
  state.record = q->blob(5);
  state.scope = q->int64(6);
  state.walked = q->int64(7);
  return state;
}

Result<> save(sqlite::Database& db, const State& state) {
  sqlite::Statement& q = db.prepare(
      "INSERT OR REPLACE INTO search_state (one, indexed, last_doc, stale, building, collection, record, scope, walked)"
      " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)");
  q.bind(0, state.indexed).bind(1, state.last_doc).bind(2, state.stale).bind(3, int64_t{state.building});
  q.bind_text(4, state.collection).bind_blob(5, state.record).bind(6, state.scope).bind(7, state.walked);
  return q.run();
}

Result<int64_t> ask(sqlite::Database& db, const char* sql) {
  sqlite::StatementScope q(db.prepare(sql));
  SATCHEL_ASSIGN(const bool any, q->step());
  return any ? q->int64(0) : 0;
}

Result<int64_t> oldest_change(sqlite::Database& db) {
  return ask(db, "SELECT number FROM changed_records ORDER BY number LIMIT 1");
}

struct Words {
  std::string title, text;
  bool empty() const { return title.empty() && text.empty(); }
  Bytes print() const {
    const Hash256 hash = Hasher("satchel words").part(title).part(text).finish();
    return Bytes(hash.view().substr(0, print_bytes));
  }
};

Result<Words> words_of(sqlite::Database& db, const model::Schema& schema, const ChangedRecord& at) {
  Words words;
  const model::Collection* collection = schema.collection(at.key.collection);
  if (collection == nullptr) return words;
  SATCHEL_ASSIGN(const auto state, shown_state(db, at.scope, at.key));
  if (!state) return words;
  for (const SearchText& each : search_texts(*state, *collection)) {
    std::string& into = each.title ? words.title : words.text;
    if (!into.empty()) into += '\n';
    into += each.text;
  }
  return words;
}

Result<> insert_words(sqlite::Database& db, int64_t doc, const ChangedRecord& at, const Words& words) {
  sqlite::Statement& row =
      db.prepare("INSERT INTO search_docs (doc, scope, collection, record, print) VALUES (?, ?, ?, ?, ?)");
  row.bind(0, doc).bind(1, at.scope.scope).bind_text(2, at.key.collection).bind_blob(3, at.key.record.view());
  row.bind_blob(4, words.print());
  SATCHEL_TRY(row.run());
  sqlite::Statement& q = db.prepare("INSERT INTO search_words (rowid, title, text) VALUES (?, ?, ?)");
  return q.bind(0, doc).bind_text(1, words.title).bind_text(2, words.text).run();
}

struct Row {
  int64_t doc = 0;
  Bytes print;
};
Result<std::optional<Row>> find_row(sqlite::Database& db, const ChangedRecord& at) {
  sqlite::StatementScope q(
      db.prepare("SELECT doc, print FROM search_docs WHERE collection = ? AND record = ? AND scope = ?"));
  q->bind_text(0, at.key.collection).bind_blob(1, at.key.record.view()).bind(2, at.scope.scope);
  SATCHEL_ASSIGN(const bool found, q->step());
  if (!found) return std::optional<Row>();
  return std::optional(Row{q->int64(0), Bytes(q->blob(1))});
}

// Nothing is written for a record whose words are those that are there: a verdict, a date, a label.
Result<> index_one(sqlite::Database& db, const model::Schema& schema, State& state, const ChangedRecord& at) {
  SATCHEL_ASSIGN(const Words words, words_of(db, schema, at));
  SATCHEL_ASSIGN(const auto row, find_row(db, at));
  if (row && !words.empty() && row->print == words.print()) return {};
  if (row) {
    SATCHEL_TRY(db.prepare("DELETE FROM search_docs WHERE doc = ?").bind(0, row->doc).run());
    ++state.stale;
  }
  if (words.empty()) return {};
  return insert_words(db, -++state.last_doc, at, words);
}

// FTS5 empties its own tables, unless what it needs to look at them is damaged: then they are put back to how they were
// made (an average of nothing; a structure without a level).
Result<> empty_words(sqlite::Database& db) {
  const auto emptied = db.prepare("INSERT INTO search_words (search_words) VALUES ('delete-all')").run();
  if (emptied.ok() || emptied.error().code != Code::corrupt) return emptied;
  SATCHEL_TRY(db.prepare("DELETE FROM search_words_data").run());
  SATCHEL_TRY(db.prepare("DELETE FROM search_words_idx").run());
  return db.prepare("INSERT INTO search_words_data (id, block) VALUES (1, x''), (10, x'00000000000000')").run();
}

// What changes meanwhile is in changed_records, behind `indexed`.
Result<> begin_anew(sqlite::Database& db, State& state) {
  SATCHEL_TRY(empty_words(db));
  SATCHEL_TRY(db.prepare("DELETE FROM search_docs").run());
  state = {};
  state.building = true;
  SATCHEL_ASSIGN(state.indexed, last_change(db));
  return {};
}

Result<std::vector<ChangedRecord>> next_of_all(sqlite::Database& db, const State& state, size_t most) {
  sqlite::StatementScope q(
      db.prepare("SELECT collection, record, scope FROM record_index WHERE (collection, record, scope) > (?, ?, ?)"
                 " ORDER BY collection, record, scope LIMIT ?"));
  q->bind_text(0, state.collection).bind_blob(1, state.record).bind(2, state.scope).bind(3, static_cast<int64_t>(most));
  std::vector<ChangedRecord> records;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return records;
    SATCHEL_ASSIGN(const RecordId id, id_column<RecordId>(*q, 1, "record_index.record"));
    records.push_back({{1, q->int64(2)}, {std::string(q->text(0)), id}});
  }
}

Result<> walk(sqlite::Database& db, const model::Schema& schema, State& state, size_t most) {
  SATCHEL_ASSIGN(const auto records, next_of_all(db, state, most));
  for (const auto& record : records) SATCHEL_TRY(index_one(db, schema, state, record));
  state.walked += static_cast<int64_t>(records.size());
  state.building = records.size() == most;
  if (!state.building) return {};
  state.collection = records.back().key.collection;
  state.record = Bytes(records.back().key.record.view());
  state.scope = records.back().scope.scope;
  return {};
}

Result<> follow(sqlite::Database& db, const model::Schema& schema, State& state, size_t most) {
  std::set<ChangedRecord> records;
  {
    sqlite::StatementScope q(db.prepare(
        "SELECT number, scope, collection, record FROM changed_records WHERE number > ? ORDER BY number LIMIT ?"));
    q->bind(0, state.indexed).bind(1, static_cast<int64_t>(most));
    for (;;) {
      SATCHEL_ASSIGN(const bool more, q->step());
      if (!more) break;
      state.indexed = q->int64(0);
      if (q->int64(1) == 0) continue;
      SATCHEL_ASSIGN(const RecordId id, id_column<RecordId>(*q, 3, "changed_records.record"));
      records.insert({{1, q->int64(1)}, {std::string(q->text(2)), id}});
    }
  }
  for (const auto& record : records) SATCHEL_TRY(index_one(db, schema, state, record));
  return {};
}

// The words of one row, whatever order they are read in.
class Sum {
 public:
  void add(std::string_view word, bool title, int64_t at) {
    const auto place = static_cast<uint64_t>(at) << 1 | static_cast<uint64_t>(title);
    total_ += mixed(mixed(std::hash<std::string_view>{}(word)) ^ place);
    ++count_;
  }
  bool operator==(const Sum&) const = default;

 private:
  static uint64_t mixed(uint64_t x) {  // splitmix64
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }
  uint64_t total_ = 0, count_ = 0;
};

constexpr size_t longest_word = 32768;  // of FTS5, which keeps the beginning

Result<Sum> sum_of(const sqlite::Tokenizer& tokenizer, const Words& words) {
  Sum sum;
  for (const bool title : {true, false}) {
    int64_t at = 0;
    SATCHEL_TRY(tokenizer.each(title ? words.title : words.text, [&](std::string_view word, sqlite::Stretch) {
      sum.add(word.substr(0, longest_word), title, at++);
    }));
  }
  return sum;
}

// What changed since, and is not indexed yet.
Result<std::set<ChangedRecord>> not_indexed(sqlite::Database& db, const State& state) {
  std::set<ChangedRecord> records;
  sqlite::StatementScope q(
      db.prepare("SELECT scope, collection, record FROM changed_records WHERE number > ? AND scope <> 0"));
  q->bind(0, state.indexed);
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return records;
    SATCHEL_ASSIGN(const RecordId id, id_column<RecordId>(*q, 2, "changed_records.record"));
    records.insert({{1, q->int64(0)}, {std::string(q->text(1)), id}});
  }
}

// Compares what the records say with what the index has, row by row.
class SearchCheck {
 public:
  SearchCheck(sqlite::Database& db, const model::Schema& schema, const sqlite::Tokenizer& tokenizer, State state,
              std::set<ChangedRecord> waiting)
      : db_(db), schema_(schema), tokenizer_(tokenizer), state_(std::move(state)), waiting_(std::move(waiting)) {}

  // What is wrong, or nothing.
  Result<std::string> run() {
    SATCHEL_ASSIGN(std::string damage, check_records());
    if (damage.empty()) {
      SATCHEL_ASSIGN(damage, check_rows());
    }
    if (damage.empty()) {
      SATCHEL_ASSIGN(damage, check_words());
    }
    return damage;
  }
  uint64_t records() const { return records_; }

 private:
  static std::string name(const ChangedRecord& at) { return at.key.collection + "/" + at.key.record.text(); }

  Result<std::string> check_records() {
    State from;
    for (;;) {
      SATCHEL_ASSIGN(const auto page, next_of_all(db_, from, 1000));
      for (const ChangedRecord& at : page) {
        const Bytes id(at.key.record.view());
        const bool walked = !state_.building || std::tie(at.key.collection, id, at.scope.scope) <=
                                                    std::tie(state_.collection, state_.record, state_.scope);
        if (!walked || waiting_.count(at) != 0) continue;
        SATCHEL_ASSIGN(std::string damage, check_record(at));
        if (!damage.empty()) return damage;
      }
      if (page.size() < 1000) return std::string();
      from.collection = page.back().key.collection;
      from.record = Bytes(page.back().key.record.view());
      from.scope = page.back().scope.scope;
    }
  }

  Result<std::string> check_record(const ChangedRecord& at) {
    ++records_;
    SATCHEL_ASSIGN(const Words words, words_of(db_, schema_, at));
    SATCHEL_ASSIGN(const auto row, find_row(db_, at));
    if (row.has_value() == words.empty()) return "It " + std::string(row ? "has" : "lacks") + " the words of " + name(at) + ".";
    if (!row) return std::string();
    if (row->print != words.print()) return "It has other words than " + name(at) + ".";
    SATCHEL_ASSIGN(wanted_[row->doc], sum_of(tokenizer_, words));
    return std::string();
  }

  // Rows of records that are not there, or that are not walked yet.
  Result<std::string> check_rows() {
    sqlite::StatementScope q(db_.prepare("SELECT doc, scope, collection, record FROM search_docs"));
    for (;;) {
      SATCHEL_ASSIGN(const bool more, q->step());
      if (!more) return std::string();
      if (wanted_.count(q->int64(0)) != 0) continue;
      SATCHEL_ASSIGN(const RecordId id, id_column<RecordId>(*q, 3, "search_docs.record"));
      const ChangedRecord at{{1, q->int64(1)}, {std::string(q->text(2)), id}};
      if (waiting_.count(at) == 0) return "It has the words of " + name(at) + ", which is not there.";
    }
  }

  Result<std::string> check_words() {
    SATCHEL_TRY(db_.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_terms"
                         " USING fts5vocab (main, search_words, instance)"));
    std::map<int64_t, Sum> found;
    SATCHEL_ASSIGN(sqlite::Statement* const terms, db_.prepare_dynamic("SELECT term, doc, col, \"offset\" FROM temp.search_terms"));
    sqlite::StatementScope q(*terms);
    for (;;) {
      SATCHEL_ASSIGN(const bool more, q->step());
      if (!more) break;
      if (wanted_.count(q->int64(1)) != 0) found[q->int64(1)].add(q->text(0), q->text(2) == "title", q->int64(3));
    }
    for (const auto& [doc, sum] : wanted_) {
      if (found[doc] == sum) continue;
      return "The words of its row " + std::to_string(doc) + " are not those of the record.";
    }
    return std::string();
  }

  sqlite::Database& db_;
  const model::Schema& schema_;
  const sqlite::Tokenizer& tokenizer_;
  const State state_;
  const std::set<ChangedRecord> waiting_;
  std::map<int64_t, Sum> wanted_;
  uint64_t records_ = 0;
};

// Has what came after `indexed` been forgotten already?
Result<bool> lost_track(sqlite::Database& db, const State& state) {
  SATCHEL_ASSIGN(const int64_t oldest, oldest_change(db));
  return oldest > state.indexed + 1;
}

}  // namespace

Result<SearchProgress> search_progress(sqlite::Database& db) {
  SATCHEL_ASSIGN(const State state, load(db));
  SATCHEL_ASSIGN(const bool lost, lost_track(db, state));
  if (lost || state.building) {
    SATCHEL_ASSIGN(const int64_t of, ask(db, "SELECT count(*) FROM record_index"));
    const int64_t left = lost ? of : of - state.walked;
    return SearchProgress{static_cast<uint64_t>(std::max<int64_t>(left, 1)), static_cast<uint64_t>(of)};
  }
  SATCHEL_ASSIGN(const int64_t newest, last_change(db));
  return SearchProgress{static_cast<uint64_t>(newest - std::min(newest, state.indexed)), 0};
}

Result<> index_words(sqlite::Database& db, const model::Schema& schema, size_t most) {
  SATCHEL_ASSIGN(State state, load(db));
  SATCHEL_ASSIGN(const bool lost, lost_track(db, state));
  const bool too_stale = state.stale > stale_allowed && 4 * state.stale > state.last_doc - state.stale;
  if (lost || too_stale) SATCHEL_TRY(begin_anew(db, state));
  SATCHEL_TRY(state.building ? walk(db, schema, state, most) : follow(db, schema, state, most));
  return save(db, state);
}

Result<> reset_search(sqlite::Database& db) {
  State state;
  SATCHEL_TRY(begin_anew(db, state));
  return save(db, state);
}

Result<SearchVerdict> verify_search(sqlite::Database& db, const model::Schema& schema) {
  SearchVerdict verdict;
  SATCHEL_ASSIGN(const SearchProgress progress, search_progress(db));
  verdict.waiting = progress.waiting;
  SATCHEL_ASSIGN(State state, load(db));
  SATCHEL_ASSIGN(const bool lost, lost_track(db, state));
  if (lost) return verdict;  // all of it is made anew
  SATCHEL_ASSIGN(const auto tokenizer, sqlite::Tokenizer::of(db));
  SATCHEL_ASSIGN(auto waiting, not_indexed(db, state));
  SearchCheck check(db, schema, tokenizer, std::move(state), std::move(waiting));
  const auto damage = check.run();
  if (!damage.ok() && damage.error().code != Code::corrupt) return damage.error();
  verdict.damage = damage.ok() ? *damage : damage.error().message;
  verdict.records = check.records();
  return verdict;
}

Result<> forget_words(sqlite::Database& db, log::ScopeKey scope) {
  bool any = false;
  {
    sqlite::StatementScope q(db.prepare("SELECT 1 FROM search_docs WHERE scope = ? LIMIT 1"));
    q->bind(0, scope.scope);
    SATCHEL_ASSIGN(any, q->step());
  }
  return any ? reset_search(db) : Result<>();
}

}  // namespace satchel::store

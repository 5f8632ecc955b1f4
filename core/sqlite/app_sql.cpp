#include "core/sqlite/app_sql.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "core/sqlite/app_module.hpp"
#include "core/sqlite/errors.hpp"

namespace satchel::sqlite {
namespace {

constexpr size_t depth_most = 50, selects_most = 100;
constexpr int steps_between_looks = 100;  // of SQLite's machine; each may make one value

// What computes from what it is given, and from nothing else but the time and chance.
constexpr std::array app_functions = {
    // values
    "abs", "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "ifnull", "iif", "instr", "length", "like",
    "likelihood", "likely", "lower", "ltrim", "max", "min", "nullif", "octet_length", "printf", "quote", "random", "replace",
    "round", "rtrim", "sign", "substr", "substring", "trim", "typeof", "unicode", "unlikely", "upper",
    "ceil", "ceiling", "floor", "mod", "pow", "power", "sqrt", "trunc",
    // dates
    "current_date", "current_time", "current_timestamp", "date", "datetime", "julianday", "strftime", "time", "timediff",
    "unixepoch",
    // groups and windows
    "avg", "count", "group_concat", "string_agg", "sum", "total", "cume_dist", "dense_rank", "first_value", "lag",
    "last_value", "lead", "nth_value", "ntile", "percent_rank", "rank", "row_number",
    // JSON
    "->", "->>", "json", "json_array", "json_array_length", "json_extract", "json_group_array", "json_group_object",
    "json_insert", "json_object", "json_patch", "json_quote", "json_remove", "json_replace", "json_set", "json_type",
    "json_valid"};
constexpr std::array json_tables = {"json_each", "json_tree"};

template <class Names>
bool names(const Names& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string shown(const char* text) { return text == nullptr ? std::string() : "\"" + std::string(text) + "\""; }

Error about_sql(std::string message, std::string place = "/sql") {
  return make_error(Code::invalid, std::move(message), std::move(place));
}

// "/sql:2:7": line and character, both from 1.
std::string place_in(std::string_view sql, int offset) {
  if (offset < 0 || static_cast<size_t>(offset) > sql.size()) return "/sql";
  const std::string_view before = sql.substr(0, static_cast<size_t>(offset));
  const size_t line_begin = before.rfind('\n') + 1;  // 0 when there is none
  const auto starts_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto column = 1 + std::count_if(before.begin() + static_cast<ptrdiff_t>(line_begin), before.end(), starts_character);
  return "/sql:" + std::to_string(line) + ":" + std::to_string(column);
}

struct Shape {
  size_t depth = 0;    // of parentheses
  size_t selects = 0;  // queries inside queries, side by side and one behind the other
};

// Read as SQLite reads it: what stands in quotes and comments does not count.
Shape shape_of(std::string_view sql) {
  Shape shape;
  size_t open = 0;
  const auto behind = [&](std::string_view end, size_t from) {
    const size_t at = sql.find(end, from);
    return at == std::string_view::npos ? sql.size() : at + end.size();
  };
  const auto word_at = [&](size_t at) {
    const size_t from = at;
    const auto part = [](char c) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
      return letter || (c >= '0' && c <= '9') || c == '_' || c == '$';
    };
    while (at < sql.size() && part(sql[at])) ++at;
    return sql.substr(from, at - from);
  };
  for (size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    if (c == '\'' || c == '"' || c == '`') {
      at = behind(sql.substr(at, 1), at + 1);
    } else if (c == '[') {
      at = behind("]", at);
    } else if (sql.substr(at, 2) == "--") {
      at = behind("\n", at);
    } else if (sql.substr(at, 2) == "/*") {
      at = behind("*/", at + 2);
    } else if (const std::string_view word = word_at(at); !word.empty()) {
      const auto is = [&](const char* one) { return word.size() == 6 && sqlite3_strnicmp(word.data(), one, 6) == 0; };
      if (is("select") || is("values")) ++shape.selects;
      at += word.size();
    } else {
      if (c == '(') shape.depth = std::max(shape.depth, ++open);
      if (c == ')' && open > 0) --open;
      ++at;
    }
  }
  return shape;
}

void call_function(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto* function = static_cast<const AppFunction*>(sqlite3_user_data(context));
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return sqlite3_result_null(context);
  const auto* data = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
  if (data == nullptr) return sqlite3_result_error_nomem(context);
  try {
    const std::string text = function->of({data, static_cast<size_t>(sqlite3_value_bytes(arguments[0]))});
    sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (...) {
    sqlite3_result_error_nomem(context);  // nothing else is thrown by what only computes
  }
}

// A connection and the one statement that runs on it.
class AppRun {
 public:
  AppRun(const AppSql& sql, const std::vector<std::unique_ptr<AppTable>>& tables,
         const std::vector<AppFunction>& functions, const std::function<bool()>& keep_going)
      : sql_(sql), functions_(functions), keep_going_(keep_going) {
    for (const auto& table : tables) {
      modules_.push_back({table.get(), &calls_});
      table_names_.insert(table->name());
    }
  }
  AppRun(const AppRun&) = delete;
  ~AppRun() {
    sqlite3_finalize(statement_);
    sqlite3_close(db_);
  }

  Result<AppAnswer> run() {
    SATCHEL_TRY(check_text());
    SATCHEL_TRY(open());
    SATCHEL_TRY(prepare());
    SATCHEL_TRY(bind());
    return collect();
  }

 private:
  Result<> check_text() const {
    if (sql_.text.size() > app_sql_bytes) {
      return make_error(Code::limit, "SQL may be " + std::to_string(app_sql_bytes >> 10) + " KiB long at most.", "/sql");
    }
    const size_t zero = sql_.text.find('\0');
    if (zero != std::string::npos) {
      return about_sql("There is a zero character in this SQL.", place_in(sql_.text, static_cast<int>(zero)));
    }
    // SQLite takes queries inside queries apart by recursion, and the stack of an app's thread is small.
    const Shape shape = shape_of(sql_.text);
    if (shape.depth <= depth_most && shape.selects <= selects_most) return {};
    return make_error(Code::limit,
                      "This SQL is too deep: it may have " + std::to_string(selects_most) + " SELECTs, and parentheses " +
                          std::to_string(depth_most) + " deep.",
                      "/sql");
  }

  Result<> open();
  void set_limits() const;
  Result<> prepare();
  Result<> nothing_behind(const char* rest);
  Result<> bind();
  Result<AppAnswer> collect();
  Result<Cell> cell(int column) const;
  Error failed(int code);
  bool may(int action, const char* first, const char* second);
  bool stop();

  const AppSql& sql_;
  const std::vector<AppFunction>& functions_;
  const std::function<bool()>& keep_going_;
  AppCalls calls_;
  std::vector<AppModule> modules_;
  std::set<std::string, std::less<>> table_names_;
  sqlite3* db_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
  std::string denied_;               // what may not be said here, in words
  std::optional<Error> stopped_;
  int64_t memory_before_ = 0;
};

Result<> AppRun::open() {
  int code = sqlite3_open_v2(":memory:", &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) return error_of(code, db_);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // What is sorted and grouped is readable content: never in a temporary file.
  code = sqlite3_exec(db_, "PRAGMA temp_store = MEMORY; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;", nullptr,
                      nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(code, db_);
  std::array<const char*, json_tables.size() + 1> kept = {};
  std::copy(json_tables.begin(), json_tables.end(), kept.begin());
  sqlite3_drop_modules(db_, kept.data());  // full-text, statistics and whatever else this SQLite was built with
  for (AppModule& module : modules_) {
    if (code = add_app_module(db_, module); code != SQLITE_OK) return error_of(code, db_);
  }
  for (const AppFunction& function : functions_) {
    constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    code = sqlite3_create_function_v2(db_, function.name, 1, flags, const_cast<AppFunction*>(&function), call_function,
                                      nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error_of(code, db_);
  }
  // Declared now: some versions of SQLite ask the authoriser about it as if the app made a table.
  for (const char* name : json_tables) {
    sqlite3_stmt* none = nullptr;
    sqlite3_prepare_v2(db_, ("SELECT 1 FROM " + std::string(name)).c_str(), -1, &none, nullptr);
    sqlite3_finalize(none);
  }
  set_limits();
  sqlite3_set_authorizer(
      db_,
      [](void* self, int action, const char* first, const char* second, const char*, const char*) {
        return static_cast<AppRun*>(self)->may(action, first, second) ? SQLITE_OK : SQLITE_DENY;
      },
      this);
  memory_before_ = sqlite3_memory_used();
  sqlite3_progress_handler(db_, steps_between_looks, [](void* self) { return static_cast<AppRun*>(self)->stop() ? 1 : 0; },
                           this);
  return {};
}

void AppRun::set_limits() const {
  constexpr std::array<std::pair<int, int>, 9> limits = {{{SQLITE_LIMIT_LENGTH, app_value_bytes},
                                                          {SQLITE_LIMIT_SQL_LENGTH, app_sql_bytes},
                                                          {SQLITE_LIMIT_EXPR_DEPTH, 100},
                                                          {SQLITE_LIMIT_COMPOUND_SELECT, 50},
                                                          {SQLITE_LIMIT_VDBE_OP, 100'000},
                                                          {SQLITE_LIMIT_ATTACHED, 0},
                                                          {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
                                                          {SQLITE_LIMIT_VARIABLE_NUMBER, 1000},
                                                          {SQLITE_LIMIT_WORKER_THREADS, 0}}};
  for (const auto& [limit, value] : limits) sqlite3_limit(db_, limit, value);
}

bool AppRun::may(int action, const char* first, const char* second) {
  if (calls_.declaring) return true;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return true;
    case SQLITE_READ: {
      const std::string_view table = first == nullptr ? "" : first;
      if (table_names_.contains(table) || names(json_tables, table)) return true;
      // Of a common table expression that is only counted no column is named: whatever it is called, it is not one of these.
      const bool own = table.rfind("sqlite_", 0) == 0 || table.rfind("pragma_", 0) == 0;
      if (!own && (second == nullptr || *second == '\0')) return true;
      denied_ = "There is no collection " + shown(first) + ".";
      return false;
    }
    case SQLITE_FUNCTION: {
      const std::string_view name = second == nullptr ? "" : second;
      const auto ours = [&](const AppFunction& function) { return name == function.name; };
      if (names(app_functions, name) || std::any_of(functions_.begin(), functions_.end(), ours)) return true;
      denied_ = "The function " + shown(second) + " is not to be used here.";
      return false;
    }
    default:
      if (denied_.empty()) denied_ = "This SQL does something else than read. One SELECT is what can be run here.";
      return false;
  }
}

bool AppRun::stop() {
  // All that SQLite of this process uses (0 where it was built not to count): others use little beside what runs away.
  if (sqlite3_memory_used() - memory_before_ > app_memory_bytes) {
    stopped_ = make_error(Code::limit,
                          "This SQL needs more than " + std::to_string(app_memory_bytes >> 20) +
                              " MiB of memory for sorting, grouping or recursion. Narrow it down.",
                          "/sql");
    return true;
  }
  if (keep_going_()) return false;
  stopped_ = make_error(Code::limit, "This SQL takes too long, and was stopped. Narrow it down, or give it more time.",
                        "/sql");
  return true;
}

Error AppRun::failed(int code) {
  if (calls_.thrown) std::rethrow_exception(calls_.thrown);
  if (calls_.error) return *calls_.error;
  if (stopped_) return *stopped_;
  const std::string place = place_in(sql_.text, sqlite3_error_offset(db_));
  const bool refused = (code & 0xff) == SQLITE_AUTH || !denied_.empty();
  if (refused && !denied_.empty()) return about_sql(denied_, place);
  switch (code & 0xff) {
    case SQLITE_NOMEM: return error_of(code, db_);
    case SQLITE_TOOBIG:
      return make_error(Code::limit, "A value here is larger than " + std::to_string(app_value_bytes >> 20) + " MiB.",
                        place);
    default: return about_sql(std::string("This SQL cannot be run: ") + sqlite3_errmsg(db_) + ".", place);
  }
}

Result<> AppRun::prepare() {
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(db_, sql_.text.c_str(), static_cast<int>(sql_.text.size()) + 1, &statement_, &rest);
  if (code != SQLITE_OK) return failed(code);
  if (statement_ == nullptr) return about_sql("There is no statement in this SQL.");
  SATCHEL_TRY(nothing_behind(rest));
  if (sqlite3_column_count(statement_) > 0 && sqlite3_stmt_readonly(statement_) != 0) return {};
  return about_sql("This SQL does something else than read. One SELECT is what can be run here.");
}

// Comments and semicolons may follow.
Result<> AppRun::nothing_behind(const char* rest) {
  const char* const begin = sql_.text.c_str();
  const char* const end = begin + sql_.text.size();
  while (rest < end) {
    const char* from = rest;
    sqlite3_stmt* second = nullptr;
    const int code = sqlite3_prepare_v2(db_, from, static_cast<int>(end - from) + 1, &second, &rest);
    sqlite3_finalize(second);
    if (code == SQLITE_OK && second == nullptr && rest > from) continue;
    const auto at = std::find_if_not(from, end, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
    return about_sql("Only one statement can be run at a time.", place_in(sql_.text, static_cast<int>(at - begin)));
  }
  return {};
}

struct CellBinder {
  sqlite3_stmt* statement;
  int at;
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, at); }
  int operator()(int64_t integer) const { return sqlite3_bind_int64(statement, at, integer); }
  int operator()(double real) const { return sqlite3_bind_double(statement, at, real); }
  int operator()(const std::string& text) const {
    return sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
};

Result<> AppRun::bind() {
  const auto wanted = static_cast<size_t>(sqlite3_bind_parameter_count(statement_));
  if (wanted != sql_.parameters.size()) {
    return make_error(Code::invalid,
                      "Parameters of this SQL: " + std::to_string(wanted) + ". Given: " +
                          std::to_string(sql_.parameters.size()) + ".",
                      "/parameters");
  }
  for (size_t i = 0; i < wanted; ++i) {
    const int code = std::visit(CellBinder{statement_, static_cast<int>(i) + 1}, sql_.parameters[i]);
    if (code == SQLITE_OK) continue;
    Error error = failed(code);
    error.place = "/parameters/" + std::to_string(i);
    return error;
  }
  return {};
}

Result<Cell> AppRun::cell(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER: return Cell(int64_t{sqlite3_column_int64(statement_, column)});
    case SQLITE_FLOAT: return Cell(sqlite3_column_double(statement_, column));
    case SQLITE_TEXT: {
      const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
      if (data == nullptr) return make_error(Code::internal, "There is not enough memory.");
      return Cell(std::string(data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))));
    }
    case SQLITE_BLOB:
      return about_sql("Column " + std::to_string(column + 1) +
                       " of the answer holds bytes, which JSON cannot. Ask for hex(...) of them.");
    default: return Cell();
  }
}

Result<AppAnswer> AppRun::collect() {
  AppAnswer answer;
  const int columns = sqlite3_column_count(statement_);
  for (int i = 0; i < columns; ++i) {
    const char* name = sqlite3_column_name(statement_, i);
    answer.columns.emplace_back(name == nullptr ? "" : name);
  }
  size_t bytes = 0;
  for (;;) {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_DONE) return answer;
    if (code != SQLITE_ROW) return failed(code);
    answer.more = answer.rows.size() == sql_.rows;
    if (answer.more) return answer;
    std::vector<Cell> row;
    row.reserve(static_cast<size_t>(columns));
    for (int i = 0; i < columns; ++i) {
      SATCHEL_ASSIGN(Cell value, cell(i));
      const auto* text = std::get_if<std::string>(&value);
      bytes += sizeof(Cell) + (text == nullptr ? 0 : text->size());
      if (bytes > app_answer_bytes) {
        answer.more = !answer.rows.empty();
        if (answer.more) return answer;
        return make_error(Code::limit, "One row is larger than an answer can be. Ask for fewer columns.", "/sql");
      }
      row.push_back(std::move(value));
    }
    answer.rows.push_back(std::move(row));
  }
}

}  // namespace

Result<AppAnswer> run_app_sql(const AppSql& sql, const std::vector<std::unique_ptr<AppTable>>& tables,
                              const std::vector<AppFunction>& functions, const std::function<bool()>& keep_going) {
  return AppRun(sql, tables, functions, keep_going).run();
}

}  // namespace satchel::sqlite

#include "core/sqlite/app_module.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>

namespace satchel::sqlite {
namespace {

struct AppVtab {
  sqlite3_vtab base{};
  AppModule* module = nullptr;
};

struct AppCursor {
  sqlite3_vtab_cursor base{};
  AppModule* module = nullptr;
  std::unique_ptr<AppRows> rows;
};

AppCursor& cursor_of(sqlite3_vtab_cursor* base) { return *reinterpret_cast<AppCursor*>(base); }

template <class Work>
int guarded_call(AppCalls& calls, Work work) noexcept {
  try {
    const Result<> done = work();
    if (done.ok()) return SQLITE_OK;
    calls.error = done.error();
  } catch (...) {
    calls.thrown = std::current_exception();
  }
  return SQLITE_ERROR;
}

// Without rowids: the keys say which row is which. Names are those of a schema: no quotes in them.
std::string declaration(const AppTable& table) {
  const auto& columns = table.columns();
  std::string sql = "CREATE TABLE app (";
  for (const auto& column : columns) sql += "\"" + column.name + "\" " + column.type + ", ";
  sql += "PRIMARY KEY (";
  for (size_t i = 0; i < table.key_columns(); ++i) sql += (i == 0 ? "\"" : ", \"") + columns[i].name + "\"";
  return sql + ")) WITHOUT ROWID";
}

int connect(sqlite3* db, void* aux, int, const char* const*, sqlite3_vtab** out, char**) {
  auto& module = *static_cast<AppModule*>(aux);
  return guarded_call(*module.calls, [&]() -> Result<> {
    module.calls->declaring = true;
    const int code = sqlite3_declare_vtab(db, declaration(*module.table).c_str());
    module.calls->declaring = false;
    SATCHEL_CHECK(code == SQLITE_OK);
    auto vtab = std::make_unique<AppVtab>();
    vtab->module = &module;
    *out = &vtab.release()->base;
    return {};
  });
}

int disconnect(sqlite3_vtab* base) {
  delete reinterpret_cast<AppVtab*>(base);
  return SQLITE_OK;
}

std::optional<BoundKind> bound_kind(int op) {
  switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ: return BoundKind::equal;
    case SQLITE_INDEX_CONSTRAINT_LT: return BoundKind::less;
    case SQLITE_INDEX_CONSTRAINT_LE: return BoundKind::less_or_equal;
    case SQLITE_INDEX_CONSTRAINT_GT: return BoundKind::greater;
    case SQLITE_INDEX_CONSTRAINT_GE: return BoundKind::greater_or_equal;
    default: return std::nullopt;
  }
}

// Every bound that the table can use is handed to find(); the plan says which they are: "column kind ...".
int best_index(sqlite3_vtab* base, sqlite3_index_info* info) {
  const AppModule& module = *reinterpret_cast<AppVtab*>(base)->module;
  return guarded_call(*module.calls, [&]() -> Result<> {
    constexpr double all_rows = 10'000;
    double rows = all_rows;
    std::string plan;
    int used = 0;
    for (int i = 0; i < info->nConstraint; ++i) {
      const auto& constraint = info->aConstraint[i];
      const auto kind = bound_kind(constraint.op);
      if (constraint.usable == 0 || constraint.iColumn < 0 || !kind) continue;
      const double found = module.table->rows_with(static_cast<size_t>(constraint.iColumn), *kind);
      if (found <= 0 || std::strcmp(sqlite3_vtab_collation(info, i), "BINARY") != 0) continue;
      info->aConstraintUsage[i].argvIndex = ++used;
      plan += std::to_string(constraint.iColumn) + " " + std::to_string(static_cast<int>(*kind)) + " ";
      rows = std::min(rows, found);
    }
    info->idxStr = sqlite3_mprintf("%s", plan.c_str());
    if (info->idxStr == nullptr) throw std::bad_alloc();
    info->needToFreeIdxStr = 1;
    info->estimatedRows = static_cast<sqlite3_int64>(rows);
    info->estimatedCost = rows * 20;  // a record is read and taken apart
    return {};
  });
}

int open_cursor(sqlite3_vtab* base, sqlite3_vtab_cursor** out) {
  AppModule& module = *reinterpret_cast<AppVtab*>(base)->module;
  return guarded_call(*module.calls, [&]() -> Result<> {
    auto cursor = std::make_unique<AppCursor>();
    cursor->module = &module;
    cursor->rows = module.table->rows();
    *out = &cursor.release()->base;
    return {};
  });
}

int close_cursor(sqlite3_vtab_cursor* base) {
  delete &cursor_of(base);
  return SQLITE_OK;
}

// Empty: bytes, which no cell can be.
std::optional<Cell> cell_of(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_NULL: return Cell();
    case SQLITE_INTEGER: return Cell(int64_t{sqlite3_value_int64(value)});
    case SQLITE_FLOAT: return Cell(sqlite3_value_double(value));
    case SQLITE_TEXT: {
      const auto* data = reinterpret_cast<const char*>(sqlite3_value_text(value));
      if (data == nullptr) throw std::bad_alloc();
      return Cell(std::string(data, static_cast<size_t>(sqlite3_value_bytes(value))));
    }
    default: return std::nullopt;
  }
}

int filter(sqlite3_vtab_cursor* base, int, const char* plan, int, sqlite3_value** values) {
  AppCursor& cursor = cursor_of(base);
  return guarded_call(*cursor.module->calls, [&]() -> Result<> {
    std::vector<Bound> bounds;
    const char* end = plan + std::strlen(plan);
    for (int i = 0; plan != end; ++i) {
      int kind = 0;
      Bound bound;
      plan = std::from_chars(plan, end, bound.column).ptr + 1;
      plan = std::from_chars(plan, end, kind).ptr + 1;
      bound.kind = static_cast<BoundKind>(kind);
      auto cell = cell_of(values[i]);
      if (!cell) continue;
      bound.value = std::move(*cell);
      bounds.push_back(std::move(bound));
    }
    return cursor.rows->find(bounds);
  });
}

int next_row(sqlite3_vtab_cursor* base) {
  AppCursor& cursor = cursor_of(base);
  return guarded_call(*cursor.module->calls, [&]() -> Result<> {
    cursor.rows->next();
    return {};
  });
}

int at_end(sqlite3_vtab_cursor* base) { return cursor_of(base).rows->at_end() ? 1 : 0; }

struct CellResult {
  sqlite3_context* context;
  void operator()(std::monostate) const { sqlite3_result_null(context); }
  void operator()(int64_t integer) const { sqlite3_result_int64(context, integer); }
  void operator()(double real) const { sqlite3_result_double(context, real); }
  void operator()(const std::string& text) const {
    sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
};

int column(sqlite3_vtab_cursor* base, sqlite3_context* context, int number) {
  AppCursor& cursor = cursor_of(base);
  return guarded_call(*cursor.module->calls, [&]() -> Result<> {
    SATCHEL_ASSIGN(const Cell cell, cursor.rows->cell(static_cast<size_t>(number)));
    std::visit(CellResult{context}, cell);
    return {};
  });
}

int no_rowid(sqlite3_vtab_cursor*, sqlite3_int64*) { return SQLITE_ERROR; }  // never asked of a table without them

constexpr sqlite3_module make_app_methods() {
  sqlite3_module methods{};
  methods.xConnect = connect;  // and no xCreate: eponymous only
  methods.xBestIndex = best_index;
  methods.xDisconnect = disconnect;
  methods.xOpen = open_cursor;
  methods.xClose = close_cursor;
  methods.xFilter = filter;
  methods.xNext = next_row;
  methods.xEof = at_end;
  methods.xColumn = column;
  methods.xRowid = no_rowid;
  return methods;
}

constexpr sqlite3_module app_methods = make_app_methods();

}  // namespace

int add_app_module(sqlite3* db, AppModule& module) {
  return sqlite3_create_module_v2(db, module.table->name().c_str(), &app_methods, &module, nullptr);
}

}  // namespace satchel::sqlite

#include "core/store/salvage.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "core/store/tables.hpp"

namespace satchel::store {
namespace {

sqlite::OpenOptions file_at(const std::string& path, const Options& options, bool create) {
  sqlite::OpenOptions open;
  open.path = path;
  open.create = create;
  open.vfs = options.vfs;
  open.key = options.key;
  return open;
}

size_t number_at(const std::string& bytes, size_t at, size_t size) {
  size_t number = 0;
  for (size_t i = 0; i < size; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// Of SQLite's own table of tables, which begins on page 1 and has a level below that at most
// (https://sqlite.org/fileformat2.html#b_tree_pages). `pages`: as SQLite sees them.
std::vector<size_t> schema_pages(const std::string& pages) {
  constexpr size_t header = 100, interior = 5;
  std::vector<size_t> numbers{1};
  if (number_at(pages, header, 1) != interior) return numbers;
  const size_t cells = number_at(pages, header + 3, 2);
  for (size_t i = 0; i < cells; ++i) {
    numbers.push_back(number_at(pages, number_at(pages, header + 12 + 2 * i, 2), 4));
  }
  numbers.push_back(number_at(pages, header + 8, 4));
  return numbers;
}

struct FreshFile {
  size_t page_size = 0;
  uint64_t size = 0;
  std::vector<size_t> schema;  // numbers of those pages
};

// A store of no content and of at least `size`: its first page says how many there are, and SQLite believes no page beyond.
Result<FreshFile> make_fresh(const std::string& path, const Options& options, uint64_t size) {
  sqlite::OpenOptions open = file_at(path, options, true);
  open.application_id = application_id;
  SATCHEL_ASSIGN(auto db, sqlite::Database::open(open));
  SATCHEL_TRY(bring_up_to_date(db));
  SATCHEL_ASSIGN(const Bytes pages, db.pages());
  if (pages.size() < 512) return make_error(Code::internal, "A new store has no pages.", path);
  const size_t raw_size = number_at(pages, 16, 2);
  FreshFile fresh{raw_size == 1 ? 65536 : raw_size, 0, schema_pages(pages)};
  constexpr const char* filler =
      "INSERT INTO sealed (scope_id, epoch, position, state, key_id, content)"
      " VALUES (randomblob(16), x'', 0, 0, x'', zeroblob(1048576))";
  for (uint64_t filled = 0; filled < size; filled += 1048576) SATCHEL_TRY(db.exec(filler));
  SATCHEL_TRY(db.checkpoint(true));
  std::error_code error;
  fresh.size = std::filesystem::file_size(path, error);
  return fresh;
}

// They say which tables there are and where each begins; those places are the same in every store, because one program
// made them in one order.
bool replace_schema_pages(const std::string& path, const Options& options) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error) return false;
  const std::string beside = path + ".fresh";
  std::filesystem::remove(beside, error);
  const auto fresh = make_fresh(beside, options, size);
  bool done = fresh.ok() && fresh->page_size >= 512;
  if (done) {
    std::ifstream in(beside, std::ios::binary);
    std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
    Bytes page(fresh->page_size, '\0');
    for (const size_t number : fresh->schema) {
      const auto at = static_cast<std::streamoff>((number - 1) * fresh->page_size);
      in.seekg(at).read(page.data(), static_cast<std::streamsize>(page.size()));
      out.seekp(at).write(page.data(), static_cast<std::streamsize>(page.size()));
      done = done && number != 0;
    }
    done = done && in.good() && out.flush().good();
  }
  if (done) std::filesystem::resize_file(path, fresh->size, error);  // with a hole: nothing is there
  std::filesystem::remove(beside, error);
  return done;
}

using OnRow = std::function<bool(sqlite::Statement&)>;  // false: the row cannot be used

class Walk {
 public:
  Walk(sqlite::Database& db, Salvage& found) : db_(db), found_(found) {}

  // Reads `columns` (the first is the key) of `table` upwards until it breaks, then from the other end down to there.
  void table(const std::string& columns, const std::string& name, const std::string& key, const OnRow& on_row) {
    const std::string select = "SELECT " + columns + " FROM " + name + " WHERE " + key;
    int64_t low = INT64_MIN;
    if (run(select + " > ? ORDER BY " + key + " LIMIT 1", low, INT64_MAX, on_row)) return;
    int64_t high = INT64_MAX;
    run(select + " < ? ORDER BY " + key + " DESC LIMIT 1", high, low, on_row);
    ++found_.unreadable;
  }

 private:
  // True when it came to the end.
  bool run(const std::string& sql, int64_t& at, int64_t stop, const OnRow& on_row) {
    for (;;) {
      auto statement = db_.prepare_dynamic(sql);
      if (!statement.ok()) return false;
      sqlite::StatementScope q(**statement);
      q->bind(0, at);
      auto row = q->step();
      if (!row.ok()) return false;
      if (!*row) return true;
      const int64_t key = q->int64(0);
      if (key == at || (stop != INT64_MAX && key <= stop)) return true;
      at = key;
      if (!on_row(*q)) ++found_.unreadable;
    }
  }

  sqlite::Database& db_;
  Salvage& found_;
};

// The first row; false: there is none to be read.
template <class Take>
bool read_row(sqlite::Database& db, std::string_view sql, Take take) {
  auto statement = db.prepare_dynamic(sql);
  if (!statement.ok()) return false;
  sqlite::StatementScope q(**statement);
  const auto row = q->step();
  if (!row.ok() || !*row) return false;
  take(*q);
  return true;
}

bool read_identity(sqlite::Database& db, Salvage& found) {
  read_row(db, "SELECT json FROM app_schema", [&](const sqlite::Statement& q) { found.schema_json = q.text(0); });
  return read_row(db, "SELECT organisation, worker FROM store", [&](const sqlite::Statement& q) {
    found.organisation = q.text(0);
    found.worker = q.text(1);
  });
}

bool read_scope(sqlite::Statement& q, Salvage& found) {
  HeldScope scope;
  const auto id = ScopeId::from_bytes(q.blob(1));
  const auto parent = ScopeId::from_bytes(q.blob(3));
  if (!id || !parent) return false;
  scope.id = *id;
  scope.kind = q.text(2);
  scope.parent = *parent;
  scope.role = q.text(4);
  scope.label = q.text(5);
  scope.opened = q.int64(6) != 0;
  scope.withdrawn = q.int64(7) != 0;
  found.scopes.push_back(std::move(scope));
  return true;
}

bool read_refused(sqlite::Statement& q, Salvage& found) {
  Salvage::Refused refused;
  const auto scope = ScopeId::from_bytes(q.blob(1));
  const auto replica = ReplicaId::from_bytes(q.blob(2));
  if (!scope || !replica) return false;
  refused.id = {*scope, *replica, static_cast<uint64_t>(q.int64(3))};
  refused.reason = q.text(4);
  refused.wall_ms = q.int64(5);
  refused.bytes = q.blob(6);
  found.set_aside.push_back(std::move(refused));
  return true;
}

bool read_sealed(sqlite::Statement& q, Salvage& found) {
  const auto scope = ScopeId::from_bytes(q.blob(1));
  const auto epoch = EpochId::from_bytes(q.blob(2));
  if (!scope || !epoch || q.int64(3) <= 0) return false;
  found.sealed.push_back({*scope, *epoch, static_cast<uint64_t>(q.int64(3)), Bytes(q.blob(4)), Bytes(q.blob(5))});
  return true;
}

bool read_tables(sqlite::Database& db, Salvage& found) {
  if (!read_identity(db, found)) return false;
  Walk walk(db, found);
  walk.table("scope, id, kind, parent, role, label, opened, withdrawn", "held_scopes", "scope",
             [&](sqlite::Statement& q) { return read_scope(q, found); });
  std::vector<std::pair<int64_t, Salvage::Row>> rows;
  walk.table("place, state, waiting, urgent, slot, hash, base, bytes", "outbox", "place", [&](sqlite::Statement& q) {
    if (q.blob(7).empty()) return true;  // nothing in it, whatever its slot says
    Salvage::Row row{static_cast<OutboxState>(q.int64(1)),
                     q.int64(2) != 0,
                     q.int64(3) != 0,
                     Bytes(q.blob(5)),
                     Bytes(q.blob(6)),
                     Bytes(q.blob(7))};
    rows.emplace_back(q.int64(0), std::move(row));
    return true;
  });
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& row : rows) found.outbox.push_back(std::move(row.second));
  walk.table("rowid, scope_id, replica, counter, reason, wall_ms, bytes", "set_aside", "rowid",
             [&](sqlite::Statement& q) { return read_refused(q, found); });
  walk.table("rowid, scope_id, epoch, position, key_id, content", "sealed", "rowid",
             [&](sqlite::Statement& q) { return read_sealed(q, found); });
  return true;
}

}  // namespace

Salvage salvage(const std::string& path, const Options& options) {
  Salvage found;
  // Opened beside an empty file, a write-ahead log would be thrown away.
  std::error_code ignored;
  if (std::filesystem::file_size(path, ignored) != 0) {
    auto db = sqlite::Database::open(file_at(path, options, false));
    if (db.ok() && read_tables(*db, found)) return found;
  }
  found = {};
  found.notes.push_back("The file does not say any more where its tables are. It was read with the places of a new store.");
  if (!replace_schema_pages(path, options)) return found;
  auto db = sqlite::Database::open(file_at(path, options, false));
  if (db.ok()) {
    const bool identity = read_tables(*db, found);
    if (!identity) found.notes.push_back("The file does not say any more whose it is.");
  }
  return found;
}

}  // namespace satchel::store

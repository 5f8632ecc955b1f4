#include "core/store/word_indexer.hpp"

#include "core/store/shared_schema.hpp"
#include "core/store/tables.hpp"

namespace satchel::store {
namespace {

class ConnectionIndexer final : public WordIndexer {
 public:
  ConnectionIndexer(sqlite::Database db, model::Schema schema) : db_(std::move(db)), schema_(std::move(schema)) {}

  Result<SearchProgress> index_some(size_t most) override {
    SATCHEL_ASSIGN(const SearchProgress before, progress());
    if (before.waiting == 0) return before;
    const auto indexed = write([&] { return index_words(db_, schema_, most); });
    if (!indexed.ok() && indexed.error().code != Code::corrupt) return indexed.error();
    if (!indexed.ok()) SATCHEL_TRY(make_anew());
    return progress();
  }

  Result<SearchVerdict> verify() override {
    SATCHEL_ASSIGN(const auto view, sqlite::Transaction::begin(db_, sqlite::Transaction::Kind::read));
    SATCHEL_TRY(follow_schema());
    return verify_search(db_, schema_);
  }

  Result<> make_anew() override {
    return write([&] { return reset_search(db_); });
  }

 private:
  Result<SearchProgress> progress() {
    SATCHEL_ASSIGN(const auto view, sqlite::Transaction::begin(db_, sqlite::Transaction::Kind::read));
    return search_progress(db_);
  }

  template <class Act>
  Result<> write(Act act) {
    SATCHEL_ASSIGN(auto transaction, sqlite::Transaction::begin(db_, sqlite::Transaction::Kind::write));
    SATCHEL_TRY(follow_schema());
    SATCHEL_TRY(act());
    return transaction.commit();
  }

  Result<> follow_schema() {
    SATCHEL_ASSIGN(const StoreRow row, load_store_row(db_));
    if (row.schema_version != schema_.version()) {  // a newer app brought a newer one
      SATCHEL_ASSIGN(schema_, load_schema(db_));
    }
    return {};
  }

  sqlite::Database db_;
  model::Schema schema_;
};

}  // namespace

Result<std::unique_ptr<WordIndexer>> WordIndexer::open(const Options& options) {
  sqlite::OpenOptions open;
  open.path = options.path;
  open.create = false;
  open.application_id = application_id;
  open.durability = sqlite::Durability::grouped;
  open.overwrite_deleted = true;
  open.vfs = options.vfs;
  open.key = options.key;
  SATCHEL_ASSIGN(auto db, sqlite::Database::open(open));
  expect_tables(db);
  SATCHEL_ASSIGN(auto schema, load_schema(db));
  return std::unique_ptr<WordIndexer>(std::make_unique<ConnectionIndexer>(std::move(db), std::move(schema)));
}

}  // namespace satchel::store

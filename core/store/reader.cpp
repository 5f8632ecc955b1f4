#include "core/store/reader.hpp"

#include <utility>

#include "core/store/arrivals.hpp"
#include "core/store/conflicts.hpp"
#include "core/store/field_history.hpp"
#include "core/store/field_index.hpp"
#include "core/store/outbox.hpp"
#include "core/store/set_aside.hpp"
#include "core/store/shown_records.hpp"
#include "core/store/status.hpp"
#include "core/store/tables.hpp"

namespace satchel::store {
namespace {

class ConnectionReader final : public Reader {
 public:
  ConnectionReader(sqlite::Database db, std::shared_ptr<SharedSchema> schemas, std::shared_ptr<const LastHeard> heard,
                   SchemaPointer schema)
      : db_(std::move(db)), schemas_(std::move(schemas)), heard_(std::move(heard)), schema_(std::move(schema)) {}

  Result<ReadToken> begin() override {
    end();
    SATCHEL_ASSIGN(auto view, sqlite::Transaction::begin(db_, sqlite::Transaction::Kind::read));
    SATCHEL_ASSIGN(const StoreRow row, load_store_row(db_));
    SATCHEL_TRY(follow_schema(row));
    view_.emplace(std::move(view));
    return make_token(row);
  }

  void end() override { view_.reset(); }

  bool pinned() const override { return view_.has_value(); }

  Result<ReadToken> token() override {
    SATCHEL_ASSIGN(const StoreRow row, load_store_row(db_));
    return make_token(row);
  }

  Result<std::optional<Record>> record(std::string_view collection, const RecordId& id) override {
    return in_view([&]() -> Result<std::optional<Record>> {
      SATCHEL_ASSIGN(const auto key, scope_of(db_, collection, id));
      if (!key) return std::optional<Record>();
      return ShownRecords(db_).find(*key, {std::string(collection), id});
    });
  }

  Result<std::vector<InboxEntry>> conflicts() override {
    return in_view([&] { return read_inbox(db_); });
  }

  Result<std::vector<SetAside>> set_aside() override {
    return in_view([&]() -> Result<std::vector<SetAside>> {
      SATCHEL_ASSIGN(const StoreRow row, load_store_row(db_));
      return list_set_aside(db_, row.organisation);
    });
  }

  Result<std::vector<ScopeInfo>> scopes() override {
    return in_view([&] { return read_scopes(db_); });
  }

  Result<Status> status() override {
    return in_view([&] { return read_status(db_, *heard_); });
  }

  Result<uint64_t> unsent_records() override {
    return in_view([&] { return store::unsent_records(db_); });
  }

  Result<> history(const ScopeId& id, const log::Log::Visit& visit) override {
    return in_view([&]() -> Result<> {
      SATCHEL_ASSIGN(const auto scope, find_held_scope(db_, id));
      if (!scope) return make_error(Code::not_found, "This tablet does not hold this scope.", "scope");
      return log::Log(db_).each_entry(scope->key, visit);
    });
  }

  Result<std::vector<FieldVersion>> field_history(std::string_view collection, const RecordId& id,
                                                  std::string_view field) override {
    return in_view([&]() -> Result<std::vector<FieldVersion>> {
      SATCHEL_ASSIGN(const StoreRow row, load_store_row(db_));
      const model::RecordKey record{std::string(collection), id};
      return store::field_history(db_, *schema_, row.organisation, record, field);
    });
  }

  sqlite::Database& database() override { return db_; }
  const model::Schema& schema() const override { return *schema_; }

 private:
  // A newer app may have brought a newer schema since this reader was opened.
  Result<> follow_schema(const StoreRow& row) {
    if (row.schema_version == schema_->version()) return {};
    SATCHEL_ASSIGN(schema_, schemas_->of(db_, row));
    return {};
  }

  // Inside the pinned view, or in one of its own.
  template <class Read>
  auto in_view(Read read) -> decltype(read()) {
    if (view_) return read();
    SATCHEL_ASSIGN(auto view, sqlite::Transaction::begin(db_, sqlite::Transaction::Kind::read));
    return read();
  }

  sqlite::Database db_;
  std::shared_ptr<SharedSchema> schemas_;
  std::shared_ptr<const LastHeard> heard_;
  SchemaPointer schema_;
  std::optional<sqlite::Transaction> view_;  // destroyed before the connection
};

}  // namespace

Result<std::unique_ptr<Reader>> open_reader(const Options& options, std::shared_ptr<SharedSchema> schemas,
                                            std::shared_ptr<const LastHeard> heard) {
  sqlite::OpenOptions open;
  open.path = options.path;
  open.read_only = true;
  open.create = false;
  open.application_id = application_id;
  open.vfs = options.vfs;
  open.key = options.key;
  SATCHEL_ASSIGN(auto db, sqlite::Database::open(open));
  expect_tables(db);
  SchemaPointer schema;
  {
    SATCHEL_ASSIGN(const auto view, sqlite::Transaction::begin(db, sqlite::Transaction::Kind::read));
    SATCHEL_ASSIGN(const StoreRow row, load_store_row(db));
    SATCHEL_ASSIGN(schema, schemas->of(db, row));
  }
  return std::unique_ptr<Reader>(
      std::make_unique<ConnectionReader>(std::move(db), std::move(schemas), std::move(heard), std::move(schema)));
}

}  // namespace satchel::store

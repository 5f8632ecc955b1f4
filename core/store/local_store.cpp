// The Store: opens the file, and runs each call in one SQLite transaction on it.
#include "core/store/apply.hpp"
#include "core/store/commit.hpp"
#include "core/store/create.hpp"
#include "core/store/held_scopes.hpp"
#include "core/store/history.hpp"
#include "core/store/reader.hpp"
#include "core/store/request.hpp"
#include "core/store/set_aside.hpp"
#include "core/store/status.hpp"
#include "core/store/verify.hpp"

namespace satchel::store {
namespace {

class LocalStore final : public Store {
 public:
  LocalStore(Opened opened, const Clock& clock, Random& random, Logger& logger)
      : opened_(std::move(opened)),
        schema_(std::make_shared<const model::Schema>(std::move(opened_.schema))),
        schemas_(std::make_shared<SharedSchema>(schema_)),
        heard_(std::make_shared<LastHeard>()),
        clock_(clock),
        random_(random),
        logger_(logger) {}

  const std::vector<std::string>& opening_notes() const override { return opened_.notes; }

  Result<Receipt> commit(const Draft& draft) override {
    return write([&](Work& work) { return commit_draft(work, draft); });
  }

  Result<std::unique_ptr<Reader>> reader() override { return open_reader(opened_.options, schemas_, heard_); }

  Result<> keep_history(const ScopeId& scope, bool keep) override {
    return write([&](Work& work) { return store::keep_history(work, scope, keep); });
  }

  Result<Status> status() override {
    SATCHEL_ASSIGN(const auto view, sqlite::Transaction::begin(opened_.db, sqlite::Transaction::Kind::read));
    return read_status(opened_.db, *heard_);
  }

  Result<VerifyReport> verify() override {
    return in_transaction(sqlite::Transaction::Kind::read, [](Work& work) { return verify_store(work); });
  }

  Identity identity() override {
    Identity& known = opened_.identity;
    const auto row = load_store_row(opened_.db);
    if (!row.ok() || row->replica == known.replica) return known;
    // Another process drew a new one. Should its secret not be to be had now, the old id goes with the old secret.
    const auto secret = opened_.options.secrets->get(secret_name(row->replica));
    if (secret.ok() && *secret) known = {row->organisation, row->worker, row->replica, **secret};
    return known;
  }

  const model::Schema& schema() const override { return *schema_; }

  Result<int64_t> others_version() override { return opened_.db.data_version(); }

  Result<int64_t> data_version() override {
    SATCHEL_ASSIGN(const int64_t others, opened_.db.data_version());
    return others + own_writes_;
  }

  std::unique_ptr<FileWatch> watch(std::function<void()> on_write) override {
    if (!opened_.options.vfs.empty()) return nullptr;
    return FileWatch::start(opened_.options.path + "-wal", std::move(on_write));  // there as long as the file is open
  }

  Result<> flush() override { return opened_.db.checkpoint(false); }

  Result<proto::SyncRequest> build_request(const RequestLimits& limits, SessionMemory& memory) override {
    for (;;) {
      SessionMemory next = memory;
      SATCHEL_ASSIGN(auto built, in_transaction(sqlite::Transaction::Kind::read,
                                                [&](Work& work) { return make_request(work, limits, next); }));
      if (!built.damaged) {
        memory = std::move(next);
        confirm_only_what_is_gone(built.request);
        return std::move(built.request);
      }
      SATCHEL_TRY(write([](Work& work) { return set_damaged_aside(work); }));
    }
  }

  Result<Applied> apply(const proto::SyncResponse& response, const proto::SyncRequest& request) override {
    if (says_only_the_time(response, request)) {
      SATCHEL_ASSIGN(auto quiet, only_hear(response));
      if (quiet) return std::move(*quiet);
    }
    auto applied = write([&](Work& work) { return apply_response(work, response, request); });
    if (!applied.ok() && applied.error().place == damaged_outbox_place) {
      SATCHEL_TRY(write([](Work& work) { return set_damaged_aside(work); }));
      applied = write([&](Work& work) { return apply_response(work, response, request); });
    }
    if (applied.ok()) heard_->forget();
    return applied;
  }

  Result<> check_owner(const proto::SessionResponse& session) override {
    SATCHEL_ASSIGN(const StoreRow row, load_store_row(opened_.db));
    return check_owner_of(row, session.organisation, session.worker);
  }

 private:
  Result<std::optional<Applied>> only_hear(const proto::SyncResponse& response) {
    return in_transaction(sqlite::Transaction::Kind::read, [&](Work& work) {
      auto applied = store::only_hear(work, response);
      if (applied.ok() && *applied) heard_->note(work.row.heard);
      return applied;
    });
  }

  // What was purged is still in the write-ahead log until that is emptied. Somebody reading may be in the way for a
  // moment; then it is confirmed with a later request.
  void confirm_only_what_is_gone(proto::SyncRequest& request) {
    if (!request.purged.empty() && !opened_.db.empty_log().ok()) request.purged.clear();
  }

  // Another process may have brought a newer schema.
  Result<> follow_schema(const StoreRow& row) {
    if (row.schema_version == schema_->version()) return {};
    SATCHEL_ASSIGN(schema_, schemas_->of(opened_.db, row));
    return {};
  }

  template <class Act>
  auto in_transaction(sqlite::Transaction::Kind kind, Act act) -> decltype(act(std::declval<Work&>())) {
    SATCHEL_ASSIGN(auto transaction, sqlite::Transaction::begin(opened_.db, kind));
    SATCHEL_ASSIGN(StoreRow row, load_store_row(opened_.db));
    SATCHEL_TRY(follow_schema(row));
    heard_->add_to(row);
    Work work{opened_.db, log::Log(opened_.db), *schema_, clock_, random_, logger_, std::move(row)};
    const ReplicaId before = work.row.replica;
    auto result = act(work);
    if (!result.ok() || kind != sqlite::Transaction::Kind::write) return result;
    SATCHEL_TRY(keep_secret(*opened_.options.secrets, work.row));
    SATCHEL_TRY(transaction.commit());
    if (!work.row.secret.empty()) {
      opened_.identity.replica = work.row.replica;
      opened_.identity.secret = work.row.secret;
      forget_secret(before);
    }
    return result;
  }

  // Under the write lock, as everything that changes what the keeper has. One that stays opens nothing.
  void forget_secret(const ReplicaId& replica) {
    const auto lock = sqlite::Transaction::begin(opened_.db, sqlite::Transaction::Kind::write);
    if (lock.ok() && opened_.options.secrets->remove(secret_name(replica)).ok()) return;
    logger_.log(LogLevel::warning, "secret_not_removed", {{"replica", replica.text()}});
  }

  template <class Act>
  auto write(Act act) -> decltype(act(std::declval<Work&>())) {
    auto result = in_transaction(sqlite::Transaction::Kind::write, act);
    if (result.ok()) ++own_writes_;
    return result;
  }

  Opened opened_;  // all but its schema
  SchemaPointer schema_;
  std::shared_ptr<SharedSchema> schemas_;
  std::shared_ptr<LastHeard> heard_;
  const Clock& clock_;
  Random& random_;
  Logger& logger_;
  int64_t own_writes_ = 0;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const Options& options, const Clock& clock, Random& random, Logger& logger) {
  SATCHEL_ASSIGN(Opened opened, open_file(options, clock, random, logger));
  return std::unique_ptr<Store>(std::make_unique<LocalStore>(std::move(opened), clock, random, logger));
}

}  // namespace satchel::store

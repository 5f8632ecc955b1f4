#include "core/store/create.hpp"

#include "core/base/hash.hpp"
#include "core/model/limits.hpp"
#include "core/model/text.hpp"
#include "core/store/fork.hpp"
#include "core/store/rekey.hpp"
#include "core/store/secret_keeper.hpp"
#include "core/store/tables.hpp"
#include "core/store/verify.hpp"

namespace satchel::store {
namespace {

Result<sqlite::Database> open_database(const Options& options) {
  sqlite::OpenOptions open;
  open.path = options.path;
  open.create = options.create;
  open.durability = options.durability;
  open.application_id = application_id;
  open.overwrite_deleted = true;  // a scope that was purged is not to be found in the file
  open.vfs = options.vfs;
  open.key = options.key;
  return sqlite::Database::open(open);
}

Result<> check_name(const std::string& name, const char* place) {
  if (model::valid_identifier(name, model::limits::id_bytes)) return {};
  return make_error(Code::invalid,
                    std::string("A new store needs to know its ") + place + ": a name of 1 to " +
                        std::to_string(model::limits::id_bytes) + " bytes, without control characters.",
                    place);
}

Result<StoreRow> new_row(const Options& options, Work& work) {
  SATCHEL_TRY(check_name(options.organisation, "organisation"));
  SATCHEL_TRY(check_name(options.worker, "worker"));
  work.row.organisation = options.organisation;
  work.row.worker = options.worker;
  work.row.schema_version = work.schema.version();
  SATCHEL_TRY(save_schema(work.db, work.schema));
  work.row.incarnation.assign(16, '\0');
  work.random.fill(work.row.incarnation.data(), work.row.incarnation.size());
  draw_replica(work);
  SATCHEL_TRY(save_store_row(work.db, work.row));
  return work.row;
}

// A field's kind and type are for ever: what was written with them must stay readable.
Result<> check_successor(const model::Schema& now, const model::Schema& next) {
  for (const auto& [name, collection] : now.collections()) {
    for (const auto& [field_name, field] : collection.fields) {
      const model::Field* other = next.field(name, field_name);
      if (other == nullptr) continue;
      const std::string place = name + "." + field_name;
      if (other->kind != field.kind || other->type != field.type) {
        return make_error(Code::invalid,
                          "The new schema changes the kind of a field. Give the field a new name instead.", place);
      }
      if (!field.amends.empty() && other->amends != field.amends) {
        return make_error(Code::invalid, "Texts of this field were sent in: the new schema must allow it in the same way.",
                          place);
      }
    }
  }
  return {};
}

Result<> follow_options(const Options& options, Work& work, model::Schema& schema) {
  if (options.schema_json.empty() || options.schema_json == schema.source()) return {};
  SATCHEL_ASSIGN(model::Schema next, model::Schema::parse(options.schema_json));
  if (next.version() < schema.version()) return {};  // an older app: it writes by the newer schema of the file
  if (next.version() == schema.version()) {
    return make_error(Code::invalid,
                      "The schema is not the one that this store knows as version " + std::to_string(schema.version()) +
                          ". Give a changed schema a higher version.",
                      "/version");
  }
  SATCHEL_TRY(check_successor(schema, next));
  schema = std::move(next);
  work.row.schema_version = schema.version();
  SATCHEL_TRY(save_schema(work.db, schema));
  SATCHEL_TRY(save_store_row(work.db, work.row));
  return rebuild_views(work);
}

// The file may have been copied here, or have come out of a backup. What has no verdict is still sent under the old id:
// whoever else sends it, too, is told that it is there already.
Result<> bind_to_device(Opened& opened, Work& work) {
  const ReplicaId replica = work.row.replica;
  SATCHEL_ASSIGN(auto kept, opened.options.secrets->get(secret_name(replica)));
  if (kept && equal_constant_time(secret_check(replica, *kept), work.row.secret_check)) {
    opened.identity.secret = std::move(*kept);
    return {};
  }
  SATCHEL_TRY(take_new_name(work));
  SATCHEL_TRY(save_store_row(work.db, work.row));
  opened.notes.push_back(
      "The secret that belongs to this store is not on this device: the store was copied here, or came out of a backup. "
      "This tablet now has a new name at the central store. Nothing of what was written is lost.");
  return {};
}

Result<> open_contents(Opened& opened, const Clock& clock, Random& random, Logger& logger) {
  sqlite::Database& db = opened.db;
  SATCHEL_ASSIGN(auto transaction, sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
  auto row = load_store_row(db);
  const bool fresh = !row.ok() && row.error().code == Code::not_found;
  if (!row.ok() && !fresh) return row.error();
  if (fresh && opened.options.schema_json.empty()) {
    return make_error(Code::invalid, "A new store needs a schema.", "schema");
  }
  if (!fresh) SATCHEL_TRY(check_owner_of(*row, opened.options.organisation, opened.options.worker));
  SATCHEL_ASSIGN(opened.schema, fresh ? model::Schema::parse(opened.options.schema_json) : load_schema(db));
  Work work{db, log::Log(db), opened.schema, clock, random, logger, fresh ? StoreRow{} : *row};
  if (fresh) {
    SATCHEL_TRY(new_row(opened.options, work));
  } else {
    SATCHEL_TRY(follow_options(opened.options, work, opened.schema));
    SATCHEL_TRY(bind_to_device(opened, work));
  }
  SATCHEL_TRY(keep_secret(*opened.options.secrets, work.row));
  if (!work.row.secret.empty()) opened.identity.secret = work.row.secret;
  opened.identity.organisation = work.row.organisation;
  opened.identity.worker = work.row.worker;
  opened.identity.replica = work.row.replica;
  return transaction.commit();
}

}  // namespace

Result<> check_owner_of(const StoreRow& row, std::string_view organisation, std::string_view worker) {
  if (!organisation.empty() && organisation != row.organisation) {
    return make_error(
        Code::wrong_owner,
        "This store belongs to \"" + row.organisation + "\", not to \"" + std::string(organisation) + "\".",
        "organisation");
  }
  if (!worker.empty() && worker != row.worker) {
    return make_error(Code::wrong_owner,
                      "This store belongs to " + row.worker + ", not to " + std::string(worker) +
                          ". Each worker has a store of their own.",
                      "worker");
  }
  return {};
}

Result<> keep_secret(SecretKeeper& secrets, const StoreRow& row) {
  if (row.secret.empty()) return {};
  return secrets.put(secret_name(row.replica), row.secret);
}

std::string rescued_path(const std::string& path) { return path + ".rescued"; }

Result<Opened> open_file(const Options& options, const Clock& clock, Random& random, Logger& logger) {
  if (sqlite::file_exists(rescued_path(options.path), options.vfs)) {
    return make_error(Code::corrupt, "The rescue of this store was interrupted. Rescue it again.", options.path);
  }
  SATCHEL_ASSIGN(auto db, open_database(options));
  remove_rekeyed(options.path);
  SATCHEL_TRY(bring_up_to_date(db));
  Opened opened{options, std::move(db), {}, {}, {}};
  if (opened.options.secrets == nullptr) opened.options.secrets = make_file_secrets(options.path);
  SATCHEL_TRY(open_contents(opened, clock, random, logger));
  return opened;
}

}  // namespace satchel::store

#include "tests/log/support.hpp"

#include "core/log/ord.hpp"

namespace satchel::log::test {
namespace {

Bytes text_value(const std::string& text) { return proto::encode_value(model::Value(text)); }

}  // namespace

sqlite::Database open_database(const std::string& path) {
  sqlite::OpenOptions options;
  options.path = path;
  sqlite::Database db = must(sqlite::Database::open(options));
  must(db.exec(tables_sql));
  return db;
}

model::Op assign(const std::string& collection, uint8_t record, const std::string& field, model::Kind kind,
                 const std::string& value) {
  model::Op op;
  op.collection = collection;
  op.record = id_of<RecordId>(record);
  op.field = field;
  op.kind = kind;
  op.action = model::Action::assign;
  op.value = text_value(value);
  return op;
}

model::Op on_record(const std::string& collection, uint8_t record, model::Action action) {
  model::Op op;
  op.collection = collection;
  op.record = id_of<RecordId>(record);
  op.action = action;
  return op;
}

World::World(uint64_t seed) : random(seed) {}

ScopeKey World::create(sqlite::Database& db, int64_t org, uint8_t number) {
  return must(Log(db).create_scope(org, organisation, id_of<ScopeId>(number), "case", ScopeId{}, epoch));
}

Writer& World::writer(size_t number) {
  while (writers_.size() <= number) {
    Writer writer;
    writer.id = id_of<ReplicaId>(static_cast<uint8_t>(0x10 + writers_.size()));
    writer.worker = "worker-" + std::to_string(writers_.size());
    writers_.push_back(std::move(writer));
  }
  return writers_[number];
}

void World::write(Writer& writer, std::vector<model::Op> ops) {
  model::Transaction transaction;
  model::Header& header = transaction.header;
  header.id = {scope, writer.id, ++writer.counter};
  header.worker = writer.worker;
  header.wall_ms = now_ms += 1000;
  header.heard_ms = now_ms - 5000;
  header.base = writer.seen;
  header.shown = header.base;
  if (random.below(4) == 0 && writer.counter > 1) header.shown.set(writer.id, header.base[writer.id] - 1);
  transaction.ops = std::move(ops);
  writer.seen.set(writer.id, writer.counter);
  writer.outbox.push_back(std::move(transaction));
}

Sequenced World::finish(model::Entry entry, const Writer& writer) {
  uint64_t greatest = 0;
  for (const auto& [replica, counter] : entry.base.entries()) {
    for (const Sequenced& earlier : entries) {
      if (earlier.entry.id.replica == replica && earlier.entry.id.counter == counter) {
        greatest = std::max(greatest, earlier.entry.envelope.ord);
      }
    }
  }
  OrdInput input;
  input.wall_ms = now_ms;
  input.received_ms = input.sent_at_ms = now_ms;
  input.greatest_in_base = greatest;
  entry.envelope = {epoch, entry.position, now_ms, ord(input), {}};
  random.fill(entry.envelope.mac.bytes.data(), entry.envelope.mac.bytes.size());
  Sequenced made{entry, std::nullopt};
  if (entry.slot == model::Slot::content) {
    made.decoded = must(proto::decode_transaction(organisation, entry.bytes));
    must(made.decoded->complete(writer.base));
    made.entry.base = {};
  }
  version_.raise(writer.id, entry.id.counter);
  entries.push_back(made);
  return made;
}

Sequenced World::sequence(Writer& writer) {
  const model::Transaction transaction = writer.outbox.front();
  writer.outbox.pop_front();
  auto encoded = must(proto::encode_transaction(organisation, transaction, writer.base, random));
  model::Entry entry;
  entry.position = entries.size() + 1;
  entry.id = transaction.header.id;
  entry.hash = encoded.hash;
  entry.base = transaction.header.base;
  entry.bytes = std::move(encoded.bytes);
  Sequenced made = finish(entry, writer);
  writer.base = transaction.header.base;
  return made;
}

Sequenced World::sequence_empty(Writer& writer, const std::string& reason) {
  const model::Transaction transaction = writer.outbox.front();
  writer.outbox.pop_front();
  model::Entry entry;
  entry.slot = model::Slot::empty;
  entry.position = entries.size() + 1;
  entry.id = transaction.header.id;
  entry.hash = Hasher("test").number(entry.position).finish();
  entry.base = transaction.header.base;
  entry.reason = reason;
  Sequenced made = finish(entry, writer);
  writer.base = transaction.header.base;
  return made;
}

void World::pull(Writer& writer) { writer.seen.join(version_); }

std::vector<model::Op> World::random_ops() {
  static const std::vector<std::pair<std::string, model::Kind>> fields = {
      {"email", model::Kind::register_}, {"about", model::Kind::keep_all}, {"risk", model::Kind::severity},
      {"status", model::Kind::state},    {"note", model::Kind::frozen},    {"owner", model::Kind::server}};
  std::vector<model::Op> ops;
  const auto record = static_cast<uint8_t>(1 + random.below(6));
  const std::string collection = random.below(3) == 0 ? "task" : "person";
  const std::string value = "v" + std::to_string(random.below(1000));
  switch (random.below(8)) {
    case 0: ops.push_back(on_record(collection, record, model::Action::create)); break;
    case 1: ops.push_back(on_record(collection, record, model::Action::void_)); break;
    case 2: ops.push_back(on_record(collection, record, model::Action::restore)); break;
    case 3: {
      model::Op op = assign(collection, record, "needs", model::Kind::set, value);
      op.action = random.below(2) == 0 ? model::Action::add : model::Action::remove;
      op.element = "e" + std::to_string(random.below(3));
      if (op.action == model::Action::remove) op.value.clear();
      ops.push_back(op);
      break;
    }
    default: {
      const auto& [name, kind] = fields[random.below(fields.size())];
      ops.push_back(assign(collection, record, name, kind, value));
    }
  }
  if (random.below(3) == 0) ops.push_back(on_record("visit_note", static_cast<uint8_t>(1 + random.below(200)),
                                                    model::Action::create));
  return ops;
}

void World::history(size_t count) {
  const size_t goal = entries.size() + count;
  while (entries.size() < goal) {
    Writer& one = writer(random.below(4));
    switch (random.below(4)) {
      case 0: pull(one); break;
      case 1: write(one, random_ops()); break;
      default:
        if (one.outbox.empty()) write(one, random_ops());
        if (random.below(12) == 0) {
          sequence_empty(one, "the worker was suspended");
        } else {
          sequence(one);
        }
    }
  }
}

void append_all(Log& log, ScopeKey key, const std::vector<Sequenced>& entries, size_t from, size_t to) {
  for (size_t i = from; i < std::min(to, entries.size()); ++i) {
    must(log.append(key, entries[i].entry, entries[i].content()));
  }
}

std::vector<std::string> tables() {
  return {"names", "scopes", "history", "entries", "replicas", "records", "snapshot_replicas", "snapshot_records"};
}

std::string dump(sqlite::Database& db, int64_t org, int64_t scope) {
  std::string out;
  for (const std::string& table : tables()) {
    std::string sql = "SELECT * FROM " + table + " WHERE 1";
    if (org != 0) sql += " AND org = " + std::to_string(org);
    if (scope != 0 && table != "names") sql += " AND scope = " + std::to_string(scope);
    sql += " ORDER BY 1, 2, 3, 4";
    if (table == "names") sql = "SELECT * FROM names WHERE org = " + std::to_string(org) + " OR 0 = " +
                                std::to_string(org) + " ORDER BY 1, 2";
    sqlite::Statement* rows = must(db.prepare_dynamic(sql));
    sqlite::StatementScope guard(*rows);
    while (must(rows->step())) {
      out += table;
      for (int column = 0; column < rows->column_count(); ++column) {
        out += rows->is_null(column) ? "|-" : "|" + to_hex(rows->blob(column));
      }
      out += "\n";
    }
  }
  return out;
}

std::string text_of(const std::vector<proto::SnapshotRecord>& records) {
  std::string out;
  for (const proto::SnapshotRecord& record : records) {
    out += record.key.collection + "/" + record.key.record.text() + " " + to_hex(record.state) + "\n";
  }
  return out;
}

std::string states(Log& log, ScopeKey key) { return text_of(must(log.records_after(key, std::nullopt, SIZE_MAX))); }

}  // namespace satchel::log::test

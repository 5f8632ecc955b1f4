// A small world for the tests of core/log: a database in memory, writers that know only part of what the others wrote,
// and the entries that a centre would make of it.
#pragma once

#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "core/log/log.hpp"
#include "core/sqlite/database.hpp"
#include "proto/codec.hpp"

namespace satchel::log::test {

inline constexpr const char* organisation = "northside";

template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}
inline void must(Result<> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
}

template <class IdType>
IdType id_of(uint8_t number) {
  IdType id;
  id.bytes.fill(number);
  return id;
}

sqlite::Database open_database(const std::string& path = ":memory:");

// An entry with what its appender needs besides.
struct Sequenced {
  model::Entry entry;
  std::optional<proto::DecodedTransaction> decoded;
  const proto::DecodedTransaction* content() const { return decoded ? &*decoded : nullptr; }
};

struct Writer {
  ReplicaId id;
  std::string worker;
  model::Version base;                // of what it wrote last
  model::Version seen;                // what it has applied, own included
  uint64_t counter = 0;
  std::deque<model::Transaction> outbox;
};

model::Op assign(const std::string& collection, uint8_t record, const std::string& field, model::Kind kind,
                 const std::string& value);
model::Op on_record(const std::string& collection, uint8_t record, model::Action action);

class World {
 public:
  explicit World(uint64_t seed = 1);

  ScopeKey create(sqlite::Database& db, int64_t org = 1, uint8_t scope = 1);
  Writer& writer(size_t number);
  // What `writer` writes now, into its outbox.
  void write(Writer& writer, std::vector<model::Op> ops);
  // The first transaction of the outbox as the entry after those made so far.
  Sequenced sequence(Writer& writer);
  Sequenced sequence_empty(Writer& writer, const std::string& reason);
  void pull(Writer& writer);          // it has now applied all entries made so far
  // `count` entries by several writers who often do not know of each other; also kept in `entries`.
  void history(size_t count);
  std::vector<model::Op> random_ops();

  SeededRandom random;
  ScopeId scope = id_of<ScopeId>(1);
  EpochId epoch = id_of<EpochId>(200);
  std::vector<Sequenced> entries;
  int64_t now_ms = 1'790'000'000'000;

 private:
  Sequenced finish(model::Entry entry, const Writer& writer);
  std::deque<Writer> writers_;
  std::map<ReplicaId, uint64_t> last_ord_;
  model::Version version_;
};

// What most tests begin with: an empty log of one scope, and the world that writes into it.
struct OneScope {
  sqlite::Database db = open_database();
  Log log{db};
  World world;
  const ScopeKey key = world.create(db);
};

void append_all(Log& log, ScopeKey key, const std::vector<Sequenced>& entries, size_t from = 0, size_t to = SIZE_MAX);

// Every row of every table of the log, as text; of one scope when `scope` is not 0.
std::string dump(sqlite::Database& db, int64_t org = 0, int64_t scope = 0);
std::vector<std::string> tables();

// Records in key order as one text of hex.
std::string states(Log& log, ScopeKey key);
std::string text_of(const std::vector<proto::SnapshotRecord>& records);

}  // namespace satchel::log::test

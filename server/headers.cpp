#include "server/headers.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "server/own_writes.hpp"

namespace satchel::server {
namespace {

constexpr size_t ops_most = 5000;  // of one transaction: below the protocol's limit, whatever the last header adds

model::Op op_on(const model::RecordKey& key, model::Action action) {
  model::Op op;
  op.collection = key.collection;
  op.record = key.record;
  op.action = action;
  return op;
}

// The ops that bring one header to what its record says; none when it says so already.
class Projection {
 public:
  Projection(Centre& centre, const log::ScopeState& scope, const log::ScopeState& team, const model::Collection& from)
      : centre_(centre), scope_(scope), team_(team), from_(from), header_(*from.header) {}

  Result<std::vector<model::Op>> ops(const RecordId& record) {
    key_ = {header_.collection, header_id(header_.collection, scope_.id, record)};
    SATCHEL_ASSIGN(const auto source, state_of(centre_, scope_.key, {from_.name, record}));
    SATCHEL_ASSIGN(const auto target, state_of(centre_, team_.key, key_));
    const bool wanted = source && source->present(), there = target && target->present();
    if (!wanted) {
      if (there) add(model::Action::void_);
      return std::move(ops_);
    }
    if (!there) add(target && target->created() ? model::Action::restore : model::Action::create);
    for (const auto& [name, field] : centre_.schema().collection(header_.collection)->fields) {
      if (field.kind != model::Kind::server) continue;  // not one that headers write
      SATCHEL_ASSIGN(const Bytes now, shown(source, name));
      SATCHEL_TRY(assign(target, field, now));
    }
    return std::move(ops_);
  }

 private:
  model::Op& add(model::Action action) { return ops_.emplace_back(op_on(key_, action)); }

  // What the header's field is to show; a field that the header has no more shows nothing.
  Result<Bytes> shown(const std::optional<merge::RecordState>& source, const std::string& name) {
    if (name == header_.scope_field) return proto::encode_value(scope_.id.text());
    const bool listed = std::find(header_.fields.begin(), header_.fields.end(), name) != header_.fields.end();
    return listed ? standing_value(source, from_.fields.at(name)) : Bytes();
  }

  Result<> assign(const std::optional<merge::RecordState>& target, const model::Field& field, const Bytes& value) {
    SATCHEL_ASSIGN(const Bytes before, standing_value(target, field));
    if (before == value) return {};
    model::Op& op = add(model::Action::assign);
    op.field = field.name;
    op.kind = model::Kind::server;
    op.value = value;
    return {};
  }

  Centre& centre_;
  const log::ScopeState& scope_;
  const log::ScopeState& team_;
  const model::Collection& from_;
  const model::HeaderProjection& header_;
  model::RecordKey key_;
  std::vector<model::Op> ops_;
};

bool takes_headers(const model::Schema& schema, const std::string& collection) {
  const auto& all = schema.collections();
  return std::any_of(all.begin(), all.end(), [&](const auto& from) {
    return from.second.header && from.second.header->collection == collection;
  });
}

Result<> write_ops(Work& work, log::ScopeKey team, std::vector<model::Op> ops) {
  OwnWrite write;
  write.ops = std::move(ops);
  write.worker = centre_worker;
  write.wall_ms = write.heard_ms = work.centre().clock().wall_ms();
  return write_own(work, team, std::move(write));
}

}  // namespace

RecordId header_id(std::string_view collection, const ScopeId& scope, const RecordId& record) {
  return RecordId{uuid_v8(collection, scope.text(), record.text())};
}

void Headers::changed(const log::ScopeState& scope, const std::vector<model::RecordKey>& records) {
  for (const model::RecordKey& record : records) {
    const model::Collection* collection = work_.centre().schema().collection(record.collection);
    if (collection != nullptr && collection->header) changed_.emplace(scope.key, record);
    if (scope.kind == "team" && takes_headers(work_.centre().schema(), record.collection)) {
      came_back_.emplace(scope.key, record);
    }
  }
}

void Headers::was_in(const std::string& collection, const log::ScopeState& scope, const model::RecordKey& record) {
  if (work_.centre().schema().collection(collection) != nullptr) was_in_[{scope.key, record}].insert(collection);
}

Result<std::vector<model::Op>> Headers::ops_for(const log::ScopeState& scope, const log::ScopeState& team,
                                                const model::RecordKey& record) {
  Centre& centre = work_.centre();
  const model::Collection* from = centre.schema().collection(record.collection);
  const bool has_one = from != nullptr && from->header;
  std::vector<model::Op> ops;
  if (has_one) {
    SATCHEL_ASSIGN(ops, Projection(centre, scope, team, *from).ops(record.record));
  }
  const auto earlier = was_in_.find({scope.key, record});
  if (earlier == was_in_.end()) return ops;
  for (const std::string& collection : earlier->second) {
    if (has_one && from->header->collection == collection) continue;
    const model::RecordKey key{collection, header_id(collection, scope.id, record.record)};
    SATCHEL_ASSIGN(const auto state, state_of(centre, team.key, key));
    if (state && state->present()) ops.push_back(op_on(key, model::Action::void_));
  }
  return ops;
}

// An id does not say what it was made of, so the records of the case are tried. A header that names no case may be of any.
Result<bool> Headers::note_source(const log::ScopeState& team, const model::RecordKey& header) {
  Centre& centre = work_.centre();
  SATCHEL_ASSIGN(const auto state, state_of(centre, team.key, header));
  SATCHEL_ASSIGN(const auto scopes, centre.log().scopes(team.key.org));
  for (const auto& [name, from] : centre.schema().collections()) {
    if (!from.header || from.header->collection != header.collection) continue;
    Bytes named;
    if (const model::Field* field = centre.schema().field(header.collection, from.header->scope_field)) {
      SATCHEL_ASSIGN(named, standing_value(state, *field));
    }
    for (const log::ScopeState& scope : scopes) {
      const bool may = scope.parent == team.id && (named.empty() || named == proto::encode_value(scope.id.text()));
      if (!may) continue;
      SATCHEL_ASSIGN(const bool found, note_source_in(scope, from, header));
      if (found) return true;
    }
  }
  return false;
}

Result<bool> Headers::note_source_in(const log::ScopeState& scope, const model::Collection& from,
                                     const model::RecordKey& header) {
  constexpr size_t page_bytes = 16 << 10;
  for (model::RecordKey after{from.name, RecordId{}};;) {
    SATCHEL_ASSIGN(const auto page, work_.centre().log().records_after(scope.key, after, page_bytes));
    for (const auto& record : page) {
      if (record.key.collection != from.name) return false;
      if (header_id(header.collection, scope.id, record.key.record) != header.record) continue;
      changed_.emplace(scope.key, record.key);
      return true;
    }
    if (page.empty()) return false;
    after = page.back().key;
  }
}

Result<std::vector<ScopeId>> Headers::write() {
  Centre& centre = work_.centre();
  std::map<ScopeId, std::vector<model::Op>> by_team;
  std::map<ScopeId, log::ScopeKey> teams;
  for (const auto& [key, header] : std::exchange(came_back_, {})) {
    SATCHEL_ASSIGN(const log::ScopeState team, centre.log().scope(key));
    SATCHEL_ASSIGN(const bool found, note_source(team, header));
    SATCHEL_ASSIGN(const auto state, state_of(centre, key, header));
    if (found || !state || !state->present()) continue;
    teams[team.id] = team.key;
    by_team[team.id].push_back(op_on(header, model::Action::void_));
  }
  Records records = std::exchange(changed_, {});
  for (const auto& [place, collections] : was_in_) records.insert(place);
  for (const auto& [key, record] : records) {
    SATCHEL_ASSIGN(const log::ScopeState scope, centre.log().scope(key));
    SATCHEL_ASSIGN(const auto team, centre.log().find_scope(key.org, scope.parent));
    // Nothing goes up from a case's restricted part, nor from a case that has no team.
    if (!team || team->kind != "team") continue;
    SATCHEL_ASSIGN(auto ops, ops_for(scope, *team, record));
    if (ops.empty()) continue;
    teams[team->id] = team->key;
    std::vector<model::Op>& waiting = by_team[team->id];
    waiting.insert(waiting.end(), std::make_move_iterator(ops.begin()), std::make_move_iterator(ops.end()));
    if (waiting.size() >= ops_most) SATCHEL_TRY(write_ops(work_, team->key, std::exchange(waiting, {})));
  }
  was_in_.clear();
  std::vector<ScopeId> written;
  for (auto& [team, ops] : by_team) {
    if (!ops.empty()) SATCHEL_TRY(write_ops(work_, teams.at(team), std::move(ops)));
    written.push_back(team);
  }
  return written;
}

}  // namespace satchel::server

#include <vector>

#include "core/log/rows.hpp"

namespace satchel::log {

Result<ScopeKey> Log::create_scope(int64_t org, std::string_view organisation, const ScopeId& id, std::string_view kind,
                                   const ScopeId& parent, const EpochId& epoch) {
  rows::ScopeRow row;
  row.key.org = org;
  SATCHEL_ASSIGN(row.key.scope, rows::intern(db_, org, id.view()));
  row.id = id;
  row.organisation = organisation;
  row.kind = kind;
  row.parent = parent;
  row.epoch = epoch;
  proto::History history;
  if (!epoch.is_nil()) history.push_back({epoch, 1});
  SATCHEL_TRY(rows::write_history(db_, row, history));
  SATCHEL_TRY(rows::insert_scope(db_, row));
  return row.key;
}

Result<std::optional<ScopeState>> Log::find_scope(int64_t org, const ScopeId& id) {
  SATCHEL_ASSIGN(const std::optional<int64_t> number, rows::number_of(db_, org, id.view()));
  if (!number) return std::optional<ScopeState>{};
  auto row = rows::read_scope(db_, {org, *number});
  if (row.ok()) return std::optional<ScopeState>(std::move(row).value());
  if (row.error().code == Code::not_found) return std::optional<ScopeState>{};
  return row.error();
}

Result<ScopeState> Log::scope(ScopeKey key) {
  SATCHEL_ASSIGN(ScopeState state, rows::read_scope(db_, key));
  return state;
}

Result<std::vector<ScopeState>> Log::scopes(int64_t org) {
  std::vector<int64_t> numbers;
  {
    sqlite::StatementScope list(db_.prepare("SELECT scope FROM scopes WHERE org = ?1 ORDER BY scope"));
    list->bind(0, org);
    for (;;) {
      SATCHEL_ASSIGN(const bool more, list->step());
      if (!more) break;
      numbers.push_back(list->int64(0));
    }
  }
  std::vector<ScopeState> states;
  states.reserve(numbers.size());
  for (const int64_t number : numbers) {
    SATCHEL_ASSIGN(ScopeState state, rows::read_scope(db_, {org, number}));
    states.push_back(std::move(state));
  }
  return states;
}

Result<> Log::forget_scope(ScopeKey key) {
  SATCHEL_TRY(rows::clear_layer(db_, key));
  SATCHEL_TRY(rows::run(db_, "DELETE FROM entries WHERE org = ?1 AND scope = ?2", key));
  SATCHEL_TRY(rows::run(db_, "DELETE FROM replicas WHERE org = ?1 AND scope = ?2", key));
  SATCHEL_TRY(rows::run(db_, "DELETE FROM records WHERE org = ?1 AND scope = ?2", key));
  SATCHEL_TRY(rows::run(db_, "DELETE FROM history WHERE org = ?1 AND scope = ?2", key));
  return rows::run(db_, "DELETE FROM scopes WHERE org = ?1 AND scope = ?2", key);
}

Result<proto::History> Log::history(ScopeKey key) { return rows::read_history(db_, key); }

Result<> Log::set_history(ScopeKey key, const proto::History& history) {
  SATCHEL_ASSIGN(rows::ScopeRow row, rows::read_scope(db_, key));
  for (size_t i = 1; i < history.size(); ++i) {
    if (history[i].first_position < history[i - 1].first_position) {
      return make_error(Code::protocol, "The history of epochs goes backwards.", "history");
    }
  }
  if (!history.empty()) row.epoch = history.back().epoch;
  SATCHEL_TRY(rows::write_history(db_, row, history));
  return rows::update_scope(db_, row);
}

Result<> Log::begin_epoch(ScopeKey key, const EpochId& epoch) {
  SATCHEL_ASSIGN(rows::ScopeRow row, rows::read_scope(db_, key));
  if (row.epoch == epoch) return {};
  SATCHEL_ASSIGN(proto::History history, rows::read_history(db_, key));
  // Of epochs that begin above what is held, nothing is here: they came with a history of more than was fetched.
  std::erase_if(history, [&](const proto::HistoryItem& item) { return item.first_position > row.head + 1; });
  history.push_back({epoch, row.head + 1});
  row.epoch = epoch;
  SATCHEL_TRY(rows::write_history(db_, row, history));
  return rows::update_scope(db_, row);
}

Result<> Log::set_kept_to(ScopeKey key, uint64_t position) {
  SATCHEL_ASSIGN(rows::ScopeRow row, rows::read_scope(db_, key));
  if (row.kept_to == position) return {};
  row.kept_to = position;
  return rows::update_scope(db_, row);
}

}  // namespace satchel::log

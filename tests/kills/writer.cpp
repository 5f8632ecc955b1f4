#include "tests/kills/writer.hpp"

#include <algorithm>

namespace satchel::kills {
namespace {

constexpr uint64_t kTurnsBetweenLooks = 32;
constexpr size_t kFormsMost = 4;

}  // namespace

void Writer::look_around() {
  known_.clear();
  // Ids begin with the time: the newest come last.
  sqlite::StatementScope row(reader_.database().prepare(
      "SELECT id, collection, record FROM record_index JOIN held_scopes USING (scope) ORDER BY record"));
  for (;;) {
    const auto more = row->step();
    if (!more.ok() || !*more) return;
    const auto scope = ScopeId::from_bytes(row->blob(0));
    const auto record = RecordId::from_bytes(row->blob(2));
    const model::Collection* collection = reader_.schema().collection(row->text(1));
    if (!scope || !record || collection == nullptr || collection->server_only) continue;
    known_[*scope].push_back({collection->name, *record});
  }
}

store::Draft Writer::next() {
  if (turns_++ % kTurnsBetweenLooks == 0) look_around();
  const uint64_t what = dice_.below(1000);
  if (what < 250) return new_record("");
  if (what < 550) return change();
  if (what < 700) return save_form();
  if (what < 850) return set_risk();
  if (what < 900) return remove_or_restore();
  if (what < 950) return settle();
  if (what < 990) return write_in_two();
  return what < 993 ? open_case() : change();
}

store::Draft Writer::new_record(const std::string& kind) {
  const auto scope = sim::some_scope(desk(), dice_, kind);
  const auto scopes = reader_.scopes();
  if (!scope || !scopes.ok()) return {};
  const auto found =
      std::find_if(scopes->begin(), scopes->end(), [&](const store::ScopeInfo& one) { return one.id == *scope; });
  return found == scopes->end() ? store::Draft() : sim::new_record(desk(), *scope, found->kind, known_, dice_);
}

store::Draft Writer::change() {
  const auto record = sim::some_record(desk(), known_, dice_);
  if (!record) return new_record("");
  return sim::change_record(desk(), record->scope, record->key, record->state, known_, dice_);
}

void Writer::open_form() {
  const auto token = reader_.begin();
  if (!token.ok()) return;
  if (const auto record = sim::some_record(desk(), known_, dice_)) {
    sim::Form form;
    form.token = *token;
    form.scope = record->scope;
    form.key = record->key;
    form.seen = record->state;
    forms_.push_back(std::move(form));
  }
  reader_.end();
}

// The one that has stood open longest; as long as few do, another one is opened.
store::Draft Writer::save_form() {
  if (forms_.size() < kFormsMost && (forms_.empty() || dice_.chance(500))) {
    open_form();
    return {};
  }
  const sim::Form form = std::move(forms_.front());
  forms_.erase(forms_.begin());
  store::Draft draft = form.key.collection == "risk" && form.seen.present()
                           ? sim::set_risk(form.scope, form.key, dice_)
                           : sim::change_record(desk(), form.scope, form.key, form.seen, known_, dice_);
  draft.shown = form.token;
  return draft;
}

// The newest risk of a case is set again and again, by everybody.
store::Draft Writer::set_risk() {
  const auto scope = sim::some_scope(desk(), dice_, "case");
  if (!scope) return {};
  const auto& keys = known_[*scope];
  const auto is_risk = [](const model::RecordKey& key) { return key.collection == "risk"; };
  const auto newest = std::find_if(keys.rbegin(), keys.rend(), is_risk);
  if (newest == keys.rend()) return new_record("case");
  const auto record = reader_.record(newest->collection, newest->record);
  if (!record.ok() || !*record || !(*record)->state.present()) return new_record("case");
  return sim::set_risk(*scope, *newest, dice_);
}

store::Draft Writer::remove_or_restore() {
  const auto record = sim::some_record(desk(), known_, dice_);
  return record ? sim::remove_or_restore(record->scope, record->key, record->state) : store::Draft();
}

store::Draft Writer::settle() {
  auto decision = sim::settle(desk(), dice_);
  return decision ? std::move(decision->first) : store::Draft();
}

store::Draft Writer::open_case() {
  const auto team = sim::some_scope(desk(), dice_, "team");
  if (!team) return {};
  const ScopeId id{random_128(dice_)};
  store::Draft draft = sim::new_record(desk(), id, "case", known_, dice_);
  draft.open.push_back({id, {"case", *team}});
  return draft;
}

store::Draft Writer::write_in_two() {
  store::Draft draft = new_record("case");
  for (auto& change : new_record("self").changes) draft.changes.push_back(std::move(change));
  return draft;
}

}  // namespace satchel::kills

// What link workers write: drafts over the domain schema's kinds, from what a tablet holds and what a form shows.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/store/store.hpp"
#include "tests/sim/tablet.hpp"

namespace satchel::sim {

// What has been written anywhere, by scope: a person stumbles over what their own tablet holds of it.
using KnownRecords = std::map<ScopeId, std::vector<model::RecordKey>>;

// A scope of this kind ("" any) that the tablet holds and may be written to.
std::optional<ScopeId> some_scope(TabletMachine& tablet, Dice& dice, const std::string& kind);

// One record that the tablet shows, of any scope it holds.
std::optional<store::Record> some_record(TabletMachine& tablet, const KnownRecords& known, Dice& dice);

// Creates a record of some collection of the scope, with some fields.
store::Draft new_record(TabletMachine& tablet, const ScopeId& scope, const std::string& kind, const KnownRecords& known,
                        Dice& dice);
// Changes some fields of a record as it was seen. Empty: nothing about it can be changed.
store::Draft change_record(TabletMachine& tablet, const ScopeId& scope, const model::RecordKey& key,
                           const merge::RecordState& seen, const KnownRecords& known, Dice& dice);
// Removes a record that is there, brings back one that was removed.
store::Draft remove_or_restore(const ScopeId& scope, const model::RecordKey& key, const merge::RecordState& seen);
// Decides something of the inbox. Empty: there is nothing to decide.
std::optional<std::pair<store::Draft, model::RecordKey>> settle(TabletMachine& tablet, Dice& dice);
// Raises or lowers an alarm: a risk level.
store::Draft set_risk(const ScopeId& scope, const model::RecordKey& risk, Dice& dice);

}  // namespace satchel::sim

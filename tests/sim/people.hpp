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

// What a person has in front of them to write with: what a tablet shows, and its clock.
struct Desk {
  store::Reader& reader;
  int64_t wall_ms = 0;

  Desk(store::Reader& shows, int64_t now_ms) : reader(shows), wall_ms(now_ms) {}
  Desk(TabletMachine& tablet) : Desk(tablet.reader(), tablet.clock.wall_ms()) {}  // NOLINT: a tablet is one
};

// A scope of this kind ("" any) that the tablet holds and may be written to.
std::optional<ScopeId> some_scope(const Desk& desk, Dice& dice, const std::string& kind);

// One record that the tablet shows, of any scope it holds.
std::optional<store::Record> some_record(const Desk& desk, const KnownRecords& known, Dice& dice);

// Creates a record of some collection of the scope, with some fields.
store::Draft new_record(const Desk& desk, const ScopeId& scope, const std::string& kind, const KnownRecords& known,
                        Dice& dice);
// Changes some fields of a record as it was seen. Empty: nothing about it can be changed.
store::Draft change_record(const Desk& desk, const ScopeId& scope, const model::RecordKey& key,
                           const merge::RecordState& seen, const KnownRecords& known, Dice& dice);
// Removes a record that is there, brings back one that was removed.
store::Draft remove_or_restore(const ScopeId& scope, const model::RecordKey& key, const merge::RecordState& seen);
// Decides something of the inbox. Empty: there is nothing to decide.
std::optional<std::pair<store::Draft, model::RecordKey>> settle(const Desk& desk, Dice& dice);
// Raises or lowers an alarm: a risk level.
store::Draft set_risk(const ScopeId& scope, const model::RecordKey& risk, Dice& dice);

}  // namespace satchel::sim

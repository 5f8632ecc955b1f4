// What a field shows: pure functions from merge state (and the field's declaration) to what stands, what else was
// written, and whether a person has to decide.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/merge/record.hpp"
#include "core/model/schema.hpp"

namespace satchel::merge {

// How the standing value was chosen. Plain words for each are in conflict_words().
enum class Rule {
  only_one,          // nobody wrote at the same time
  latest,            // register: greatest (ord, replica, counter)
  all_kept,          // keep_all: shown side by side
  highest,           // severity, restrictive: greatest in the field's order
  precedence,        // state: one beats the other
  states_differ,     // state: several stand
  first_sent,        // frozen: lowest original place
  centre_writes,     // server
  element_kept,      // set: removed by one, touched by another who had not seen it
  presence_kept,     // record: voided by one, touched by another who had not seen it
};

struct Resolved {
  std::vector<const Head*> standing;  // first: the deterministic pick. Empty: nothing written, or cleared
  std::vector<const Head*> others;    // heads that do not stand: "for you to know"
  Rule rule = Rule::only_one;
  bool decide = false;                // a person has to decide, later
};

// `field` may be null (unknown to this schema): heads by (ord, replica, counter), uninterpreted.
// Not for sets: see elements().
Resolved resolve(const FieldState& state, const model::Field* field);

// As resolve, looking only at ops that `shown` includes: what the person had in front of them. For checks at commit.
Resolved resolve_at(const FieldState& state, const model::Field* field, const model::Version& shown,
                    std::vector<Head>& storage);

// severity, restrictive: is `value` lower than what stands among `heads`? Unknown levels rank highest.
bool lowers(const model::Field& field, const model::Value& value, const Resolved& standing);

// The present elements of a set, ascending by id.
std::vector<const Element*> elements(const FieldState& state);

// One entry of the conflict inbox: a function of merge state and schema, equal on every replica at the same position.
struct Conflict {
  std::string field;               // empty: the record itself
  std::string element, part;       // of a set
  Rule rule = Rule::only_one;
  bool decide = false;
  std::vector<Head> standing;      // what stands, first the pick
  std::vector<Head> others;        // who else wrote what, and when
};
// Ascending by (field, element, part). `collection` may be null.
std::vector<Conflict> conflicts(const RecordState& state, const model::Collection* collection);

// "Both are kept. Please choose one when you can." English; a sentence per rule.
std::string_view rule_words(Rule rule);
std::string_view rule_name(Rule rule);  // "all_kept", stable, for JSON

}  // namespace satchel::merge

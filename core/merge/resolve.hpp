// What a field shows: pure functions from merge state (and the field's declaration) to what stands, what else was
// written, and whether a person has to decide.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/merge/record.hpp"
#include "core/merge/text/shared_sentence.hpp"
#include "core/model/schema.hpp"

namespace satchel::merge {

// How the standing value was chosen. Plain words for each: words.hpp. The numbers rest in files: new ones last.
enum class Rule {
  only_one,          // nobody wrote at the same time, or all wrote the same
  latest,            // register: greatest (ord, replica, counter)
  all_kept,          // keep_all: shown side by side
  highest,           // severity, restrictive: greatest in the field's order
  precedence,        // state: one beats the other
  states_differ,     // state: several stand
  first_sent,        // frozen: lowest original place
  centre_writes,     // server
  element_kept,      // set, list: removed by one, touched by another who had not seen it
  moved,             // list: the newest place stands
  same_sentence,     // text: merged, but people wrote into one sentence without seeing each other
  submitted,         // text: sent in, and stands as it was; others wrote without knowing, or sent it in too
  presence_kept,     // record: voided by one, touched by another who had not seen it
};

// Pointers into the state that was resolved: valid as long as it is neither changed nor destroyed.
struct Resolved {
  std::vector<const Head*> standing;  // first: the deterministic pick. Empty: nothing written, or cleared
  std::vector<const Head*> others;    // heads that do not stand, newest first: "for you to know"
  Rule rule = Rule::only_one;
  bool decide = false;                // a person has to decide, later
  std::vector<text::SharedSentence> sentences;    // same_sentence: where, in the standing text
  std::shared_ptr<const std::vector<Head>> made;  // text: what the pointers point to, with the text as value
};

// `field` may be null (unknown to this schema) or of another kind than the state: then what its kind needs from the
// schema is missing, and severity, restrictive and unknown kinds show all heads, newest first, uninterpreted.
// Not for sets and lists: see elements().
Resolved resolve(const FieldState& state, const model::Field* field);

// As resolve, looking only at ops that `shown` includes: what the person had in front of them. For checks at commit.
// Exact for state and frozen; for the others what is left of it, since an op that another one saw is gone from the
// state (and a check is about what the commit would supersede: exactly the heads it saw).
Resolved resolve_at(const FieldState& state, const model::Field* field, const model::Version& shown);

// text: as it read with the transactions that `shown` includes, sent in or not.
std::string text_at(const FieldState& state, const model::Version& shown);

// severity, restrictive: is `value` lower than what stands? Unknown levels rank highest, no value (Null) lowest.
bool lowers(const model::Field& field, const model::Value& value, const Resolved& standing);

// The present elements of a set, ascending by id; of a list, in its order.
std::vector<const Element*> elements(const FieldState& state);

// One entry of the conflict inbox: a function of merge state and schema, equal on every replica at the same position.
struct Conflict {
  std::string field;               // empty: the record itself
  std::string element, part;       // of a set or list
  Rule rule = Rule::only_one;
  bool decide = false;
  std::vector<Head> standing;      // what stands, first the pick; of kept things: who was still using them
  std::vector<text::SharedSentence> sentences;  // same_sentence: where, in the text that stands
  std::vector<Head> others;        // who else wrote what, and when
  bool operator==(const Conflict&) const = default;
};
// Ascending by (field, element, part). `collection` may be null. Empty for a record that is not present, and nothing
// about fields of kinds that this app does not know. An entry goes when a later write saw what it names.
std::vector<Conflict> conflicts(const RecordState& state, const model::Collection* collection);

// As they rest in a tablet's file (sync.proto, Inbox): equal entries, equal bytes. They never travel.
Bytes encode(const std::vector<Conflict>& conflicts);
// Safe on any input. Code::protocol for what encode() would not have written.
Result<std::vector<Conflict>> decode_conflicts(BytesView bytes);

std::string_view rule_name(Rule rule);  // "all_kept", stable, for JSON

}  // namespace satchel::merge

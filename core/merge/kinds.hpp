// Internal to core/merge: what each kind does when an op arrives (merge_*) and when its value is asked for
// (resolve_*). One file per kind.
#pragma once

#include <vector>

#include "core/merge/record.hpp"
#include "core/merge/resolve.hpp"

namespace satchel::merge {

// An op on its way into a state.
struct Arrival {
  const model::Op& op;
  uint32_t index;
  const Context& context;

  const model::Header& header() const { return *context.header; }
  const model::TransactionId& id() const { return context.header->id; }
  bool saw(const Head& head) const { return merge::saw(header().shown, id().replica, id().counter, index, head); }
  Head head() const;  // without shown and place
};

using Heads = std::vector<const Head*>;

// A create, void or restore; anything else is about a field, also when it makes no sense.
bool is_record_op(const model::Op& op);

// ---- what the kinds share (heads.cpp)
bool earlier_id(const Head& a, const Head& b);  // by (replica, counter, index): the order in a state
bool newer(const Head& a, const Head& b);       // greater (ord, replica, counter, index): the order for a reader
void insert(std::vector<Head>& heads, Head head);
void erase_seen(std::vector<Head>& heads, const Arrival& arrival);
// Keeps the op beside all others, with what it saw of them: for kinds that never forget an op.
void insert_with_shown(std::vector<Head>& heads, const Arrival& arrival, Head head);
bool cleared(const Head& head);                 // no value, or Null
bool same_value(const Head& a, const Head& b);
bool all_same_value(const Heads& heads);
void sort_newest_first(Heads& heads);
Head with_place(Head head, const Arrival& arrival);  // in the log, for what stands by it
bool lower_place(const Head* a, const Head* b);      // the original place; those in an outbox come last
Head with_text(const Head& head, std::string text);

// ---- one file per kind. resolve_* take heads newest first and return them so; cleared ones are among them.
void merge_heads(std::vector<Head>& heads, const Arrival& arrival);   // register, keep_all, severity, unknown kinds
void merge_server(std::vector<Head>& heads, const Arrival& arrival);
void merge_state(std::vector<Head>& heads, const Arrival& arrival);
void merge_frozen(std::vector<Head>& heads, const Arrival& arrival);
Result<> text_fits(const FieldState& field, const model::Header& header);  // as fits()
void merge_text(FieldState& field, const Arrival& arrival);
void note_submit(FieldState& field, const Arrival& arrival);  // submit.cpp
void merge_set(std::vector<Element>& elements, const Arrival& arrival);  // and list: its order is in the places

void sort_by_place(std::vector<const Element*>& elements);  // list.cpp

Resolved resolve_register(Heads heads);
Resolved resolve_keep_all(Heads heads);
Resolved resolve_severity(Heads heads, const model::Field& field);
Resolved resolve_state(Heads heads, const model::Field* field);
Resolved resolve_frozen(Heads heads);
Resolved resolve_server(Heads heads);
Resolved resolve_unknown(Heads heads);
Resolved resolve_text(const FieldState& state, const model::Field* field);
Resolved resolve_submitted(const FieldState& state);  // a text that was sent in

// As resolve(), with what was cleared among the standing: who cleared it belongs into a conflict.
Resolved resolve_with_cleared(model::Kind kind, Heads heads, const model::Field* field);

// The field (name, kind), made when it is not there yet.
FieldState& field_of(std::vector<FieldState>& fields, std::string_view name, model::Kind kind);

}  // namespace satchel::merge

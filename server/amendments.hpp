// Drafts of amendments: where a text was sent in and others wrote without knowing, the centre begins a record that amends
// it, with the text as it was sent in and what each of the others changed, in the database transaction that brought it.
// A person reads it through and sends it in, or puts it away.
//
// Owned invariant: after write(), whatever is in a text and not in what was sent in stands in its amendment, once. The
// amendment's id and the bytes of each transaction follow from what was written alone, so that after a restore nothing
// stands there twice, whoever brings it back (own_writes.hpp).
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "server/centre.hpp"

namespace satchel::server {

// Of the record's field, as sent in by `submit`.
RecordId amendment_id(const model::RecordKey& record, std::string_view field, const model::Version::Entry& submit);

class Amendments {
 public:
  explicit Amendments(Work& work) : work_(work) {}
  // Notes records that an append changed, as far as they have texts that can be sent in.
  void changed(const log::ScopeState& scope, const std::vector<model::RecordKey>& records);
  // What was appended must have been flushed, and nobody else may have an appender open. Returns the amendments that
  // were written to. No rights are asked: a record that was put away has amendments too.
  Result<std::vector<std::pair<log::ScopeState, model::RecordKey>>> write();

 private:
  Work& work_;
  std::set<std::pair<log::ScopeKey, model::RecordKey>> changed_;
};

}  // namespace satchel::server

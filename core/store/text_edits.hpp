// Inside core/store only: what a person did to a text, as an op says it.
#pragma once

#include "core/base/result.hpp"
#include "core/merge/record.hpp"
#include "core/model/op.hpp"
#include "core/model/schema.hpp"
#include "core/model/version.hpp"

namespace satchel::store {

// Of an op of kind text (`field`: as declared, null: not at all): an assigned whole text becomes the edits that lead there from the text at `shown` (`state`
// null: nobody wrote it yet). Edits that are given must lie inside that text; those that count in `utf16` units come to
// count in scalar values; where people's versions stand side by side only a whole text can be written. What was sent in and
// seen is neither edited nor sent in again; a settlement says that what came later was seen. Code::invalid or Code::limit (of what is written, however long the text), place =
// "collection.field".
Result<> make_text_edits(model::Op& op, const model::Field* field, const merge::RecordState* state,
                         const model::Version& shown, bool utf16);

}  // namespace satchel::store

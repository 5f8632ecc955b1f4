// Values as bytes whose order is the order of the values: keys of the field index. core/query builds the same keys for
// what it looks for.
#pragma once

#include <optional>

#include "core/model/schema.hpp"

namespace satchel::store {

// Empty when nothing was written or the value is of a type that this app does not know. Text folds case and accents
// (fold_text.hpp); levels of a severity order by their rank, an unknown level above all. A long text is cut to a prefix
// and told apart by a hash, so equality is exact and order holds within the prefix.
Bytes sort_key(const model::Field& field, const model::Value& value);
// Start of the keys of all texts that begin with `text`, folded; empty when the field is not one of text.
std::optional<Bytes> text_prefix_key(const model::Field& field, std::string_view text);
// The least key that is greater than all that start with `prefix`; empty: there is none.
Bytes after_prefix(Bytes prefix);

}  // namespace satchel::store

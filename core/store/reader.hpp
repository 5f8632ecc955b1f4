#pragma once

#include "core/store/store.hpp"

namespace satchel::store {

// A reader with a connection of its own on the same file.
Result<std::unique_ptr<Reader>> open_reader(const Options& options, const model::Schema& schema);

}  // namespace satchel::store

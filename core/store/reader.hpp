#pragma once

#include <memory>

#include "core/store/last_heard.hpp"
#include "core/store/shared_schema.hpp"
#include "core/store/store.hpp"

namespace satchel::store {

// A reader with a connection of its own on the same file, and the schema that the file holds now. From any thread.
Result<std::unique_ptr<Reader>> open_reader(const Options& options, std::shared_ptr<SharedSchema> schemas,
                                            std::shared_ptr<const LastHeard> heard);

}  // namespace satchel::store

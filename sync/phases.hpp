// What the session's states and errors are called towards the app.
#pragma once

#include "sync/engine.hpp"
#include "sync/session.hpp"

namespace satchel::sync {

Phase phase_of(SessionState state);
SyncEnd end_of(const std::optional<Error>& error);

}  // namespace satchel::sync

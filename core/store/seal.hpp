#pragma once

#include "core/store/held_scopes.hpp"

namespace satchel::store {

// Before a scope is purged: what no verified backup of the centre covers yet stays on the device, encrypted to the
// organisation's X25519 key (libsodium sealed box), so that nobody here can read it. Without a key, or when the backup
// reaches the head, nothing is kept.
Result<> seal_scope(Work& work, const HeldScope& scope);

}  // namespace satchel::store

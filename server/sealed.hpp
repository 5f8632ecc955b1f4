// Scopes that left a device before a backup covered them (DESIGN §5, "Leaving"): what the device kept, sealed to the
// centre's key, is asked for after a restore and let go of once a backup covers it. This is all that a device may still
// do in a scope that was withdrawn from it.
#pragma once

#include <optional>
#include <vector>

#include "proto/messages.hpp"
#include "server/accept.hpp"

namespace satchel::server {

// Opens it and takes it like any other offer: its envelope's MAC proves it. What nobody can read or the centre did not
// write is refused with a reason; what only lacks its key is not_yet, since the key may be put back.
Result<proto::SealedVerdict> take_sealed(Work& work, const Session& session, Acceptance& acceptance,
                                         const proto::SealedEntry& sealed);

// A stretch that a device named in this session, and what it was told of it last.
struct SealedMemory {
  proto::SealedStretch stretch;
  std::optional<uint64_t> held_to, kept_to;
};
// Of these stretches, the ones where the device has something to do that it was not told yet: what the centre lost, what a
// backup covers. Silent about scopes that this worker never had a right to.
Result<std::vector<proto::SealedState>> sealed_states(Centre& centre, const Session& session,
                                                      std::vector<SealedMemory>& stretches);

}  // namespace satchel::server

#include "sync/phases.hpp"

namespace satchel::sync {

Phase phase_of(SessionState state) {
  switch (state) {
    case SessionState::stopped:
      return Phase::stopped;
    case SessionState::idle:
      return Phase::idle;
    case SessionState::signing_in:
      return Phase::signing_in;
    case SessionState::syncing:
      return Phase::syncing;
    case SessionState::polling:
      return Phase::connected;
    case SessionState::waiting:
      return Phase::waiting_to_retry;
    case SessionState::offline:
      return Phase::offline;
    case SessionState::needs_sign_in:
      return Phase::needs_sign_in;
    case SessionState::blocked:
      return Phase::blocked;
  }
  return Phase::stopped;
}

SyncEnd end_of(const std::optional<Error>& error) {
  if (!error) return SyncEnd::finished;
  if (error->code == Code::network) return SyncEnd::offline;
  return error->code == Code::sign_in ? SyncEnd::needs_sign_in : SyncEnd::failed;
}

}  // namespace satchel::sync

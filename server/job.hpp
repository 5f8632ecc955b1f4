// One request on its way through a batch of the service: what came, what was found out about it, what goes back.
#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "proto/codec.hpp"
#include "server/pull.hpp"
#include "server/service.hpp"

namespace satchel::server {

struct Push {
  BytesView bytes;  // into Job::sync
  std::optional<proto::DecodedTransaction> decoded;
};

struct Job {
  enum class Kind { fresh, session, sync, done };
  Kind kind = Kind::fresh;
  const Request* request = nullptr;
  Reply reply;
  // session
  proto::SessionRequest sign_in;
  Claims claims;
  // sync
  Session session;
  SessionMemory* memory = nullptr;
  proto::SyncRequest sync;
  std::vector<Push> pushes;
  proto::SyncResponse response;
  std::set<std::pair<int64_t, ScopeId>> changed;
  bool began_epoch = false;
  std::vector<ScopeId> noted;  // holdings written in this batch
  bool moves_noted = false;    // and positions of cursors
  std::vector<Pin> pins;       // of snapshots whose next parts it will ask for
};

// All of a request's pushes before any of them is looked at: one that is malformed leaves nothing half done.
Result<> decode_pushes(Job& job);
// Of no particular slot: send it again.
proto::Verdict too_much(const proto::Push& push, const Push& decoded);
// Ends it with a Failure; no effect on one that is done.
void fail(Job& job, const Error& error, Logger& logger);

}  // namespace satchel::server

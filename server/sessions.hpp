// Credentials: a token of the identity provider is exchanged once for a short opaque one, bound to worker and replica.
// Stored hashed: who reads the database cannot act as anyone.
#pragma once

#include <optional>
#include <string>

#include "server/authenticate.hpp"
#include "server/centre.hpp"

namespace satchel::server {

struct Session {
  int64_t org = 0;
  std::string organisation, worker;
  ReplicaId replica;
  int64_t expires_ms = 0;
  Bytes key;  // hash of the credential: names the session inside the centre
};

// Opens a session and remembers the device. Code::wrong_owner when this replica id is bound to another secret, worker
// or organisation: a copy of the store, or somebody pretending.
Result<std::string> open_session(Work& work, const Claims& claims, const ReplicaId& replica, BytesView secret_proof);

// Session::key of the header as received; empty when it is not of the form "Bearer <credential>".
Bytes session_key(std::string_view authorization);

// `authorization`: the header as received. Code::sign_in when it names no session that is still open.
Result<Session> find_session(sqlite::Database& db, std::string_view authorization, int64_t now_ms);

// The worker whose replica id this is; empty: nobody has used it yet.
Result<std::optional<std::string>> owner_of_replica(sqlite::Database& db, int64_t org, const ReplicaId& replica);
// An id under which the session's worker writes, perhaps without ever having opened a session with it: it is theirs, and
// a session that is opened with it later binds it to its secret.
Result<> note_replica(sqlite::Database& db, const Session& session, const ReplicaId& replica, int64_t now_ms);

Result<> note_seen(sqlite::Database& db, const Session& session, int64_t now_ms);

}  // namespace satchel::server

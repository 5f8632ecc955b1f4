#include "server/sessions.hpp"

#include "server/base64url.hpp"
#include "server/tables.hpp"

namespace satchel::server {
namespace {

constexpr size_t credential_bytes = 16;  // nobody guesses one of 128 bits, and it goes along with each request

Bytes credential_key(std::string_view credential) {
  return Bytes(Hasher("satchel.credential").part(credential).finish().view());
}

Bytes proof_key(BytesView proof) { return Bytes(Hasher("satchel.replica.proof").part(proof).finish().view()); }

Result<> bind_device(sqlite::Database& db, int64_t org, const std::string& worker, const ReplicaId& replica,
                     BytesView proof, int64_t now) {
  {
    sqlite::StatementScope select(db.prepare("SELECT worker, proof FROM centre_devices WHERE org = ? AND replica = ?"));
    select->bind(0, org).bind_blob(1, replica.view());
    SATCHEL_ASSIGN(const bool known, select->step());
    const bool bound = known && !select->blob(1).empty();
    if (bound && !equal_constant_time(select->blob(1), proof_key(proof))) {
      return make_error(Code::wrong_owner,
                        "This tablet's store is known here with another secret. It looks like a copy of another "
                        "tablet's store. Nothing was sent or received; what is in it is safe.",
                        "secret_proof");
    }
    if (known && select->text(0) != worker) {
      return make_error(Code::wrong_owner, "This tablet's store belongs to another person.", "token");
    }
  }
  return db
      .prepare(
          "INSERT INTO centre_devices VALUES(?, ?, ?, ?, ?, ?) "
          "ON CONFLICT(org, replica) DO UPDATE SET proof = excluded.proof, last_seen_ms = excluded.last_seen_ms")
      .bind(0, org)
      .bind_blob(1, replica.view())
      .bind_text(2, worker)
      .bind_blob(3, proof_key(proof))
      .bind(4, now)
      .bind(5, now)
      .run();
}

}  // namespace

Result<std::string> open_session(Work& work, const Claims& claims, const ReplicaId& replica, BytesView secret_proof) {
  Centre& centre = work.centre();
  sqlite::Database& db = centre.db();
  const int64_t now = centre.clock().wall_ms();
  SATCHEL_ASSIGN(const int64_t org, organisation_number(db, claims.organisation));
  SATCHEL_TRY(bind_device(db, org, claims.worker, replica, secret_proof, now));
  SATCHEL_TRY(db.prepare("DELETE FROM centre_sessions WHERE expires_ms <= ?").bind(0, now).run());
  Bytes raw(credential_bytes, '\0');
  centre.random().fill(raw.data(), raw.size());
  std::string credential = base64url(raw);
  SATCHEL_TRY(db.prepare("INSERT INTO centre_sessions VALUES(?, ?, ?, ?, ?, ?)")
                  .bind_blob(0, credential_key(credential))
                  .bind(1, org)
                  .bind_text(2, claims.organisation)
                  .bind_text(3, claims.worker)
                  .bind_blob(4, replica.view())
                  .bind(5, now + centre.options().session_ms)
                  .run());
  return credential;
}

Bytes session_key(std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.substr(0, scheme.size()) != scheme) return {};
  return credential_key(authorization.substr(scheme.size()));
}

Result<Session> find_session(sqlite::Database& db, std::string_view authorization, int64_t now_ms) {
  const Error none =
      make_error(Code::sign_in, "The session is over or not known here. Please sign in again.", "authorization");
  Session session;
  session.key = session_key(authorization);
  if (session.key.empty()) return none;
  sqlite::StatementScope select(
      db.prepare("SELECT org, organisation, worker, replica, expires_ms FROM centre_sessions WHERE credential = ?"));
  select->bind_blob(0, session.key);
  SATCHEL_ASSIGN(const bool found, select->step());
  if (!found || select->int64(4) <= now_ms) return none;
  const auto replica = ReplicaId::from_bytes(select->blob(3));
  if (!replica) return make_error(Code::corrupt, "A session does not name a replica.", "centre_sessions");
  session.org = select->int64(0);
  session.organisation = select->text(1);
  session.worker = select->text(2);
  session.replica = *replica;
  session.expires_ms = select->int64(4);
  return session;
}

Result<std::optional<std::string>> owner_of_replica(sqlite::Database& db, int64_t org, const ReplicaId& replica) {
  sqlite::StatementScope select(db.prepare("SELECT worker FROM centre_devices WHERE org = ? AND replica = ?"));
  select->bind(0, org).bind_blob(1, replica.view());
  SATCHEL_ASSIGN(const bool known, select->step());
  return known ? std::optional<std::string>(select->text(0)) : std::nullopt;
}

Result<> note_replica(sqlite::Database& db, const Session& session, const ReplicaId& replica, int64_t now_ms) {
  if (replica == session.replica) return {};
  sqlite::Statement& q = db.prepare("INSERT OR IGNORE INTO centre_devices VALUES(?, ?, ?, x'', ?, ?)");
  q.bind(0, session.org).bind_blob(1, replica.view()).bind_text(2, session.worker).bind(3, now_ms).bind(4, now_ms);
  return q.run();
}

Result<> note_seen(sqlite::Database& db, const Session& session, int64_t now_ms) {
  return db.prepare("UPDATE centre_devices SET last_seen_ms = max(last_seen_ms, ?) WHERE org = ? AND replica = ?")
      .bind(0, now_ms)
      .bind(1, session.org)
      .bind_blob(2, session.replica.view())
      .run();
}

}  // namespace satchel::server

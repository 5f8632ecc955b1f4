#include "server/service.hpp"

#include <algorithm>

#include "server/accept.hpp"
#include "server/changes.hpp"
#include "server/holdings.hpp"
#include "server/job.hpp"
#include "server/pull.hpp"
#include "server/quarantine.hpp"
#include "server/renew_headers.hpp"
#include "server/sealed.hpp"

namespace satchel::server {
namespace {

constexpr int64_t lazy_write_ms = 60'000;  // positions of cursors wait this long for a write that happens anyway
constexpr uint32_t park_ms_most = 240'000;  // whatever a tablet asks for: what it shall hear is read anew sometimes

class ServiceImpl final : public Service {
 public:
  ServiceImpl(std::unique_ptr<Centre> centre, Authenticator& authenticator)
      : centre_(std::move(centre)), authenticator_(authenticator) {}

  std::vector<Reply> handle(const std::vector<Request>& requests) override {
    std::vector<Job> jobs(requests.size());
    for (size_t i = 0; i < requests.size(); ++i) jobs[i].request = &requests[i];
    try {
      handle_all(jobs);
    } catch (const CheckFailure& failure) {
      // The one place where a failed check of the centre ends: nothing is written any more until a new start.
      centre_->break_off();
      centre_->logger().log(LogLevel::error, "check_failed", {{"what", failure.what()}});
      for (Job& job : jobs) fail(job, make_error(Code::internal, "The central store has met a mistake of its own."));
    }
    std::vector<Reply> replies;
    for (Job& job : jobs) replies.push_back(std::move(job.reply));
    return replies;
  }

  uint64_t wake() override {
    const auto version = centre_->db().data_version();
    if (version.ok() && *version != data_version_) {
      data_version_ = *version;
      changes_.anywhere();
    }
    return changes_.now();
  }

  Result<> ready() override {
    SATCHEL_ASSIGN(const Work work, Work::begin(*centre_));
    return {};
  }

 private:
  void handle_all(std::vector<Job>& jobs) {
    for (Job& job : jobs) {
      const Result<> prepared = prepare(job);
      if (!prepared.ok()) fail(job, prepared.error());
    }
    const Result<> written = write(jobs);
    if (!written.ok()) {
      // Nothing of the batch was kept: whoever waited for it is told to come again, and nobody was told otherwise.
      for (Job& job : jobs) fail(job, written.error());
      return;
    }
    const Result<> read = pull(jobs);
    const Result<> pinned = read.ok() ? pin_snapshots(jobs) : read;
    for (Job& job : jobs) {
      if (!read.ok() || (!pinned.ok() && !job.pins.empty())) fail(job, pinned.error());
      if (job.kind != Job::Kind::done) finish(job);
    }
  }

  void fail(Job& job, const Error& error) { server::fail(job, error, centre_->logger()); }

  // ---- before anything is written
  Result<> prepare(Job& job) {
    if (job.request->path == "/v1/session") return prepare_session(job);
    if (job.request->path == "/v1/sync") return prepare_sync(job);
    return make_error(Code::not_found, "There is nothing here.", job.request->path);
  }

  static Result<> check_protocol(uint32_t protocol) {
    if (protocol == proto::protocol_version) return {};
    return make_error(Code::newer_format,
                      "This app and the central store are of different versions. Please update the app.");
  }

  Result<> prepare_session(Job& job) {
    SATCHEL_ASSIGN(job.sign_in, proto::decode_session_request(job.request->body));
    SATCHEL_TRY(check_protocol(job.sign_in.protocol));
    job.reply.replica = job.sign_in.replica.text().substr(0, 8);
    SATCHEL_ASSIGN(job.claims, authenticator_.authenticate(job.sign_in.token));
    job.kind = Job::Kind::session;
    return {};
  }

  Result<> prepare_sync(Job& job) {
    SATCHEL_ASSIGN(const bool quiet, still_quiet(job));
    if (quiet) return {};
    SATCHEL_ASSIGN(job.session, find_session(centre_->db(), job.request->authorization, centre_->clock().wall_ms()));
    job.reply.replica = job.session.replica.text().substr(0, 8);
    SATCHEL_ASSIGN(job.sync, proto::decode_sync_request(job.request->body));
    SATCHEL_TRY(check_protocol(job.sync.protocol));
    if (!job.request->resumed) SATCHEL_TRY(decode_pushes(job));
    SATCHEL_ASSIGN(job.memory, memory_of(job.session));
    if (!job.request->resumed) remember(*job.memory, job.sync);
    job.kind = Job::Kind::sync;
    return {};
  }

  // A parked poll that nothing concerns is answered without reading anything: there may be thousands of them.
  Result<bool> still_quiet(Job& job) {
    if (!job.request->resumed) return false;
    const auto known = memories_.find(session_key(job.request->authorization));
    if (known == memories_.end() || !known->second.quiet) return false;
    const SessionMemory& memory = known->second;
    const int64_t now = centre_->clock().wall_ms();
    if (memory.expires_ms <= now) return false;
    if (changes_.touched_since(memory.quiet->at, memory.session.org, memory.held)) return false;
    SATCHEL_ASSIGN(const uint64_t version,
                   grants_version(centre_->db(), memory.session.org, memory.session.worker, now));
    if (version != memory.quiet->grants_version) return false;
    job.kind = Job::Kind::done;
    job.reply.replica = memory.session.replica.text().substr(0, 8);
    job.reply.park_ms = memory.quiet->park_ms;
    job.reply.body = memory.quiet->body;
    return true;
  }

  Result<SessionMemory*> memory_of(const Session& session) {
    const auto known = memories_.find(session.key);
    if (known != memories_.end()) return &known->second;
    const int64_t now = centre_->clock().wall_ms();
    // A minute later than they end: this very batch may still work on one that ended a moment ago.
    std::erase_if(memories_, [&](const auto& item) { return item.second.expires_ms + 60'000 <= now; });
    SATCHEL_ASSIGN(const auto holdings, holdings_of(centre_->db(), session.org, session.replica));
    SessionMemory& memory = memories_[session.key];
    memory.session = session;
    memory.expires_ms = session.expires_ms;
    memory.written_ms = now;
    for (const Holding& holding : holdings) memory.held.insert(holding.scope);
    return &memory;
  }

  // ---- the one write transaction of the batch
  Result<bool> has_to_write(const Job& job) {
    if (job.kind == Job::Kind::session) return true;
    if (job.kind != Job::Kind::sync) return false;
    if (!job.pushes.empty() || (!job.sync.purged.empty() && !job.request->resumed)) return true;
    const SessionMemory& memory = *job.memory;
    if (!memory.moved.empty() && centre_->clock().wall_ms() - memory.written_ms >= lazy_write_ms) return true;
    SATCHEL_ASSIGN(const auto readable, readable_now(*centre_, job.session));
    for (const GrantRow& row : readable) {
      if (memory.held.count(row.scope) == 0) return true;
    }
    return false;
  }

  Result<> write(std::vector<Job>& jobs) {
    std::vector<Job*> writers;
    for (Job& job : jobs) {
      SATCHEL_ASSIGN(const bool writes, has_to_write(job));
      if (writes) writers.push_back(&job);
    }
    if (writers.empty()) return {};
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    for (Job* job : writers) {
      SATCHEL_ASSIGN(Work::Part part, Work::Part::begin(work));
      const Result<> done = job->kind == Job::Kind::session ? sign_in(work, *job) : take_in(work, *job);
      if (done.ok()) {
        SATCHEL_TRY(part.keep());
      } else {
        // SQLite took the whole batch back by itself (disk full, I/O error): what came after would stand alone.
        if (!centre_->db().in_transaction()) return done.error();
        job->noted.clear();
        fail(*job, done.error());
      }
    }
    SATCHEL_TRY(work.commit());
    for (Job* job : writers) {
      for (const auto& [org, scope] : job->changed) changes_.in_scope(org, scope);
      if (job->began_epoch) changes_.anywhere();
      if (job->memory == nullptr) continue;
      job->memory->held.insert(job->noted.begin(), job->noted.end());
      if (!job->moves_noted) continue;
      job->memory->moved.clear();
      job->memory->written_ms = centre_->clock().wall_ms();
    }
    return {};
  }

  Result<> sign_in(Work& work, Job& job) {
    SATCHEL_ASSIGN(std::string credential,
                   open_session(work, job.claims, job.sign_in.replica, job.sign_in.secret_proof));
    proto::SessionResponse response;
    response.credential = std::move(credential);
    response.expires_in_ms = centre_->options().session_ms;
    response.organisation = job.claims.organisation;
    response.worker = job.claims.worker;
    response.server_ms = centre_->clock().wall_ms();
    job.reply.body = proto::encode(response);
    return {};
  }

  Result<> take_in(Work& work, Job& job) {
    Acceptance acceptance(work, job.session, job.sync.sent_at_ms, job.sync.cursors);
    size_t bytes = 0;
    for (size_t i = 0; i < job.pushes.size(); ++i) {
      Push& push = job.pushes[i];
      bytes += push.bytes.size();
      const bool too_many = i > 0 && bytes > centre_->options().push_bytes_most;
      if (const auto& sealed = job.sync.push[i].sealed) {
        if (too_many) continue;  // no verdict: it is sent again
        SATCHEL_ASSIGN(auto verdict, take_sealed(work, job.session, acceptance, *sealed));
        job.response.sealed_verdicts.push_back(std::move(verdict));
        continue;
      }
      if (too_many) {
        job.response.verdicts.push_back(too_much(job.sync.push[i], push));
        continue;
      }
      SATCHEL_ASSIGN(proto::Verdict verdict, take(acceptance, job.sync.push[i], push));
      job.response.verdicts.push_back(std::move(verdict));
    }
    SATCHEL_TRY(acceptance.finish());
    job.changed = acceptance.changed();
    job.began_epoch = acceptance.began_epoch();
    if (!job.request->resumed) {
      for (const ScopeId& scope : job.sync.purged) SATCHEL_TRY(confirm_purge(job, scope));
    }
    return note_holdings(job);
  }

  static Result<proto::Verdict> take(Acceptance& acceptance, const proto::Push& push, Push& decoded) {
    if (push.offer) return acceptance.offer(*push.offer, decoded.decoded ? &*decoded.decoded : nullptr);
    if (push.refused) return acceptance.refused_content(decoded.bytes, *decoded.decoded);
    return acceptance.push(decoded.bytes, *decoded.decoded);
  }

  Result<> confirm_purge(Job& job, const ScopeId& scope) {
    SATCHEL_TRY(drop_holding(centre_->db(), job.session.org, job.session.replica, scope));
    job.memory->held.erase(scope);
    centre_->logger().log(LogLevel::info, "purge_confirmed",
                          {{"scope", scope.text()}, {"replica", job.session.replica.text()}});
    return {};
  }

  // Before the first byte of a scope leaves, the centre knows that this device may hold it.
  Result<> note_holdings(Job& job) {
    sqlite::Database& db = centre_->db();
    SessionMemory& memory = *job.memory;
    SATCHEL_ASSIGN(const auto readable, readable_now(*centre_, job.session));
    for (const GrantRow& row : readable) {
      if (memory.held.count(row.scope) != 0) continue;
      SATCHEL_TRY(put_holding(db, job.session.org, job.session.replica, {row.scope, 0}));
      job.noted.push_back(row.scope);
    }
    for (const ScopeId& scope : memory.moved) {
      const auto cursor = memory.cursors.find(scope);
      if (cursor == memory.cursors.end()) continue;
      SATCHEL_TRY(move_holding(db, job.session.org, job.session.replica, scope, cursor->second.position));
    }
    SATCHEL_TRY(note_seen(db, job.session, centre_->clock().wall_ms()));
    job.moves_noted = true;
    return {};
  }

  // ---- the later read snapshot
  Result<> pull(std::vector<Job>& jobs) {
    SATCHEL_ASSIGN(auto snapshot, sqlite::Transaction::begin(centre_->db(), sqlite::Transaction::Kind::read));
    for (Job& job : jobs) {
      if (job.kind != Job::Kind::sync) continue;
      job.response.server_ms = centre_->clock().wall_ms();
      Pull pull(*centre_, job.session, *job.memory, job.sync);
      Result<> answered = pull.answer(job.response);
      if (answered.ok()) answered = ask_for_content(job);
      if (answered.ok() && !job.request->resumed && !job.sync.cursors.empty()) answered = pull.tidy();
      if (!answered.ok()) fail(job, answered.error());
      if (answered.ok()) job.pins = pull.pins();
    }
    return snapshot.commit();
  }

  // Once in a session, and after whatever it pushed: an author's tablets may hold what a restore took away.
  Result<> ask_for_content(Job& job) {
    if (job.request->resumed || (job.pushes.empty() && !job.sync.all_cursors)) return {};
    SATCHEL_ASSIGN(job.response.content_wanted, content_wanted(centre_->db(), job.session.org, job.session.worker));
    return {};
  }

  // Before the first part of a snapshot leaves, the next ones are certain.
  Result<> pin_snapshots(const std::vector<Job>& jobs) {
    const bool any = std::any_of(jobs.begin(), jobs.end(), [](const Job& job) { return !job.pins.empty(); });
    if (!any) return {};
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    for (const Job& job : jobs) {
      for (const Pin& one : job.pins) SATCHEL_TRY(pin(work, one));
    }
    return work.commit();
  }

  void finish(Job& job) {
    if (job.kind != Job::Kind::sync) return;
    const proto::SyncResponse& response = job.response;
    job.reply.body = proto::encode(response);
    const bool nothing = response.verdicts.empty() && response.pages.empty() && response.grants.empty() &&
                         response.older.empty() && response.content_wanted.empty() && response.sealed.empty() &&
                         response.sealed_verdicts.empty() && !response.more &&
                         !response.send_all_cursors;
    if (nothing) job.reply.park_ms = std::min(job.sync.wait_ms, park_ms_most);
    job.memory->quiet.reset();
    if (nothing) job.memory->quiet = {changes_.now(), response.grants_version, job.reply.park_ms, job.reply.body};
    if (nothing && job.request->resumed) return;
    size_t accepted = 0, quarantined = 0;
    for (const auto& verdict : response.verdicts) {
      accepted += verdict.kind == proto::VerdictKind::accepted ? 1 : 0;
      quarantined += verdict.kind == proto::VerdictKind::quarantined ? 1 : 0;
    }
    centre_->logger().log(LogLevel::info, "sync",
                          {{"replica", job.session.replica.text()},
                           {"pushed", std::to_string(job.pushes.size())},
                           {"accepted", std::to_string(accepted)},
                           {"quarantined", std::to_string(quarantined)},
                           {"pages", std::to_string(response.pages.size())},
                           {"bytes", std::to_string(job.reply.body.size())}});
  }

  std::unique_ptr<Centre> centre_;
  Authenticator& authenticator_;
  std::map<Bytes, SessionMemory> memories_;  // by Session::key
  Changes changes_;
  int64_t data_version_ = 0;
};

}  // namespace

Result<std::unique_ptr<Service>> Service::open(const ServiceOptions& options, model::Schema schema,
                                               Authenticator& authenticator, const Clock& clock, Random& random,
                                               Logger& logger) {
  SATCHEL_ASSIGN(auto centre, Centre::open(options, std::move(schema), clock, random, logger));
  const Result<> renewed = renew_headers(*centre);
  if (!renewed.ok()) {  // a list that is behind is no reason to turn tablets away; the next start tries again
    logger.log(LogLevel::error, "headers_not_renewed", {{"what", renewed.error().message}});
  }
  return std::unique_ptr<Service>(std::make_unique<ServiceImpl>(std::move(centre), authenticator));
}

}  // namespace satchel::server

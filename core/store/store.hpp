// core/store: the device's half - what a worker wrote (outbox), laid over what the centre sequenced (core/log), with
// cursors, set-aside transactions, conflicts and indexes. Owned invariants:
//   what a read shows == fold(snapshot, entries, outbox), after every call;
//   a transaction leaves the outbox only in the SQLite transaction that stores its verdict; a cursor moves only with
//   the page it covers; nothing a worker wrote is ever dropped: it is in the outbox, in the log or set aside.
// Does not talk to a network (sync/ does), does not schedule, does not judge rights (the centre does).
//
// One process-wide file may be open in several processes: counters and versions are read and written inside
// BEGIN IMMEDIATE, never cached. A Store is used by one thread at a time (its executor); Readers are for other threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/file_watch.hpp"
#include "core/base/logger.hpp"
#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "core/merge/resolve.hpp"
#include "core/model/schema.hpp"
#include "core/sqlite/database.hpp"
#include "core/store/secret_keeper.hpp"
#include "proto/messages.hpp"

namespace satchel::store {

struct Options {
  std::string path;
  std::string schema_json;   // required on creation; later opens may bring a newer one
  std::string organisation;  // fixed at creation; another one is refused with Code::wrong_owner
  std::string worker;        // likewise; both empty on a later open: whoever it belongs to
  bool create = true;
  sqlite::Durability durability = sqlite::Durability::full;
  std::string vfs;  // tests
  SecretBytes key;  // of an encrypted store, from its creation on: sqlite::OpenOptions::key
  std::shared_ptr<SecretKeeper> secrets;  // empty: a file beside the store (secret_file())
};

// Handed out with every read and given back with a commit: names a version that this store really had (DESIGN §1,
// "shown"). Opaque text.
using ReadToken = std::string;

struct Identity {
  std::string organisation, worker;
  ReplicaId replica;
  Bytes secret;  // binds the replica id at the centre; never leaves the device as it is, never in the store's file
};

// ---- commits ------------------------------------------------------------------------------------------------------

struct Change {
  ScopeId scope;
  model::Op op;  // value encoded (proto::encode_value)
  bool utf16 = false;  // kind text: its edits count UTF-16 code units, not scalar values
};

struct Draft {
  std::vector<Change> changes;
  ReadToken shown;  // empty: what the store has now; of several tokens, the oldest is the caller's to give
  std::vector<std::pair<ScopeId, model::Opening>> open;  // scopes opened by this commit
};

struct Receipt {
  std::vector<model::TransactionId> transactions;  // one per scope, in the order in which scopes first appear
  ReadToken token;                                 // of the state after the commit
};

// ---- what an app sees besides records ------------------------------------------------------------------------------

struct ScopeInfo {
  ScopeId id;
  std::string kind, role, label;
  ScopeId parent;
  uint64_t position = 0, head = 0;   // head: last one heard of
  bool complete = false;             // a first sync has finished, or it was opened here
  bool withdrawn = false;            // being delivered and purged
  bool unfit = false;                // as Status::scopes_unfit
  bool keeps_history = false;        // older history is fetched and kept: Store::keep_history
  uint64_t history_from = 0;         // first position whose transaction is here; 1: all of it
  Hash256 log_digest, state_digest;  // at `position`, without the outbox: equal to the centre's when nothing is lost
};

struct Status {
  uint64_t unsent = 0;           // transactions without a verdict
  int64_t oldest_unsent_ms = 0;  // wall time written; 0: none
  uint64_t set_aside = 0;        // refused, readable, waiting
  uint64_t to_decide = 0, to_know = 0;
  uint64_t scopes = 0, scopes_incomplete = 0;
  uint64_t scopes_unfit = 0;  // what comes for them does not fit together, also when fetched anew
  // Of scopes that have left, what no backup of the centre covers: kept sealed here. Of these the centre lost
  // sealed_to_send in a restore, and they go back to it.
  uint64_t sealed = 0, sealed_to_send = 0;
  int64_t last_sync_ms = 0;   // server time of the last answer; 0: never
  int64_t clock_skew_ms = 0;  // device minus server at the last answer
  bool organisation_key = false;
};

struct SetAside {  // a refused transaction, whole and readable to its author
  model::TransactionId id;
  std::string reason;
  int64_t written_ms = 0;
  bool waiting = false;  // depends on a refused one and is not yet judged itself
  std::vector<model::Op> ops;
};

struct InboxEntry {
  ScopeId scope;
  model::RecordKey record;
  merge::Conflict conflict;
};

struct Record {
  ScopeId scope;
  model::RecordKey key;
  merge::RecordState state;
  bool unsent = false;  // the outbox holds changes of it
};

// One write of a field, as somebody made it: who, when by the tablet's and by the server's clock, and what became of it
// at that moment.
struct FieldVersion {
  struct Written {
    ReplicaId replica;
    uint64_t counter = 0;
    uint32_t index = 0;
  } written;
  std::string worker;            // of a released write: who wrote it first
  model::Author author = model::Author::worker;
  bool released = false;         // held back by the centre once, and let through later
  bool submitted = false;        // text: this sent it in
  bool late = false;             // text: came after another record's text was sent in, whose amendment this one is
  int64_t wall_ms = 0;
  int64_t received_ms = 0;       // 0: not yet at base
  std::string element, part;     // of a set or list
  bool removed = false;          // took the element out
  bool settles = false;          // a decision in the inbox
  Bytes value;
  std::string reason;
  bool stood = false;            // it was what a reader saw, alone or beside others
  merge::Rule rule = merge::Rule::only_one;
  bool unsent = false;
};

struct VerifyReport {
  uint64_t scopes = 0, records = 0, entries = 0, outbox = 0;
};

// ---- sync half: used by sync/engine only ----------------------------------------------------------------------------

struct RequestLimits {
  size_t push_bytes = 512 << 10;
  size_t answer_bytes = 1 << 20;
};

// What sync/ remembers between two requests of one session: cursors are sent only when they moved, and what the centre
// cannot take yet does not fill every request.
struct SessionMemory {
  std::vector<proto::Cursor> last;
  bool all_sent = false;
  // Of these replicas' transactions in these scopes the last answer took none: something has to come first.
  std::set<std::pair<ScopeId, ReplicaId>> held_up;
  void learn(const std::vector<proto::Verdict>& verdicts);
  std::optional<std::vector<proto::SealedStretch>> sealed;  // empty: the centre may think anything
};

struct Applied {
  bool pushed_all = false;  // no transaction without a verdict is left
  bool more = false;        // ask again at once
  uint64_t accepted = 0, quarantined = 0, entries = 0, snapshot_records = 0;
  std::vector<model::RecordKey> changed;
  std::vector<ScopeId> purged;     // withdrawn scopes now gone, to be confirmed in the next request
  bool forked = false;             // a new replica id was drawn: sign in again with it
  std::vector<std::string> notes;  // plain words for the log and status: "this store was copied: ..."
};

// ---- reading: own connection, any thread (one at a time), never waits for the writer -------------------------------

class Reader {
 public:
  virtual ~Reader() = default;
  // One consistent view for several calls: begin() pins it, end() lets go. Without, each call has its own.
  virtual Result<ReadToken> begin() = 0;
  virtual void end() = 0;
  virtual bool pinned() const = 0;
  virtual Result<ReadToken> token() = 0;  // of the pinned view, else of now
  virtual Result<std::optional<Record>> record(std::string_view collection, const RecordId& id) = 0;
  virtual Result<std::vector<InboxEntry>> conflicts() = 0;
  virtual Result<std::vector<SetAside>> set_aside() = 0;
  virtual Result<std::vector<ScopeInfo>> scopes() = 0;
  virtual Result<Status> status() = 0;
  virtual Result<uint64_t> unsent_records() = 0;  // that Status::unsent changes; reads all of it
  // Whatever was written in the scope and sequenced, from position 1 on in the order of the log, each with base and shown
  // complete, until `visit` returns false. Code::not_found when the older history is not all here: keep_history().
  virtual Result<> history(const ScopeId& scope, const log::Log::Visit& visit) = 0;
  // Every version of the field, the oldest first. Code::not_found: no such record, or the older history of its scope is
  // not here: Store::keep_history. Bringing one back is a commit of its value.
  virtual Result<std::vector<FieldVersion>> field_history(std::string_view collection, const RecordId& id,
                                                          std::string_view field) = 0;
  virtual sqlite::Database& database() = 0;  // for core/query
  virtual const model::Schema& schema() const = 0;  // until the next begin()
};

class Store {
 public:
  // Opens, or creates when options.create. A file whose secret is not on this device (secret_keeper.hpp) gets a new
  // replica id, and says so in opening_notes(). A file that is corrupt is not touched: Code::corrupt, use rescue(). A file
  // of a newer format: Code::newer_format, untouched.
  static Result<std::unique_ptr<Store>> open(const Options& options, const Clock& clock, Random& random,
                                             Logger& logger);
  virtual ~Store() = default;

  // Atomic over all changes and scopes, durable when it returns (Options::durability). Checks limits, schema, legality
  // of moves, reasons, presence; the first error names collection.field and nothing is written.
  virtual Result<Receipt> commit(const Draft& draft) = 0;
  virtual Result<std::unique_ptr<Reader>> reader() = 0;  // from any thread
  // From now on the whole history of the scope is kept: the next syncs fetch what lies below its snapshot, newest first.
  // false lets go of it. Code::not_found when the scope is not held.
  virtual Result<> keep_history(const ScopeId& scope, bool keep) = 0;
  virtual Result<Status> status() = 0;  // what a reader tells, by the connection that writes
  virtual Result<VerifyReport> verify() = 0;
  virtual Identity identity() = 0;
  // Plain words about what was found at opening: this file came from another device, ...
  virtual const std::vector<std::string>& opening_notes() const = 0;
  virtual const model::Schema& schema() const = 0;  // until the next call that reads or writes
  // Moves when this or another process changed the file.
  virtual Result<int64_t> data_version() = 0;
  virtual Result<int64_t> others_version() = 0;  // when another process did
  // `on_write` is called on a thread of its own when this or another process writes to the file: then data_version() may
  // move, or do so a moment later, when the write is done. Null where the system does not tell: look from time to time.
  virtual std::unique_ptr<FileWatch> watch(std::function<void()> on_write) = 0;
  // Returns when everything committed so far survives a power cut, whatever the durability (a WAL checkpoint).
  virtual Result<> flush() = 0;

  // -- sync
  // A transaction of the outbox that was damaged on this disk is not sent: it is set aside, and the rest goes.
  virtual Result<proto::SyncRequest> build_request(const RequestLimits& limits, SessionMemory& memory) = 0;
  // Applies an answer in one SQLite transaction, in the order verdicts, grants, pages. A page that does not fit changes
  // nothing; its scope is fetched anew, once (Status::scopes_unfit). An answer that says nothing but the time is only
  // remembered: the file learns of it with the next write, or five minutes later.
  virtual Result<Applied> apply(const proto::SyncResponse& response, const proto::SyncRequest& request) = 0;
  // The organisation and worker that a session was opened for; Code::wrong_owner when they are not this store's.
  virtual Result<> check_owner(const proto::SessionResponse& session) = 0;
};

// A corrupt file: creates a new store with a new replica id beside it, carries what could be read of the outbox and the
// set-aside over as it was, and only then moves the damaged file aside (path + ".damaged-<time>") and the new one into its place.
// Never deletes anything that was there. When it fails or is killed, call it again: until it has come to its end,
// Store::open returns Code::corrupt and creates nothing.
struct Rescue {
  std::string moved_to;
  uint64_t salvaged = 0;    // transactions carried over, those set aside too
  uint64_t unreadable = 0;  // outbox rows that could not be decoded
  std::vector<std::string> notes;
};
Result<Rescue> rescue(const Options& options, const Clock& clock, Random& random, Logger& logger);

// Encrypts a store that is not yet (options.key is empty then), or gives an encrypted one another key. For one that is open
// nowhere: Code::busy. Written anew beside it, which needs as much room again, and put into its place at once: killed or
// without power in the middle, it is whole, with the key it had or with the new one. Keep both until it returns.
Result<> rekey(const Options& options, const SecretBytes& key);

}  // namespace satchel::store

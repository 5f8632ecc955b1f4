// Recorded editing sessions through the whole path: each writer's edits are saves in a store of their own, travel to the
// real central store and from there to the others. At each save a writer has in front of them what they had in the
// recording, so the text has to end as recorded. Others read along, at random times.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "core/base/hash.hpp"
#include "tests/support/domain_schema.hpp"
#include "tests/sync/world.hpp"
#include "tests/text_support/trace.hpp"

namespace satchel::text_trace {
namespace {

using sync::take;
using text_test::Trace;

constexpr const char* org = "northside";

// Tokens are the worker's name.
class PlainIdentity final : public server::Authenticator {
 public:
  Result<server::Claims> authenticate(std::string_view token) override {
    return server::Claims{org, std::string(token), INT64_MAX};
  }
};

class Centre {
 public:
  Centre() {
    options_.data_dir = directory_.path("data");
    options_.keys_dir = directory_.path("keys");
    service_ = take(server::Service::open(options_, test::domain_schema(), identity_, clock, random, logger));
  }
  ScopeId grant(const std::string& worker, const std::optional<ScopeId>& scope) {
    const auto admin = take(server::Admin::open(options_, test::domain_schema(), clock, random, logger));
    return take(admin->grant(org, worker, scope, scope ? "" : "case", "writer", "", ScopeId{}));
  }
  Bytes post(const std::string& path, const std::string& authorization, const Bytes& body) {
    const auto replies = service_->handle({server::Request{path, authorization, body, false}});
    REQUIRE(replies.at(0).status == 200);
    return replies[0].body;
  }

  ManualClock clock;
  SeededRandom random{3};
  NullLogger logger;

 private:
  test::TemporaryDirectory directory_;
  server::ServiceOptions options_;
  PlainIdentity identity_;
  std::unique_ptr<server::Service> service_;
};

class Tablet {
 public:
  Tablet(Centre& centre, std::string worker, uint64_t seed) : centre_(centre), worker_(std::move(worker)), random_(seed) {
    store::Options options;
    options.path = directory_.path("store.db");
    options.schema_json = test::domain_schema_text();
    options.organisation = org;
    options.worker = worker_;
    options.durability = sqlite::Durability::off;
    store_ = take(store::Store::open(options, centre.clock, random_, centre.logger));
    const store::Identity identity = store_->identity();
    proto::SessionRequest session;
    session.replica = identity.replica;
    session.token = worker_;
    session.secret_proof = Hasher("satchel replica secret").part(identity.secret).finish().view();
    const Bytes reply = centre.post("/v1/session", "", proto::encode(session));
    credential_ = take(proto::decode_session_response(reply)).credential;
  }

  ReplicaId replica() const { return store_->identity().replica; }
  const std::string& worker() const { return worker_; }

  void commit(const ScopeId& scope, std::vector<model::Op> ops) {
    store::Draft draft;
    for (model::Op& op : ops) draft.changes.push_back({scope, std::move(op)});
    take(store_->commit(draft));
    ++commits_;
  }
  // So many of its commits are at the centre afterwards; nothing is fetched.
  void push(uint64_t commits) {
    if (commits <= pushed_) return;
    auto request = take(store_->build_request({64 << 20, 1 << 20}, memory_));
    REQUIRE(request.push.size() >= commits - pushed_);
    request.push.resize(commits - pushed_);
    proto::SyncResponse response = send(request);
    response.pages.clear();
    response.more = true;  // they are left for later
    take(store_->apply(response, request));
    pushed_ = commits;
  }
  void push_all() { push(commits_); }
  // Everything that the centre has; nothing is sent.
  void pull() {
    for (bool more = true; more;) {
      auto request = take(store_->build_request({64 << 20, 1 << 20}, memory_));
      request.push.clear();
      const proto::SyncResponse response = send(request);
      take(store_->apply(response, request));
      more = response.more;
    }
  }
  uint64_t commits() const { return commits_; }

  std::string text(const RecordId& note) {
    const auto record = take(take(store_->reader())->record("visit_note", note));
    const auto* body = record ? record->state.field("body", model::Kind::text) : nullptr;
    return body == nullptr ? std::string() : body->text.plain();
  }
  void verify() { take(store_->verify()); }

 private:
  proto::SyncResponse send(const proto::SyncRequest& request) {
    return take(proto::decode_sync_response(centre_.post("/v1/sync", "Bearer " + credential_, proto::encode(request))));
  }

  Centre& centre_;
  const std::string worker_;
  test::TemporaryDirectory directory_;
  SeededRandom random_;
  std::unique_ptr<store::Store> store_;
  std::string credential_;
  store::SessionMemory memory_;
  uint64_t commits_ = 0, pushed_ = 0;
};

model::Op op_of(const RecordId& note) {
  model::Op op;
  op.collection = "visit_note";
  op.record = note;
  op.action = model::Action::create;
  return op;
}

model::Op edit_of(const RecordId& note, std::vector<model::TextEdit> edits) {
  std::erase_if(edits, [](const model::TextEdit& edit) { return edit.removed == 0 && edit.inserted.empty(); });
  model::Op op = op_of(note);
  op.field = "body";
  op.kind = model::Kind::text;
  op.action = model::Action::edit;
  op.value = proto::encode_value(model::TextEdits{std::move(edits)});
  return op;
}

// The first transactions of a trace on tablets. Up to `together` are one save, where a writer wrote them one on top of
// the other and nobody had only the first of them in front of them.
class Replay {
 public:
  Replay(const Trace& trace, size_t transactions, size_t together, uint64_t seed)
      : trace_(trace), transactions_(std::min(transactions, trace.transactions.size())), together_(together),
        chance_(seed) {
    for (const auto& each : trace_.transactions) writers_.try_emplace(each.replica);
    for (uint64_t seed_of = 100; tablets_.size() < writers_.size(); ++seed_of) {
      tablets_.push_back(std::make_unique<Tablet>(centre_, "writer " + std::to_string(tablets_.size()), seed_of));
    }
    // Ids of replicas break ties: the recorded order of the writers is that of their tablets.
    std::sort(tablets_.begin(), tablets_.end(), [](const auto& a, const auto& b) { return a->replica() < b->replica(); });
    size_t number = 0;
    for (auto& [replica, writer] : writers_) writer.tablet = tablets_[number++].get();
    for (int i = 0; i < 2; ++i) {
      readers_.push_back(std::make_unique<Tablet>(centre_, "reader " + std::to_string(i), 50 + static_cast<uint64_t>(i)));
    }
    std::optional<ScopeId> scope;
    for (const auto* group : {&tablets_, &readers_}) {
      for (const auto& tablet : *group) scope = centre_.grant(tablet->worker(), scope);
    }
    scope_ = *scope;
    note_ = RecordId{uuid_v7(centre_.clock.wall_ms(), centre_.random)};
    begin();
  }

  void run() {
    for (const std::vector<size_t>& each : saves()) save(each);
    for (const auto& tablet : tablets_) tablet->push_all();
  }

  // Everybody syncs, in a random order, and holds the same.
  std::vector<std::string> texts() {
    std::vector<Tablet*> all;
    for (const auto* group : {&tablets_, &readers_}) {
      for (const auto& tablet : *group) all.push_back(tablet.get());
    }
    for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[chance_.below(i)]);
    std::vector<std::string> out;
    for (Tablet* tablet : all) {
      tablet->pull();
      tablet->verify();
      out.push_back(tablet->text(note_));
    }
    return out;
  }

 private:
  struct Writer {
    Tablet* tablet = nullptr;
    std::vector<uint64_t> commits{1};  // of its tablet once so many of its transactions are saved
    std::map<ReplicaId, uint64_t> has;  // transactions of the others that its tablet has
  };

  // The note is there, and everybody has it.
  void begin() {
    for (const auto& tablet : tablets_) tablet->pull();
    tablets_.front()->commit(scope_, {op_of(note_)});
    tablets_.front()->push_all();
    for (const auto& tablet : tablets_) tablet->pull();
    for (auto& [replica, writer] : writers_) writer.commits.front() = writer.tablet->commits();
  }

  // Numbers of the transactions of each save, in an order in which they can be made.
  std::vector<std::vector<size_t>> saves() const {
    std::set<model::Version::Entry> seen;  // that somebody else saw, and not the writer's next one
    std::map<ReplicaId, std::vector<size_t>> by_writer;
    for (size_t i = 0; i < transactions_; ++i) {
      const auto& written = trace_.transactions[i];
      by_writer[written.replica].push_back(i);
      for (const auto& entry : written.shown.entries()) {
        if (entry.first != written.replica) seen.insert(entry);
      }
    }
    std::vector<std::vector<size_t>> made;
    std::set<size_t> done;
    for (size_t i = 0; i < transactions_; ++i) {
      if (done.count(i) != 0) continue;
      const auto& own = by_writer.at(trace_.transactions[i].replica);
      auto& save = made.emplace_back(1, i);
      for (auto next = std::upper_bound(own.begin(), own.end(), i); next != own.end() && save.size() < together_; ++next) {
        const auto &last = trace_.transactions[save.back()], &further = trace_.transactions[*next];
        model::Version on_top = last.shown;
        on_top.set(last.replica, last.counter);
        if (further.shown != on_top || seen.count({last.replica, last.counter}) != 0) break;
        save.push_back(*next);
        done.insert(*next);
      }
    }
    return made;
  }

  void save(const std::vector<size_t>& transactions) {
    const auto& written = trace_.transactions[transactions.front()];
    Writer& writer = writers_.at(written.replica);
    REQUIRE(written.shown[written.replica] == written.counter - 1);
    fetch(writer, written);
    std::vector<model::TextEdit> edits;
    for (const size_t i : transactions) {
      const auto& more = trace_.transactions[i].edits;
      edits.insert(edits.end(), more.begin(), more.end());
    }
    writer.tablet->commit(scope_, {edit_of(note_, std::move(edits))});
    writer.commits.resize(writer.commits.size() + transactions.size(), writer.tablet->commits());
    if (chance_.below(20) == 0) readers_[chance_.below(readers_.size())]->pull();
  }

  // What the writer saw of others and does not have yet comes to the centre, and nothing more, and from there.
  void fetch(Writer& writer, const text_test::Written& written) {
    bool lacks = false;
    for (const auto& [replica, counter] : written.shown.entries()) {
      if (replica == written.replica || counter <= writer.has[replica]) continue;
      const Writer& other = writers_.at(replica);
      other.tablet->push(other.commits.at(counter));
      writer.has[replica] = counter;
      lacks = true;
    }
    if (lacks) writer.tablet->pull();
  }

  const Trace& trace_;
  size_t transactions_, together_;
  SeededRandom chance_;
  Centre centre_;
  std::map<ReplicaId, Writer> writers_;
  std::vector<std::unique_ptr<Tablet>> tablets_, readers_;
  ScopeId scope_;
  RecordId note_;
};

Trace trace_at(const std::filesystem::path& path) { return take(text_test::read_trace(path.string())); }

std::string text_of(const Trace& trace, size_t transactions) {
  merge::text::Document document;
  const auto incoming = trace.incoming();
  document.apply_all(std::span(incoming).first(std::min(transactions, incoming.size())));
  return document.text();
}

void require_end(const Trace& trace, size_t transactions, size_t together, uint64_t seed) {
  Replay replay(trace, transactions, together, seed);
  replay.run();
  const std::string end = text_of(trace, transactions);
  for (const std::string& text : replay.texts()) CHECK((text == end));
}

}  // namespace

TEST_CASE("a recorded session of two writers, saved on tablets and synced in random order, ends as recorded on all") {
  const Trace trace = trace_at(SATCHEL_SOURCE_DIR "/tests/merge/traces/two_writers.json");
  require_end(trace, 150, 1, 1);
}

TEST_CASE("recorded sessions in full, saved on tablets and synced in random order, end as recorded", "[.nightly]") {
  const Trace own = trace_at(SATCHEL_SOURCE_DIR "/tests/merge/traces/two_writers.json");
  CHECK((text_of(own, SIZE_MAX) == own.end));
  require_end(own, SIZE_MAX, 1, 2);
  require_end(own, SIZE_MAX, 500, 4);
  const char* const named = std::getenv("SATCHEL_TRACES");
  const std::filesystem::path shared = named != nullptr ? named : SATCHEL_SOURCE_DIR "/../shared/data/traces";
  if (!std::filesystem::is_directory(shared)) SKIP("no editing traces in " + shared.string());
  for (const auto& file : std::filesystem::directory_iterator(shared)) {
    const Trace trace = trace_at(file.path());
    INFO(file.path());
    CHECK((text_of(trace, SIZE_MAX) == trace.end));
    require_end(trace, SIZE_MAX, 500, 3);
  }
}

}  // namespace satchel::text_trace

#include "server/admin.hpp"

#include <algorithm>

#include "core/log/appender.hpp"
#include "core/model/limits.hpp"
#include "core/model/text.hpp"
#include "server/amendments.hpp"
#include "server/authorise.hpp"
#include "server/backup.hpp"
#include "server/directory.hpp"
#include "server/headers.hpp"
#include "server/holdings.hpp"
#include "server/import.hpp"
#include "server/own_writes.hpp"
#include "server/quarantine.hpp"
#include "server/release.hpp"
#include "server/tables.hpp"

namespace satchel::server {
namespace {

class AdminImpl final : public Admin {
 public:
  explicit AdminImpl(std::unique_ptr<Centre> centre) : centre_(std::move(centre)) {}

  Result<ScopeId> grant(const std::string& organisation, const std::string& worker, std::optional<ScopeId> scope,
                        const std::string& kind, const std::string& role, const std::string& label,
                        const ScopeId& parent) override {
    SATCHEL_TRY(check_name(organisation, "organisation"));
    SATCHEL_TRY(check_name(worker, "worker"));
    SATCHEL_TRY(check_words(label, "label"));
    if (!is_role(role)) return no_such_role(role);
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    Event event = event_on(Event::Kind::scope, organisation, worker);
    event.parent = parent;
    event.scope_kind = kind;
    if (scope) {
      event.scope = *scope;
      SATCHEL_ASSIGN(const log::ScopeState known, scope_of(organisation, *scope));
      if (!kind.empty() && kind != known.kind) {
        return make_error(Code::invalid, "This scope is of the kind \"" + known.kind + "\".", "kind");
      }
    } else {
      SATCHEL_TRY(check_new_scope(organisation, kind, parent));
      event.scope = ScopeId{uuid_v7(event.at_ms, centre_->random())};
      Event made = event;
      made.worker.clear();
      SATCHEL_TRY(work.record(made));
    }
    event.kind = Event::Kind::grant;
    event.scope_kind.clear();
    event.parent = ScopeId{};
    event.role = role;
    event.label = label;
    SATCHEL_TRY(work.record(event));
    SATCHEL_TRY(work.commit());
    return event.scope;
  }

  Result<uint64_t> cover(const std::string& organisation, const std::string& worker, const std::string& like,
                         const std::string& role) override {
    SATCHEL_TRY(check_name(worker, "worker"));
    if (!is_role(role)) return no_such_role(role);
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    SATCHEL_ASSIGN(const int64_t org, organisation_of(organisation));
    SATCHEL_ASSIGN(const auto theirs, grants_of(centre_->db(), org, like));
    Event event = event_on(Event::Kind::grant, organisation, worker);
    event.role = role;
    uint64_t given = 0;
    for (const GrantRow& row : theirs) {
      if (row.from_ms > event.at_ms || (row.to_ms && *row.to_ms <= event.at_ms)) continue;
      SATCHEL_ASSIGN(const auto has, role_at(centre_->db(), org, worker, row.scope, event.at_ms));
      if (has) continue;
      SATCHEL_ASSIGN(const auto state, centre_->log().find_scope(org, row.scope));
      if (!state || is_personal(state->kind)) continue;
      event.scope = row.scope;
      event.label = row.label;
      SATCHEL_TRY(work.record(event));
      ++given;
    }
    SATCHEL_TRY(work.commit());
    return given;
  }

  Result<> withdraw(const std::string& organisation, const std::string& worker, const ScopeId& scope) override {
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    SATCHEL_ASSIGN(const log::ScopeState known, scope_of(organisation, scope));
    Event event = event_on(Event::Kind::withdraw, organisation, worker);
    SATCHEL_ASSIGN(const auto role, role_at(centre_->db(), known.key.org, worker, scope, event.at_ms));
    if (!role) return make_error(Code::not_found, "This worker has no right to this scope.", "worker");
    event.scope = scope;
    SATCHEL_TRY(work.record(event));
    return work.commit();
  }

  Result<> suspend(const std::string& organisation, const std::string& worker, int64_t from_ms) override {
    SATCHEL_TRY(check_name(worker, "worker"));
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    SATCHEL_TRY(organisation_of(organisation));
    Event event = event_on(Event::Kind::suspend, organisation, worker);
    event.at_ms = from_ms;
    SATCHEL_TRY(work.record(event));
    return work.commit();
  }

  Result<> reinstate(const std::string& organisation, const std::string& worker) override {
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    SATCHEL_ASSIGN(const int64_t org, organisation_of(organisation));
    const Event event = event_on(Event::Kind::reinstate, organisation, worker);
    SATCHEL_ASSIGN(const bool suspended, suspended_at(centre_->db(), org, worker, event.at_ms));
    if (!suspended) return make_error(Code::not_found, "This worker is not suspended.", "worker");
    SATCHEL_TRY(work.record(event));
    return work.commit();
  }

  Result<std::vector<QuarantineItem>> quarantine(const std::string& organisation) override {
    SATCHEL_ASSIGN(const int64_t org, organisation_of(organisation));
    SATCHEL_ASSIGN(auto rows, waiting(centre_->db(), org));
    std::vector<QuarantineItem> items;
    for (Quarantined& row : rows) {
      SATCHEL_ASSIGN(auto decoded, proto::decode_transaction(organisation, row.bytes));
      items.push_back(
          {row.id, organisation, row.worker, row.reason, row.received_ms, std::move(decoded.transaction.ops)});
    }
    return items;
  }

  Result<> release(const std::string& organisation, const model::TransactionId& id) override {
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    SATCHEL_ASSIGN(const log::ScopeState scope, scope_of(organisation, id.scope));
    SATCHEL_ASSIGN(const Quarantined item, waiting_item(scope.key.org, id));
    SATCHEL_ASSIGN(auto decoded, proto::decode_transaction(organisation, item.bytes));
    const model::Header& header = decoded.transaction.header;
    OwnWrite write;
    write.worker = header.worker;
    write.wall_ms = header.wall_ms;
    write.heard_ms = header.heard_ms;
    SATCHEL_ASSIGN(auto saw, releases_seen(*centre_, scope, item, decoded.transaction));
    write.derived = release_follows_from(item, header, saw);
    write.origin = model::Origin{header.id, header.worker, std::move(saw)};
    write.shown = item.shown;
    write.ops = std::move(decoded.transaction.ops);
    std::vector<model::RecordKey> records;
    for (const model::Op& op : write.ops) records.push_back({op.collection, op.record});
    SATCHEL_TRY(write_own(work, scope.key, std::move(write)));
    Amendments amendments(work);
    amendments.changed(scope, records);
    SATCHEL_ASSIGN(const auto drafts, amendments.write());
    for (const auto& [place, draft] : drafts) records.push_back(draft);
    Headers headers(work);
    headers.changed(scope, records);
    SATCHEL_TRY(headers.write());
    SATCHEL_TRY(decide(work, organisation, id, Quarantined::State::released, ""));
    return work.commit();
  }

  Result<> refuse(const std::string& organisation, const model::TransactionId& id, const std::string& reason) override {
    SATCHEL_TRY(check_words(reason, "reason"));
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    SATCHEL_ASSIGN(const log::ScopeState scope, scope_of(organisation, id.scope));
    SATCHEL_TRY(waiting_item(scope.key.org, id));
    SATCHEL_TRY(decide(work, organisation, id, Quarantined::State::refused, reason));
    return work.commit();
  }

  Result<> declare_lost(const std::string& organisation, const model::TransactionId& id) override {
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    SATCHEL_ASSIGN(const log::ScopeState scope, scope_of(organisation, id.scope));
    SATCHEL_ASSIGN(log::Appender place, log::Appender::open(centre_->db(), scope.key));
    SATCHEL_ASSIGN(const log::ReplicaState* before, place.replica(id.replica));
    const uint64_t next = before == nullptr ? 1 : before->counter + 1;
    if (id.counter != next) {
      return make_error(Code::invalid,
                        "Only the next one can be given up, and that is number " + std::to_string(next) + ".",
                        "counter");
    }
    model::Entry entry;
    entry.position = scope.head + 1;
    entry.slot = model::Slot::lost;
    entry.id = id;
    if (before != nullptr) entry.base = before->base;
    entry.base.set(id.replica, id.counter - 1);
    entry.reason = "This was given up as lost before it arrived.";
    const int64_t received = std::max(centre_->clock().wall_ms(), scope.last_received_ms);
    const uint64_t ord = std::max(before == nullptr ? 0 : before->ord + 1, static_cast<uint64_t>(received) << 16);
    entry.envelope = {scope.epoch, entry.position, received, ord, {}};
    entry.envelope.mac = centre_->key().mac(organisation, id.scope, entry);
    SATCHEL_TRY(place.append(entry, nullptr));
    SATCHEL_TRY(place.flush());
    return work.commit();
  }

  Result<uint64_t> import_directory(const std::string& organisation, const ScopeId& scope,
                                    const std::string& json) override {
    SATCHEL_ASSIGN(const auto services, read_directory(json));
    SATCHEL_ASSIGN(Work work, Work::begin(*centre_));
    SATCHEL_ASSIGN(const log::ScopeState into, scope_of(organisation, scope));
    if (into.kind != "team") {
      return make_error(Code::invalid, "A directory belongs into a team's scope. This one is a " + into.kind + ".",
                        "scope");
    }
    SATCHEL_ASSIGN(const uint64_t changed, import_services(work, into.key, services));
    SATCHEL_TRY(work.commit());
    return changed;
  }

  Result<> backup(const std::string& to_path) override { return backup_centre(*centre_, to_path); }
  Result<> verify() override { return verify_database(centre_->db()); }

  Result<std::vector<Devices>> devices(const std::string& organisation) override {
    SATCHEL_ASSIGN(const int64_t org, organisation_of(organisation));
    std::vector<Devices> all;
    {
      sqlite::StatementScope select(centre_->db().prepare(
          "SELECT worker, replica, last_seen_ms FROM centre_devices WHERE org = ? AND proof != x''"
          " ORDER BY worker, replica"));
      select->bind(0, org);
      for (;;) {
        SATCHEL_ASSIGN(const bool row, select->step());
        if (!row) break;
        const auto replica = ReplicaId::from_bytes(select->blob(1));
        if (!replica) return make_error(Code::corrupt, "A device has no replica id.", "centre_devices");
        all.push_back({std::string(select->text(0)), *replica, select->int64(2), 0, {}});
      }
    }
    for (Devices& device : all) {
      SATCHEL_ASSIGN(const auto holdings, holdings_of(centre_->db(), org, device.replica));
      for (const Holding& holding : holdings) device.held.emplace_back(holding.scope, holding.position);
      device.scopes = device.held.size();
    }
    return all;
  }

  Result<std::vector<log::ScopeState>> scopes(const std::string& organisation) override {
    SATCHEL_ASSIGN(const int64_t org, organisation_of(organisation));
    return centre_->log().scopes(org);
  }

 private:
  static Error no_such_role(const std::string& role) {
    return make_error(Code::invalid, "There is no role \"" + role + "\". The roles are writer, reader and supervisor.",
                      "role");
  }

  // A worker's own papers and what is between a worker and a supervisor are nobody's to cover.
  static bool is_personal(const std::string& kind) { return kind == "self" || kind == "supervision"; }

  // Both travel to every tablet of the worker: what the codec would refuse there must not come in here.
  static Result<> check_name(const std::string& name, const char* what) {
    if (model::valid_identifier(name, model::limits::id_bytes)) return {};
    return make_error(Code::invalid, std::string("The ") + what + " must have 1 to 128 bytes of plain text.", what);
  }

  static Result<> check_words(const std::string& words, const char* what) {
    if (model::valid_utf8(words) && words.size() <= model::limits::reason_bytes) return {};
    return make_error(Code::invalid, std::string("The ") + what + " must be text of at most 4096 bytes.", what);
  }

  Event event_on(Event::Kind kind, const std::string& organisation, const std::string& worker) {
    Event event;
    event.kind = kind;
    event.at_ms = centre_->clock().wall_ms();
    event.organisation = organisation;
    event.worker = worker;
    return event;
  }

  Result<int64_t> organisation_of(const std::string& name) {
    SATCHEL_ASSIGN(const auto org, find_organisation(centre_->db(), name));
    if (!org) return make_error(Code::not_found, "There is no organisation \"" + name + "\" here.", "organisation");
    return *org;
  }

  Result<log::ScopeState> scope_of(const std::string& organisation, const ScopeId& scope) {
    SATCHEL_ASSIGN(const int64_t org, organisation_of(organisation));
    SATCHEL_ASSIGN(auto state, centre_->log().find_scope(org, scope));
    if (!state) return make_error(Code::not_found, "This organisation has no scope " + scope.text() + ".", "scope");
    return std::move(*state);
  }

  Result<> check_new_scope(const std::string& organisation, const std::string& kind, const ScopeId& parent) {
    const auto known = centre_->schema().scopes().find(kind);
    if (known == centre_->schema().scopes().end()) {
      return make_error(Code::invalid, "The schema has no kind of scope \"" + kind + "\".", "kind");
    }
    if (parent.is_nil()) return {};
    SATCHEL_ASSIGN(const log::ScopeState above, scope_of(organisation, parent));
    if (!known->second.parent.empty() && known->second.parent != above.kind) {
      return make_error(Code::invalid, "The parent of a " + kind + " must be a " + known->second.parent + ".",
                        "parent");
    }
    return {};
  }

  Result<Quarantined> waiting_item(int64_t org, const model::TransactionId& id) {
    SATCHEL_ASSIGN(auto item, find_quarantined(centre_->db(), org, id));
    if (!item) return make_error(Code::not_found, "There is no such item in quarantine.", "id");
    if (item->state == Quarantined::State::stands) {
      return make_error(Code::invalid, "Its author has written this again, and it stands.", "id");
    }
    if (item->state != Quarantined::State::waiting) {
      return make_error(Code::invalid,
                        item->state == Quarantined::State::released ? "This item was released before."
                                                                    : "This item was refused before.",
                        "id");
    }
    return std::move(*item);
  }

  Result<> decide(Work& work, const std::string& organisation, const model::TransactionId& id, Quarantined::State state,
                  const std::string& words) {
    Event event = event_on(Event::Kind::decision, organisation, "");
    event.scope = id.scope;
    event.replica = id.replica;
    event.counter = id.counter;
    event.state = static_cast<int64_t>(state);
    event.words = words;
    return work.record(event);
  }

  std::unique_ptr<Centre> centre_;
};

}  // namespace

Result<std::unique_ptr<Admin>> Admin::open(const ServiceOptions& options, model::Schema schema, const Clock& clock,
                                           Random& random, Logger& logger) {
  SATCHEL_ASSIGN(auto centre, Centre::open(options, std::move(schema), clock, random, logger));
  return std::unique_ptr<Admin>(std::make_unique<AdminImpl>(std::move(centre)));
}

}  // namespace satchel::server

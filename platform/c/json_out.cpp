#include "platform/c/json_out.hpp"

#include <nlohmann/json.hpp>

#include "core/merge/resolve.hpp"
#include "core/merge/submit.hpp"
#include "core/merge/text/utf.hpp"
#include "core/query/field_json.hpp"

namespace satchel::abi {
namespace {

using nlohmann::json;

json instant_or_null(int64_t wall_ms) { return wall_ms == 0 ? json() : json(format_instant(wall_ms)); }

const char* author_name(model::Author author) {
  switch (author) {
    case model::Author::worker: return "worker";
    case model::Author::centre: return "centre";
    case model::Author::rule: return "rule";
  }
  return "unknown";
}

const char* action_name(model::Action action) {
  switch (action) {
    case model::Action::create: return "create";
    case model::Action::void_: return "void";
    case model::Action::restore: return "restore";
    case model::Action::assign: return "set";
    case model::Action::add: return "add";
    case model::Action::remove: return "remove";
    case model::Action::edit: return "edit";
    case model::Action::submit: return "submit";
  }
  return "unknown";
}

const char* phase_name(sync::Phase phase) {
  switch (phase) {
    case sync::Phase::stopped: return "stopped";
    case sync::Phase::idle: return "idle";
    case sync::Phase::signing_in: return "signing_in";
    case sync::Phase::syncing: return "syncing";
    case sync::Phase::connected: return "connected";
    case sync::Phase::waiting_to_retry: return "waiting_to_retry";
    case sync::Phase::offline: return "offline";
    case sync::Phase::needs_sign_in: return "needs_sign_in";
    case sync::Phase::blocked: return "blocked";
  }
  return "unknown";
}

void write_received(JsonWriter& out, int64_t received_ms) {
  if (received_ms == 0) return out.nothing();
  out.text(format_instant(received_ms));
}

void write(JsonWriter& out, const merge::Head& head) {
  out.open('{');
  out.name("at").text(format_instant(head.wall_ms));
  out.name("author").text(author_name(head.author));
  out.name("by").text(head.worker);
  out.name("counter").number(head.counter);
  if (!head.reason.empty()) out.name("reason").text(head.reason);
  write_received(out.name("received"), head.received_ms);
  out.name("replica").text(head.replica.text());
  out.name("value").value(head.value);
  out.close('}');
}

void write(JsonWriter& out, const std::vector<merge::Head>& heads) {
  out.open('[');
  for (const merge::Head& head : heads) write(out, head);
  out.close(']');
}

// Where in the text that stands, in UTF-16 code units.
void write_sentences(JsonWriter& out, const merge::Conflict& conflict) {
  const auto value = proto::decode_value(conflict.standing.front().value);
  const auto* text = value.ok() ? std::get_if<std::string>(&*value) : nullptr;
  const auto unit = [&](size_t scalar) { return text == nullptr ? 0 : merge::text::utf16_from_scalar(*text, scalar); };
  out.open('[');
  for (const auto& sentence : conflict.sentences) {
    const size_t from = unit(sentence.from);
    out.open('{');
    out.name("by").open('[');
    for (const std::string& worker : sentence.workers) out.text(worker);
    out.close(']');
    out.name("count").number(unit(size_t{sentence.from} + sentence.count) - from);
    out.name("from").number(from);
    out.close('}');
  }
  out.close(']');
}

// `entry`: what the inbox says besides; of a record's own conflicts everybody knows it.
void write(JsonWriter& out, const merge::Conflict& conflict, merge::Language language,
           const store::InboxEntry* entry = nullptr) {
  out.open('{');
  if (entry != nullptr) out.name("collection").text(entry->record.collection);
  out.name("decide").flag(conflict.decide);
  if (!conflict.element.empty()) out.name("element").text(conflict.element);
  if (!conflict.field.empty()) out.name("field").text(conflict.field);
  write(out.name("others"), conflict.others);
  if (!conflict.part.empty()) out.name("part").text(conflict.part);
  if (entry != nullptr) out.name("record").text(entry->record.record.text());
  out.name("rule").text(merge::rule_name(conflict.rule));
  if (entry != nullptr) out.name("scope").text(entry->scope.text());
  if (!conflict.sentences.empty()) write_sentences(out.name("sentences"), conflict);
  write(out.name("standing"), conflict.standing);
  out.name("words").text(merge::rule_words(conflict.rule, language));
  out.close('}');
}

json fields_json(const store::Record& record, const model::Schema& schema) {
  json fields = json::object();
  for (const merge::FieldState& state : record.state.fields) {
    // What a newer app added is kept, and not shown by an app that has no word for it.
    const model::Field* field = schema.field(record.key.collection, state.name);
    if (field == nullptr) continue;
    // Two kinds on one name: what this schema declares is the field, the other was written under another schema.
    if (field->kind != state.kind && record.state.field(state.name, field->kind) != nullptr) continue;
    fields[state.name] = query::field_json(state, field);
  }
  return fields;
}

// Which texts were sent in, by whom and when.
json submitted_json(const store::Record& record, const model::Collection* collection) {
  json out = json::object();
  for (const merge::FieldState& state : record.state.fields) {
    const merge::Head* head = merge::standing_submit(state);
    if (head == nullptr || collection == nullptr || collection->fields.count(state.name) == 0) continue;
    out[state.name] = {{"by", head->worker},
                       {"at", format_instant(head->wall_ms)},
                       {"received", instant_or_null(head->received_ms)}};
  }
  return out;
}

}  // namespace

void write(JsonWriter& out, const store::Record& record, const model::Schema& schema, merge::Language language) {
  const model::Collection* collection = schema.collection(record.key.collection);
  out.open('{');
  out.name("collection").text(record.key.collection);
  out.name("conflicts").open('[');
  for (const merge::Conflict& conflict : merge::conflicts(record.state, collection)) write(out, conflict, language);
  out.close(']');
  out.name("fields").any(fields_json(record, schema));
  out.name("id").text(record.key.record.text());
  out.name("scope").text(record.scope.text());
  out.name("submitted").any(submitted_json(record, collection));
  out.name("unsent").flag(record.unsent);
  out.name("void").flag(!record.state.present());
  out.close('}');
}

void write(JsonWriter& out, const store::InboxEntry& entry, merge::Language language) {
  write(out, entry.conflict, language, &entry);
}

std::string inbox_json(const std::vector<store::InboxEntry>& inbox, const store::ReadToken& token,
                       merge::Language language) {
  JsonWriter out;
  out.open('{');
  out.name("conflicts").open('[');
  for (const store::InboxEntry& entry : inbox) write(out, entry, language);
  out.close(']');
  out.name("token").text(token);
  out.close('}');
  return out.take();
}

json to_json(const store::ScopeInfo& scope) {
  return {{"id", scope.id.text()},
          {"kind", scope.kind},
          {"role", scope.role},
          {"label", scope.label},
          {"parent", scope.parent.is_nil() ? json() : json(scope.parent.text())},
          {"position", scope.position},
          {"head", scope.head},
          {"complete", scope.complete},
          {"withdrawn", scope.withdrawn},
          {"unfit", scope.unfit},
          {"keeps_history", scope.keeps_history},
          {"history_from", scope.history_from},
          {"log_digest", to_hex(scope.log_digest.view())},
          {"state_digest", to_hex(scope.state_digest.view())}};
}

json to_json(const store::SetAside& transaction) {
  json changes = json::array();
  for (const model::Op& op : transaction.ops) {
    json change = {{"action", action_name(op.action)}, {"collection", op.collection}, {"record", op.record.text()}};
    if (!op.field.empty()) change["field"] = op.field;
    if (!op.element.empty()) change["element"] = op.element;
    if (!op.part.empty()) change["part"] = op.part;
    if (!op.value.empty()) change["value"] = query::value_json(op.value);
    if (!op.reason.empty()) change["reason"] = op.reason;
    changes.push_back(std::move(change));
  }
  return {{"scope", transaction.id.scope.text()},
          {"replica", transaction.id.replica.text()},
          {"counter", transaction.id.counter},
          {"reason", transaction.reason},
          {"at", format_instant(transaction.written_ms)},
          {"waiting", transaction.waiting},
          {"changes", std::move(changes)}};
}

json to_json(const store::FieldVersion& version, merge::Language language) {
  json out = {{"by", version.worker},
              {"author", author_name(version.author)},
              {"released", version.released},
              {"submitted", version.submitted},
              {"late", version.late},
              {"at", format_instant(version.wall_ms)},
              {"received", instant_or_null(version.received_ms)},
              {"value", version.removed ? json() : query::value_json(version.value)},
              {"removed", version.removed},
              {"settles", version.settles},
              {"stood", version.stood},
              {"rule", merge::rule_name(version.rule)},
              {"words", merge::rule_words(version.rule, language)},
              {"unsent", version.unsent},
              {"replica", version.written.replica.text()},
              {"counter", version.written.counter}};
  if (!version.element.empty()) out["element"] = version.element;
  if (!version.part.empty()) out["part"] = version.part;
  if (!version.reason.empty()) out["reason"] = version.reason;
  return out;
}

json to_json(const store::Receipt& receipt) {
  json transactions = json::array();
  for (const model::TransactionId& id : receipt.transactions) {
    transactions.push_back({{"scope", id.scope.text()}, {"replica", id.replica.text()}, {"counter", id.counter}});
  }
  return {{"token", receipt.token}, {"transactions", std::move(transactions)}};
}

json to_json(const store::VerifyReport& report) {
  return {{"scopes", report.scopes}, {"records", report.records}, {"entries", report.entries}, {"outbox", report.outbox}};
}

json to_json(const store::SearchVerdict& verdict) {
  return {{"records", verdict.records},
          {"waiting", verdict.waiting},
          {"damage", verdict.damage.empty() ? json() : json(verdict.damage)}};
}

json to_json(const store::Rescue& rescue) {
  return {{"moved_to", rescue.moved_to},
          {"salvaged", rescue.salvaged},
          {"unreadable", rescue.unreadable},
          {"notes", rescue.notes}};
}

json error_json(const std::optional<Error>& error) {
  if (!error) return {};
  return {{"code", code_name(error->code)},
          {"message", error->message},
          {"place", error->place},
          {"retryable", error->retryable}};
}

const char* end_name(sync::SyncEnd end) {
  switch (end) {
    case sync::SyncEnd::finished:
      return "finished";
    case sync::SyncEnd::out_of_time:
      return "out_of_time";
    case sync::SyncEnd::offline:
      return "offline";
    case sync::SyncEnd::needs_sign_in:
      return "needs_sign_in";
    case sync::SyncEnd::failed:
      return "failed";
  }
  return "failed";
}

json left_json(const sync::EngineStatus& status, uint64_t records) {
  return {{"words", status.words},
          {"unsent", status.store.unsent},
          {"records", records},
          {"oldest_unsent", instant_or_null(status.store.oldest_unsent_ms)},
          {"scopes_incomplete", status.store.scopes_incomplete},
          {"sealed_to_send", status.store.sealed_to_send}};
}

json to_json(const sync::EngineStatus& status, int64_t monotonic_ms, merge::Language language) {
  const store::Status& store = status.store;
  json details = json::array();
  for (const sync::StatusDetail& detail : sync::status_details(status, language)) {
    details.push_back({{"what", detail.what}, {"words", detail.words}});
  }
  const bool waiting = status.retry_at_ms != 0;
  return {{"phase", phase_name(status.phase)},
          {"words", status.words},
          {"details", std::move(details)},
          {"unsent", store.unsent},
          {"oldest_unsent", instant_or_null(store.oldest_unsent_ms)},
          {"set_aside", store.set_aside},
          {"to_decide", store.to_decide},
          {"to_know", store.to_know},
          {"scopes", store.scopes},
          {"scopes_incomplete", store.scopes_incomplete},
          {"scopes_unfit", store.scopes_unfit},
          {"sealed", store.sealed},
          {"sealed_to_send", store.sealed_to_send},
          {"last_sync", instant_or_null(store.last_sync_ms)},
          {"clock_skew_ms", store.clock_skew_ms},
          {"last_error", error_json(status.last_error)},
          {"retry_in_ms", waiting ? json(std::max<int64_t>(0, status.retry_at_ms - monotonic_ms)) : json()},
          {"progress",
           {{"sent", status.progress.sent},
            {"to_send", status.progress.to_send},
            {"received", status.progress.received},
            {"to_receive", status.progress.to_receive}}}};
}

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace satchel::abi

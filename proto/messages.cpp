// The small messages: sessions, failures, and a request of /v1/sync. answers.cpp has the answer.
#include "proto/messages.hpp"

#include "proto/message_parts.hpp"

namespace satchel::proto {
namespace {

namespace limits = model::limits;
using wire::Form;
using wire::Reader;
using wire::Writer;

// ---- cursors

void write_cursor(Writer& out, const Cursor& cursor) {
  out.id(1, cursor.scope);
  if (cursor.epoch) out.id(2, *cursor.epoch);
  out.number(3, cursor.position);
  out.number(4, cursor.own_counter);
  out.hash(5, cursor.log_digest);
  out.hash(6, cursor.state_digest);
  parts::write_history(out, 7, cursor.history);
  if (!cursor.snapshot) return;
  out.number(8, cursor.snapshot->position);
  out.bytes(9, cursor.snapshot->after.collection);
  out.id(10, cursor.snapshot->after.record);
}

Result<> read_cursor(BytesView bytes, Cursor& cursor) {
  Reader in(bytes, "Cursor", Form::any);
  SnapshotProgress snapshot;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", cursor.scope); break;
      case 2: in.id("epoch", cursor.epoch.emplace()); break;
      case 3: in.number("position", cursor.position); break;
      case 4: in.number("own_counter", cursor.own_counter, limits::counter_most); break;
      case 5: in.hash("log_digest", cursor.log_digest); break;
      case 6: in.hash("state_digest", cursor.state_digest); break;
      case 7: parts::read_history(in, "history", cursor.history); break;
      case 8: in.number("snapshot_position", snapshot.position); break;
      case 9: in.identifier("snapshot_after_collection", snapshot.after.collection, limits::name_bytes); break;
      case 10: in.id("snapshot_after_record", snapshot.after.record); break;
      default: in.skip();
    }
  }
  if (cursor.scope.is_nil()) in.fail("scope", "is missing");
  if (snapshot.after.collection.empty() != snapshot.after.record.is_nil()) {
    in.fail("snapshot_after_record", "does not name a record");
  }
  if (snapshot.position == 0 && !snapshot.after.collection.empty()) in.fail("snapshot_position", "is missing");
  if (snapshot.position != 0) cursor.snapshot = std::move(snapshot);
  return in.finish();
}

// ---- older history

void write_older_wanted(Writer& out, const OlderWanted& wanted) {
  out.id(1, wanted.scope);
  out.number(2, wanted.up_to);
  out.hash(3, wanted.log_digest);
}

Result<> read_older_wanted(BytesView bytes, OlderWanted& wanted) {
  Reader in(bytes, "OlderWanted", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", wanted.scope); break;
      case 2: in.number("up_to", wanted.up_to); break;
      case 3: in.hash("log_digest", wanted.log_digest); break;
      default: in.skip();
    }
  }
  if (wanted.scope.is_nil()) in.fail("scope", "is missing");
  if (wanted.up_to == 0) in.fail("up_to", "is missing");
  return in.finish();
}

// ---- pushes

void write_push(Writer& out, const Push& push) {
  if (push.sealed) return parts::write_sealed_entry(out, 4, *push.sealed);
  if (!push.offer) {
    out.bytes(1, push.transaction);
    return out.boolean(5, push.refused);
  }
  parts::write_entry(out, 2, push.offer->entry, EpochId{});
  out.id(3, push.offer->scope);
}

Result<> read_push(BytesView bytes, Push& push) {
  Reader in(bytes, "Push", Form::any);
  ScopeId scope;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.bytes("transaction", push.transaction, limits::transaction_bytes); break;
      case 2: {
        const BytesView offer = in.message("offer");
        if (!in.failed()) parts::read_entry(offer, in, push.offer.emplace().entry);
        break;
      }
      case 3: in.id("offer_scope", scope); break;
      case 4: parts::read_sealed_entry(in, "sealed", push.sealed.emplace()); break;
      case 5: in.boolean("refused", push.refused); break;
      default: in.skip();
    }
  }
  if (push.refused && push.transaction.empty()) in.fail("refused", "comes with a transaction only");
  const int held = int{!push.transaction.empty()} + int{push.offer.has_value()} + int{push.sealed.has_value()};
  if (held != 1) in.fail("", "must hold a transaction, an offer or a sealed entry");
  if (scope.is_nil() == push.offer.has_value()) in.fail("offer_scope", "must come with an offer");
  if (push.offer) {
    model::Entry& entry = push.offer->entry;
    push.offer->scope = entry.id.scope = scope;
    entry.position = 0;
    if (entry.envelope.epoch.is_nil() || entry.envelope.position == 0) in.fail("offer", "lacks its original place");
    if (entry.slot == model::Slot::content && entry.bytes.empty()) in.fail("offer", "lacks its transaction");
  }
  return in.finish();
}

}  // namespace

// ---- /v1/session

Bytes encode(const SessionRequest& request) {
  Writer out(request.token.size() + 80);
  out.number(1, request.protocol);
  out.id(2, request.replica);
  out.bytes(3, request.token);
  out.bytes(4, request.secret_proof);
  return out.take();
}

Result<SessionRequest> decode_session_request(BytesView bytes) {
  SessionRequest request;
  Reader in(bytes, "SessionRequest", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.number("protocol", request.protocol); break;
      case 2: in.id("replica", request.replica); break;
      case 3: in.text("token", request.token, parts::token_bytes); break;
      case 4: in.bytes("secret_proof", request.secret_proof, sizeof(Hash256)); break;
      default: in.skip();
    }
  }
  if (request.replica.is_nil()) in.fail("replica", "is missing");
  if (request.token.empty()) in.fail("token", "is missing");
  if (request.secret_proof.size() != sizeof(Hash256)) in.fail("secret_proof", "is not 32 bytes");
  SATCHEL_TRY(in.finish());
  return request;
}

Bytes encode(const SessionResponse& response) {
  Writer out(256);
  out.bytes(1, response.credential);
  out.signed_number(2, response.expires_in_ms);
  out.bytes(3, response.organisation);
  out.bytes(4, response.worker);
  out.signed_number(5, response.server_ms);
  return out.take();
}

Result<SessionResponse> decode_session_response(BytesView bytes) {
  SessionResponse response;
  Reader in(bytes, "SessionResponse", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.identifier("credential", response.credential, parts::credential_bytes); break;
      case 2: in.signed_number("expires_in_ms", response.expires_in_ms, 0, limits::time_ms_most); break;
      case 3: in.identifier("organisation", response.organisation, limits::id_bytes); break;
      case 4: in.identifier("worker", response.worker, limits::id_bytes); break;
      case 5: parts::read_time(in, "server_ms", response.server_ms); break;
      default: in.skip();
    }
  }
  if (response.credential.empty()) in.fail("credential", "is missing");
  if (response.organisation.empty()) in.fail("organisation", "is missing");
  if (response.worker.empty()) in.fail("worker", "is missing");
  SATCHEL_TRY(in.finish());
  return response;
}

// ---- failures

Bytes encode(const Failure& failure) {
  Writer out(128);
  out.bytes(1, failure.code);
  out.bytes(2, failure.message);
  out.number(3, failure.retry_after_s);
  return out.take();
}

Result<Failure> decode_failure(BytesView bytes) {
  Failure failure;
  Reader in(bytes, "Failure", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.identifier("code", failure.code, limits::name_bytes); break;
      case 2: in.text("message", failure.message, parts::words_bytes); break;
      case 3: in.number("retry_after_s", failure.retry_after_s); break;
      default: in.skip();
    }
  }
  if (failure.code.empty()) in.fail("code", "is missing");
  SATCHEL_TRY(in.finish());
  return failure;
}

// ---- what is sealed

Bytes encode(const Offer& offer) {
  Writer out(offer.entry.bytes.size() + 512);
  Push push;
  push.offer = offer;
  write_push(out, push);
  return out.take();
}

Result<Offer> decode_offer(BytesView bytes) {
  Push push;
  SATCHEL_TRY(read_push(bytes, push));
  if (push.offer) return std::move(*push.offer);
  return make_error(Code::protocol, "The message is no offer.", "Push.offer");
}

// ---- /v1/sync, request

Bytes encode(const SyncRequest& request) {
  size_t expected = 256 + request.cursors.size() * 128 + request.sealed.size() * 64;
  for (const Push& push : request.push) {
    expected += push.transaction.size() + (push.offer ? 256 : 8) + (push.sealed ? push.sealed->content.size() + 64 : 0);
  }
  Writer out(expected);
  out.number(1, request.protocol);
  out.signed_number(2, request.sent_at_ms);
  for (const Cursor& cursor : request.cursors) out.message(3, [&] { write_cursor(out, cursor); });
  out.boolean(4, request.all_cursors);
  for (const Push& push : request.push) out.message(5, [&] { write_push(out, push); });
  out.number(6, request.budget_bytes);
  out.number(7, request.wait_ms);
  for (const ScopeId& scope : request.purged) out.id(8, scope);
  out.number(9, request.schema_version);
  for (const ScopeId& scope : request.urgent) out.id(10, scope);
  out.number(11, request.grants_version);
  for (const SealedStretch& stretch : request.sealed) parts::write_sealed_stretch(out, 12, stretch);
  out.boolean(13, request.all_sealed);
  for (const OlderWanted& wanted : request.older) out.message(14, [&] { write_older_wanted(out, wanted); });
  return out.take();
}

Result<SyncRequest> decode_sync_request(BytesView bytes) {
  SyncRequest request;
  request.budget_bytes = 0;  // what is absent is 0
  Reader in(bytes, "SyncRequest", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.number("protocol", request.protocol); break;
      case 2: parts::read_time(in, "sent_at_ms", request.sent_at_ms); break;
      case 3: parts::nested_item(in, "cursors", request.cursors, limits::cursors, read_cursor); break;
      case 4: in.boolean("all_cursors", request.all_cursors); break;
      case 5: parts::nested_item(in, "push", request.push, limits::push_items, read_push); break;
      case 6: in.number("budget_bytes", request.budget_bytes); break;
      case 7: in.number("wait_ms", request.wait_ms); break;
      case 8: parts::id_item(in, "purged", request.purged); break;
      case 9: in.number("schema_version", request.schema_version); break;
      case 10: parts::id_item(in, "urgent", request.urgent); break;
      case 11: in.number("grants_version", request.grants_version); break;
      case 12: parts::nested_item(in, "sealed", request.sealed, limits::cursors, parts::read_sealed_stretch); break;
      case 13: in.boolean("all_sealed", request.all_sealed); break;
      case 14: parts::nested_item(in, "older", request.older, limits::cursors, read_older_wanted); break;
      default: in.skip();
    }
  }
  SATCHEL_TRY(in.finish());
  return request;
}

}  // namespace satchel::proto

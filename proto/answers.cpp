// The answer of /v1/sync: verdicts, pages, grants.
#include "proto/message_parts.hpp"
#include "proto/messages.hpp"

namespace satchel::proto {
namespace {

namespace limits = model::limits;
using wire::Form;
using wire::Reader;
using wire::Writer;

// ---- verdicts

void write_verdict(Writer& out, const Verdict& verdict) {
  out.id(1, verdict.id.scope);
  out.id(2, verdict.id.replica);
  out.number(3, verdict.id.counter);
  out.number(4, static_cast<uint32_t>(verdict.kind));
  out.number(5, verdict.position);
  if (verdict.envelope != model::Envelope{}) parts::write_envelope(out, 6, verdict.envelope, 0, EpochId{});
  out.bytes(7, verdict.reason);
  out.id(8, verdict.missing_replica);
  out.number(9, verdict.missing_counter);
  out.number(10, verdict.released_at);
}

Result<> read_verdict(BytesView bytes, Verdict& verdict) {
  Reader in(bytes, "Verdict", Form::any);
  bool has_kind = false;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", verdict.id.scope); break;
      case 2: in.id("replica", verdict.id.replica); break;
      case 3: in.number("counter", verdict.id.counter, limits::counter_most); break;
      case 4:
        in.enumeration("kind", verdict.kind, static_cast<uint32_t>(VerdictKind::refused_offer));
        has_kind = true;
        break;
      case 5: in.number("position", verdict.position); break;
      case 6: parts::read_envelope(in, "envelope", verdict.envelope); break;
      case 7: in.text("reason", verdict.reason, parts::words_bytes); break;
      case 8: in.id("missing_replica", verdict.missing_replica); break;
      case 9: in.number("missing_counter", verdict.missing_counter, limits::counter_most); break;
      case 10: in.number("released_at", verdict.released_at); break;
      default: in.skip();
    }
  }
  if (!has_kind) in.fail("kind", "is missing");
  if (verdict.id.scope.is_nil() || verdict.id.replica.is_nil() || verdict.id.counter == 0) {
    in.fail("", "does not name a transaction");
  }
  if (verdict.missing_replica.is_nil() != (verdict.missing_counter == 0)) in.fail("missing_replica", "is incomplete");
  return in.finish();
}

// ---- refused slots

Result<> read_slot(BytesView bytes, model::TransactionId& slot) {
  Reader in(bytes, "RefusedSlot", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", slot.scope); break;
      case 2: in.id("replica", slot.replica); break;
      case 3: in.number("counter", slot.counter, limits::counter_most); break;
      default: in.skip();
    }
  }
  if (slot.scope.is_nil() || slot.replica.is_nil() || slot.counter == 0) in.fail("", "does not name a transaction");
  return in.finish();
}

// ---- pages

void write_tail(Writer& out, const ReplicaTail& tail) {
  out.id(1, tail.replica);
  out.number(2, tail.counter);
  wire::write_version(out, 3, tail.base);
  out.fixed(4, tail.ord);
}

Result<> read_tail(BytesView bytes, ReplicaTail& tail) {
  Reader in(bytes, "ReplicaTail", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("replica", tail.replica); break;
      case 2: in.number("counter", tail.counter, limits::counter_most); break;
      case 3: {
        auto base = wire::read_version(in.message("base"), Form::any);
        if (!base.ok()) return base.error();
        tail.base = std::move(base).value();
        break;
      }
      case 4: in.fixed("ord", tail.ord); break;
      default: in.skip();
    }
  }
  if (tail.replica.is_nil() || tail.counter == 0) in.fail("", "names no replica or no counter");
  return in.finish();
}

void write_snapshot_record(Writer& out, const SnapshotRecord& record) {
  out.bytes(1, record.key.collection);
  out.id(2, record.key.record);
  out.bytes(3, record.state);
}

Result<> read_snapshot_record(BytesView bytes, SnapshotRecord& record) {
  Reader in(bytes, "SnapshotRecord", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.identifier("collection", record.key.collection, limits::name_bytes); break;
      case 2: in.id("record", record.key.record); break;
      case 3: in.bytes("state", record.state, SIZE_MAX); break;  // merged: may be larger than any one commit
      default: in.skip();
    }
  }
  if (record.key.collection.empty() || record.key.record.is_nil()) in.fail("", "does not name a record");
  return in.finish();
}

Result<> read_page_entry(BytesView bytes, model::Entry& entry) {
  Reader nothing({}, "Entry", Form::any);
  parts::read_entry(bytes, nothing, entry);
  return nothing.finish();
}

void write_page(Writer& out, const Page& page) {
  out.id(1, page.scope);
  parts::write_history(out, 2, page.history);
  out.number(3, page.rewind_to.value_or(0));
  out.boolean(4, page.rewind_to.has_value());
  out.boolean(5, page.send_history);
  out.boolean(6, page.restart);
  out.number(7, page.snapshot_position);
  for (const SnapshotRecord& record : page.snapshot) out.message(8, [&] { write_snapshot_record(out, record); });
  out.boolean(9, page.snapshot_last);
  for (const ReplicaTail& tail : page.replicas) out.message(10, [&] { write_tail(out, tail); });
  out.hash(11, page.log_digest);
  for (const model::Entry& entry : page.entries) parts::write_entry(out, 12, entry, page.epoch);
  out.number(13, page.head);
  out.number(14, page.kept_to);
  if (page.head_log_digest) out.always_bytes(15, page.head_log_digest->view());
  if (page.head_state_digest) out.always_bytes(16, page.head_state_digest->view());
  out.id(17, page.epoch);
  for (const auto& slot : page.released) out.message(18, [&] { parts::write_slot(out, slot); });
  wire::write_version(out, 19, page.snapshot_version);
}

// Fills in what entries leave out because the page says it, and checks that they are dense.
template <class PageOrOlder>
void complete_entries(Reader& in, PageOrOlder& page) {
  uint64_t expected = page.entries.empty() ? 0 : page.entries.front().position;
  for (model::Entry& entry : page.entries) {
    entry.id.scope = page.scope;
    if (entry.position == 0 || entry.position != expected++) return in.fail("entries", "are not dense by position");
    if (entry.envelope.epoch.is_nil()) entry.envelope.epoch = page.epoch;
    if (entry.envelope.position == 0) entry.envelope.position = entry.position;
    if (entry.envelope.epoch.is_nil()) return in.fail("epoch", "is missing");
  }
}

Result<> read_page(BytesView bytes, Page& page) {
  Reader in(bytes, "Page", Form::any);
  uint64_t rewind_to = 0;
  bool rewind = false;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", page.scope); break;
      case 2: parts::read_history(in, "history", page.history); break;
      case 3: in.number("rewind_to", rewind_to); break;
      case 4: in.boolean("rewind", rewind); break;
      case 5: in.boolean("send_history", page.send_history); break;
      case 6: in.boolean("restart", page.restart); break;
      case 7: in.number("snapshot_position", page.snapshot_position); break;
      case 8: parts::nested_item(in, "snapshot", page.snapshot, SIZE_MAX, read_snapshot_record); break;
      case 9: in.boolean("snapshot_last", page.snapshot_last); break;
      case 10: parts::nested_item(in, "replicas", page.replicas, limits::version_entries, read_tail); break;
      case 11: in.hash("log_digest", page.log_digest); break;
      case 12: parts::nested_item(in, "entries", page.entries, SIZE_MAX, read_page_entry); break;
      case 13: in.number("head", page.head); break;
      case 14: in.number("kept_to", page.kept_to); break;
      case 15: in.hash("head_log_digest", page.head_log_digest.emplace()); break;
      case 16: in.hash("head_state_digest", page.head_state_digest.emplace()); break;
      case 17: in.id("epoch", page.epoch); break;
      case 18: parts::nested_item(in, "released", page.released, SIZE_MAX, read_slot); break;
      case 19: {
        auto version = wire::read_version(in.message("snapshot_version"), Form::any);
        if (!version.ok()) return version.error();
        page.snapshot_version = std::move(version).value();
        break;
      }
      default: in.skip();
    }
  }
  if (page.scope.is_nil()) in.fail("scope", "is missing");
  for (const auto& slot : page.released) {
    if (slot.scope != page.scope) in.fail("released", "names another scope");
  }
  if (rewind) page.rewind_to = rewind_to;
  if (!in.failed()) complete_entries(in, page);
  return in.finish();
}

// ---- older history

void write_older_page(Writer& out, const OlderPage& page) {
  out.id(1, page.scope);
  out.id(2, page.epoch);
  for (const model::Entry& entry : page.entries) parts::write_entry(out, 3, entry, page.epoch);
  out.hash(4, page.log_digest);
}

Result<> read_older_page(BytesView bytes, OlderPage& page) {
  Reader in(bytes, "OlderPage", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", page.scope); break;
      case 2: in.id("epoch", page.epoch); break;
      case 3: parts::nested_item(in, "entries", page.entries, SIZE_MAX, read_page_entry); break;
      case 4: in.hash("log_digest", page.log_digest); break;
      default: in.skip();
    }
  }
  if (page.scope.is_nil()) in.fail("scope", "is missing");
  if (page.entries.empty()) in.fail("entries", "are missing");
  if (!in.failed()) complete_entries(in, page);
  for (const model::Entry& entry : page.entries) {
    if (entry.slot == model::Slot::content && entry.bytes.empty()) in.fail("entries", "lack a transaction");
  }
  return in.finish();
}

// ---- refused slots whose content is wanted again

// ---- grants

void write_grant(Writer& out, const Grant& grant) {
  out.id(1, grant.scope);
  out.bytes(2, grant.kind);
  out.id(3, grant.parent);
  out.bytes(4, grant.role);
  out.boolean(5, grant.withdrawn);
  out.bytes(6, grant.label);
}

Result<> read_grant(BytesView bytes, Grant& grant) {
  Reader in(bytes, "Grant", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", grant.scope); break;
      case 2: in.identifier("kind", grant.kind, limits::name_bytes); break;
      case 3: in.id("parent", grant.parent); break;
      case 4: in.identifier("role", grant.role, limits::name_bytes); break;
      case 5: in.boolean("withdrawn", grant.withdrawn); break;
      case 6: in.text("label", grant.label, parts::words_bytes); break;
      default: in.skip();
    }
  }
  if (grant.scope.is_nil()) in.fail("scope", "is missing");
  return in.finish();
}

}  // namespace

Bytes encode(const SyncResponse& response) {
  size_t expected = 256 + response.verdicts.size() * 160 + response.grants.size() * 128 +
                    (response.sealed.size() + response.sealed_verdicts.size()) * 96;
  for (const Page& page : response.pages) {
    expected += 256;
    for (const auto& record : page.snapshot) expected += record.state.size() + 96;
    for (const auto& entry : page.entries) expected += entry.bytes.size() + 200;
  }
  for (const OlderPage& page : response.older) {
    for (const auto& entry : page.entries) expected += entry.bytes.size() + 200;
  }
  Writer out(expected);
  out.number(1, response.protocol);
  out.signed_number(2, response.server_ms);
  for (const Verdict& verdict : response.verdicts) out.message(3, [&] { write_verdict(out, verdict); });
  for (const Page& page : response.pages) out.message(4, [&] { write_page(out, page); });
  for (const Grant& grant : response.grants) out.message(5, [&] { write_grant(out, grant); });
  out.number(6, response.grants_version);
  out.boolean(7, response.more);
  out.boolean(8, response.send_all_cursors);
  out.bytes(9, response.sealing_key);
  out.bytes(10, response.sealing_key_id);
  for (const SealedState& state : response.sealed) parts::write_sealed_state(out, 11, state);
  for (const SealedVerdict& verdict : response.sealed_verdicts) parts::write_sealed_verdict(out, 12, verdict);
  for (const OlderPage& page : response.older) out.message(13, [&] { write_older_page(out, page); });
  for (const auto& slot : response.content_wanted) out.message(14, [&] { parts::write_slot(out, slot); });
  return out.take();
}

Result<SyncResponse> decode_sync_response(BytesView bytes) {
  SyncResponse response;
  Reader in(bytes, "SyncResponse", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.number("protocol", response.protocol); break;
      case 2: parts::read_time(in, "server_ms", response.server_ms); break;
      case 3: parts::nested_item(in, "verdicts", response.verdicts, SIZE_MAX, read_verdict); break;
      case 4: parts::nested_item(in, "pages", response.pages, limits::cursors, read_page); break;
      case 5: parts::nested_item(in, "grants", response.grants, limits::cursors, read_grant); break;
      case 6: in.number("grants_version", response.grants_version); break;
      case 7: in.boolean("more", response.more); break;
      case 8: in.boolean("send_all_cursors", response.send_all_cursors); break;
      case 9: in.bytes("sealing_key", response.sealing_key, sealing_key_bytes); break;
      case 10: in.bytes("sealing_key_id", response.sealing_key_id, sealing_key_id_bytes); break;
      case 11: parts::nested_item(in, "sealed", response.sealed, limits::cursors, parts::read_sealed_state); break;
      case 12:
        parts::nested_item(in, "sealed_verdicts", response.sealed_verdicts, limits::push_items,
                           parts::read_sealed_verdict);
        break;
      case 13: parts::nested_item(in, "older", response.older, limits::cursors, read_older_page); break;
      case 14: parts::nested_item(in, "content_wanted", response.content_wanted, limits::push_items, read_slot); break;
      default: in.skip();
    }
  }
  const bool has_key = !response.sealing_key.empty() || !response.sealing_key_id.empty();
  if (has_key && response.sealing_key.size() != sealing_key_bytes) in.fail("sealing_key", "is not 32 bytes");
  if (has_key && response.sealing_key_id.size() != sealing_key_id_bytes) in.fail("sealing_key_id", "is not 8 bytes");
  SATCHEL_TRY(in.finish());
  return response;
}

}  // namespace satchel::proto

// What a device keeps of scopes that left it, and what the centre says to it.
#include "proto/message_parts.hpp"

namespace satchel::proto::parts {

namespace limits = model::limits;
using wire::Form;
using wire::Reader;
using wire::Writer;

void write_sealed_entry(Writer& out, uint32_t field, const SealedEntry& entry) {
  out.message(field, [&] {
    out.id(1, entry.scope);
    out.id(2, entry.epoch);
    out.number(3, entry.position);
    out.bytes(4, entry.key_id);
    out.bytes(5, entry.content);
  });
}

void read_sealed_entry(Reader& outer, std::string_view name, SealedEntry& entry) {
  const BytesView bytes = outer.message(name);
  if (outer.failed()) return;
  Reader in(bytes, "SealedEntry", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", entry.scope); break;
      case 2: in.id("epoch", entry.epoch); break;
      case 3: in.number("position", entry.position); break;
      case 4: in.bytes("key_id", entry.key_id, sealing_key_id_bytes); break;
      case 5: in.bytes("content", entry.content, sealed_bytes); break;
      default: in.skip();
    }
  }
  if (entry.scope.is_nil() || entry.epoch.is_nil() || entry.position == 0) in.fail("", "names no place");
  if (entry.key_id.size() != sealing_key_id_bytes) in.fail("key_id", "is not 8 bytes");
  if (entry.content.empty()) in.fail("content", "is missing");
  outer.adopt(in.finish());
}

void write_sealed_stretch(Writer& out, uint32_t field, const SealedStretch& stretch) {
  out.message(field, [&] {
    out.id(1, stretch.scope);
    out.id(2, stretch.epoch);
    out.number(3, stretch.first);
    out.number(4, stretch.last);
  });
}

Result<> read_sealed_stretch(BytesView bytes, SealedStretch& stretch) {
  Reader in(bytes, "SealedStretch", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", stretch.scope); break;
      case 2: in.id("epoch", stretch.epoch); break;
      case 3: in.number("first", stretch.first); break;
      case 4: in.number("last", stretch.last); break;
      default: in.skip();
    }
  }
  if (stretch.scope.is_nil() || stretch.epoch.is_nil()) in.fail("", "names no scope or no epoch");
  if (stretch.first == 0 || stretch.last < stretch.first) in.fail("first", "does not begin a stretch");
  return in.finish();
}

void write_sealed_state(Writer& out, uint32_t field, const SealedState& state) {
  out.message(field, [&] {
    out.id(1, state.scope);
    out.id(2, state.epoch);
    out.number(3, state.held_to);
    out.number(4, state.kept_to);
  });
}

Result<> read_sealed_state(BytesView bytes, SealedState& state) {
  Reader in(bytes, "SealedState", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", state.scope); break;
      case 2: in.id("epoch", state.epoch); break;
      case 3: in.number("held_to", state.held_to); break;
      case 4: in.number("kept_to", state.kept_to); break;
      default: in.skip();
    }
  }
  if (state.scope.is_nil() || state.epoch.is_nil()) in.fail("", "names no scope or no epoch");
  return in.finish();
}

void write_sealed_verdict(Writer& out, uint32_t field, const SealedVerdict& verdict) {
  out.message(field, [&] {
    out.id(1, verdict.scope);
    out.id(2, verdict.epoch);
    out.number(3, verdict.position);
    out.number(4, static_cast<uint32_t>(verdict.kind));
    out.id(5, verdict.now_epoch);
    out.number(6, verdict.now_position);
    out.bytes(7, verdict.reason);
  });
}

Result<> read_sealed_verdict(BytesView bytes, SealedVerdict& verdict) {
  Reader in(bytes, "SealedVerdict", Form::any);
  bool has_kind = false;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", verdict.scope); break;
      case 2: in.id("epoch", verdict.epoch); break;
      case 3: in.number("position", verdict.position); break;
      case 4:
        in.enumeration("kind", verdict.kind, static_cast<uint32_t>(VerdictKind::refused_offer));
        has_kind = true;
        break;
      case 5: in.id("now_epoch", verdict.now_epoch); break;
      case 6: in.number("now_position", verdict.now_position); break;
      case 7: in.text("reason", verdict.reason, words_bytes); break;
      default: in.skip();
    }
  }
  if (!has_kind) in.fail("kind", "is missing");
  if (verdict.scope.is_nil() || verdict.epoch.is_nil() || verdict.position == 0) in.fail("", "names no place");
  if (verdict.now_epoch.is_nil() != (verdict.now_position == 0)) in.fail("now_position", "is incomplete");
  const bool placed = verdict.kind == VerdictKind::accepted || verdict.kind == VerdictKind::quarantined;
  if (placed == verdict.now_epoch.is_nil()) in.fail("now_epoch", "does not go with the verdict");
  return in.finish();
}

}  // namespace satchel::proto::parts

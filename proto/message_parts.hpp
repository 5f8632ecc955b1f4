// What several messages share: history, envelopes, entries, slots. For proto/*.cpp only.
#pragma once

#include "core/model/limits.hpp"
#include "proto/messages.hpp"
#include "proto/wire.hpp"

namespace satchel::proto::parts {

inline constexpr size_t credential_bytes = 4096;
inline constexpr size_t token_bytes = 16 << 10;
inline constexpr size_t words_bytes = 4096;  // reasons, messages, labels

void write_history(wire::Writer& out, uint32_t field, const History& history);
void read_history(wire::Reader& in, std::string_view name, History& history);

// An entry names its envelope's position only when it differs from its own, and its epoch only when it differs from
// `current`. `current` nil (offers, verdicts): always both.
void write_envelope(wire::Writer& out, uint32_t field, const model::Envelope& envelope, uint64_t own_position,
                    const EpochId& current);
void read_envelope(wire::Reader& in, std::string_view name, model::Envelope& envelope);

void write_entry(wire::Writer& out, uint32_t field, const model::Entry& entry, const EpochId& current);
// Checks what an entry must and cannot have; scope, and what the envelope left out, are the caller's to fill in.
void read_entry(BytesView bytes, wire::Reader& outer, model::Entry& entry);

// Reads message T's nested bytes into `out` and hands an error up.
template <class T>
void nested(wire::Reader& outer, BytesView bytes, T& out, Result<> (*read)(BytesView, T&)) {
  if (!outer.failed()) outer.adopt(read(bytes, out));
}
// The same for one of a repeated field, after checking that there is room for it.
template <class T>
void nested_item(wire::Reader& outer, std::string_view name, std::vector<T>& out, size_t most,
                 Result<> (*read)(BytesView, T&)) {
  const BytesView bytes = outer.repeated(name);
  if (outer.failed()) return;
  if (out.size() >= most) return outer.fail(name, "are more than one message may hold");
  outer.adopt(read(bytes, out.emplace_back()));
}
template <class Tag>
void id_item(wire::Reader& in, std::string_view name, std::vector<Id<Tag>>& out) {
  Id<Tag> id;
  in.repeated_id(name, id);
  if (!in.failed()) out.push_back(id);
}

// The first three fields of everything that names a transaction.
inline void write_slot(wire::Writer& out, const model::TransactionId& slot) {
  out.id(1, slot.scope);
  out.id(2, slot.replica);
  out.number(3, slot.counter);
}

inline void read_time(wire::Reader& in, std::string_view name, int64_t& ms) {
  in.signed_number(name, ms, -model::limits::time_ms_most, model::limits::time_ms_most);
}

// ---- sealed.cpp: of scopes that left a device
void write_sealed_entry(wire::Writer& out, uint32_t field, const SealedEntry& entry);
void read_sealed_entry(wire::Reader& in, std::string_view name, SealedEntry& entry);
void write_sealed_stretch(wire::Writer& out, uint32_t field, const SealedStretch& stretch);
Result<> read_sealed_stretch(BytesView bytes, SealedStretch& stretch);
void write_sealed_state(wire::Writer& out, uint32_t field, const SealedState& state);
Result<> read_sealed_state(BytesView bytes, SealedState& state);
void write_sealed_verdict(wire::Writer& out, uint32_t field, const SealedVerdict& verdict);
Result<> read_sealed_verdict(BytesView bytes, SealedVerdict& verdict);

}  // namespace satchel::proto::parts

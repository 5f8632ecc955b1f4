#include "proto/message_parts.hpp"

namespace satchel::proto {

EpochId epoch_at(const History& history, uint64_t position) {
  EpochId found = history.empty() ? EpochId{} : history.front().epoch;
  for (const auto& item : history) {
    if (item.first_position <= position) found = item.epoch;
  }
  return found;
}

uint64_t end_of_epoch(const History& history, const EpochId& epoch, uint64_t head) {
  for (size_t i = 0; i < history.size(); ++i) {
    if (history[i].epoch != epoch) continue;
    return i + 1 < history.size() ? history[i + 1].first_position - 1 : head;
  }
  return 0;
}

}  // namespace satchel::proto

namespace satchel::proto::parts {

namespace limits = model::limits;
using wire::Form;
using wire::Reader;
using wire::Writer;

void write_history(Writer& out, uint32_t field, const History& history) {
  for (const HistoryItem& item : history) {
    out.message(field, [&] {
      out.id(1, item.epoch);
      out.number(2, item.first_position);
    });
  }
}

void read_history(Reader& outer, std::string_view name, History& history) {
  const BytesView bytes = outer.repeated(name);
  if (outer.failed()) return;
  Reader in(bytes, "HistoryItem", Form::any);
  HistoryItem item{{}, 0};
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("epoch", item.epoch); break;
      case 2: in.number("first_position", item.first_position); break;
      default: in.skip();
    }
  }
  outer.adopt(in.finish());
  if (item.epoch.is_nil() || item.first_position == 0) return outer.fail(name, "names no epoch or no position");
  if (!history.empty() && item.first_position < history.back().first_position) {
    return outer.fail(name, "is not ascending by position");
  }
  history.push_back(item);
}

void write_envelope(Writer& out, uint32_t field, const model::Envelope& envelope, uint64_t own_position,
                    const EpochId& current) {
  out.message(field, [&] {
    if (current.is_nil() || envelope.epoch != current) out.id(1, envelope.epoch);
    if (current.is_nil() || envelope.position != own_position) out.number(2, envelope.position);
    out.signed_number(3, envelope.received_ms);
    out.fixed(4, envelope.ord);
    out.id(5, envelope.mac);
  });
}

void read_envelope(Reader& outer, std::string_view name, model::Envelope& envelope) {
  const BytesView bytes = outer.message(name);
  if (outer.failed()) return;
  Reader in(bytes, "Envelope", Form::any);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("epoch", envelope.epoch); break;
      case 2: in.number("position", envelope.position); break;
      case 3: read_time(in, "received_ms", envelope.received_ms); break;
      case 4: in.fixed("ord", envelope.ord); break;
      case 5: in.id("mac", envelope.mac); break;
      default: in.skip();
    }
  }
  outer.adopt(in.finish());
}

void write_entry(Writer& out, uint32_t field, const model::Entry& entry, const EpochId& current) {
  out.message(field, [&] {
    out.number(1, entry.position);
    out.number(2, static_cast<uint32_t>(entry.slot));
    out.id(3, entry.id.replica);
    out.number(4, entry.id.counter);
    out.always_bytes(5, entry.hash.view());
    if (entry.slot != model::Slot::content) wire::write_version(out, 6, entry.base);
    write_envelope(out, 7, entry.envelope, entry.position, current);
    out.bytes(8, entry.reason);
    out.bytes(9, entry.bytes);
  });
}

void read_entry(BytesView bytes, Reader& outer, model::Entry& entry) {
  Reader in(bytes, "Entry", Form::any);
  bool has_slot = false, has_hash = false, has_envelope = false;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.number("position", entry.position); break;
      case 2:
        in.enumeration("slot", entry.slot, static_cast<uint32_t>(model::Slot::lost));
        has_slot = true;
        break;
      case 3: in.id("replica", entry.id.replica); break;
      case 4: in.number("counter", entry.id.counter, limits::counter_most); break;
      case 5:
        in.hash("hash", entry.hash);
        has_hash = true;
        break;
      case 6: {
        auto base = wire::read_version(in.message("base"), Form::any);
        if (base.ok()) {
          entry.base = std::move(base).value();
        } else {
          in.adopt(base.error());
        }
        break;
      }
      case 7:
        read_envelope(in, "envelope", entry.envelope);
        has_envelope = true;
        break;
      case 8: in.text("reason", entry.reason, words_bytes); break;
      case 9: in.bytes("transaction", entry.bytes, limits::transaction_bytes); break;
      default: in.skip();
    }
  }
  if (!has_slot || !has_hash || !has_envelope) in.fail("", "lacks its slot, hash or envelope");
  if (entry.id.replica.is_nil() || entry.id.counter == 0) in.fail("", "names no replica or no counter");
  const bool content = entry.slot == model::Slot::content;
  if (content && !entry.base.empty()) in.fail("base", "stands in the transaction");
  if (!content && !entry.bytes.empty()) in.fail("transaction", "cannot be in an empty or lost slot");
  outer.adopt(in.finish());
}

}  // namespace satchel::proto::parts

// Transactions of codec.hpp. One set of rules, check_header() and check_op(), guards both directions: whatever
// encodes, decodes.
#include <algorithm>
#include <utility>

#include "core/base/random.hpp"
#include "core/model/limits.hpp"
#include "core/model/text.hpp"
#include "proto/codec.hpp"
#include "proto/message_parts.hpp"

namespace satchel::proto {
namespace {

namespace limits = model::limits;
using model::Action;
using model::Kind;
using wire::Form;
using wire::Reader;
using wire::Writer;

constexpr size_t salt_bytes = 16;
constexpr std::string_view transaction_domain = "satchel.transaction";
constexpr std::string_view op_domain = "satchel.op";

// ---- rules

bool in_time(int64_t ms) { return ms >= -limits::time_ms_most && ms <= limits::time_ms_most; }

bool names_slot(const model::TransactionId& id) {
  return !id.scope.is_nil() && !id.replica.is_nil() && id.counter >= 1 && id.counter <= limits::counter_most;
}

bool names_releases(const std::vector<model::Version::Entry>& saw) {
  for (size_t i = 0; i < saw.size(); ++i) {
    if (saw[i].first.is_nil() || saw[i].second == 0 || saw[i].second > limits::counter_most) return false;
    if (i > 0 && saw[i] <= saw[i - 1]) return false;
  }
  return saw.size() <= limits::version_entries;
}

// The name of the header's field that breaks a rule; empty: none does.
std::string_view wrong_header_field(const model::Header& header) {
  if (!names_slot(header.id)) return "scope, replica or counter";
  if (!model::valid_identifier(header.worker, limits::id_bytes)) return "worker";
  if (header.author < model::Author::worker || header.author > model::Author::rule) return "author";
  if (!in_time(header.wall_ms)) return "wall_ms";
  if (!in_time(header.heard_ms) || header.heard_ms < 0) return "heard_ms";
  if (header.verdicts_known >= header.id.counter) return "verdicts_known";
  if (header.origin && !names_slot(header.origin->id)) return "origin";
  if (header.origin && !model::valid_identifier(header.origin->worker, limits::id_bytes)) return "origin.worker";
  if (header.origin && !names_releases(header.origin->saw)) return "origin.saw";
  if (header.opening && !model::valid_identifier(header.opening->kind, limits::name_bytes)) return "opening.kind";
  return {};
}

// Which parts may an op of this action have? Kinds of a newer app may combine them as they like.
std::string_view wrong_combination(const model::Op& op) {
  const bool of_record = op.action <= Action::restore;
  if (of_record) {
    if (op.kind != Kind::none) return "has a kind, but is about the record";
    if (!op.field.empty() || !op.element.empty() || !op.part.empty()) return "names a field, but is about the record";
    return op.value.empty() ? "" : "has a value, but is about the record";
  }
  if (op.field.empty()) return "names no field";
  if (op.kind == Kind::none) return "has no kind, but is about a field";
  if (op.kind > Kind::text) return {};
  const bool of_text = op.action == Action::edit || op.action == Action::submit;
  if (of_text != (op.kind == Kind::text)) return "edits or sends in what is no text, or does neither with a text";
  if (op.action == Action::submit && !op.value.empty()) return "sends a text in, but has a value";
  if (of_text) return op.element.empty() && op.part.empty() ? "" : "names an element, but is not about a set or list";
  if (op.action == Action::assign) {
    if (model::has_elements(op.kind)) return "assigns a set or list";
    return op.element.empty() && op.part.empty() ? "" : "names an element, but is not about a set or list";
  }
  if (!model::has_elements(op.kind)) return "adds or removes an element, but is not about a set or list";
  if (op.element.empty()) return "names no element";
  const bool bare = op.part.empty() && op.value.empty();
  return op.action != Action::remove || bare ? "" : "removes, but has a part or a value";
}

bool is_name(std::string_view text) { return text.empty() || model::valid_identifier(text, limits::name_bytes); }

Result<> check_op(const model::Op& op) {
  const auto wrong = [](std::string_view what) {
    return make_error(Code::invalid, std::string("This change ") + std::string(what) + ".");
  };
  if (op.collection.empty() || !is_name(op.collection)) return wrong("does not name its collection as it must");
  if (op.record.is_nil()) return wrong("names no record");
  if (!is_name(op.field) || !is_name(op.part)) return wrong("names its field as no field can be called");
  if (!op.element.empty() && !model::valid_identifier(op.element, limits::id_bytes)) {
    return wrong("names an element with an id that is too long or holds characters that an id cannot have");
  }
  if (op.action < Action::create || op.action > Action::submit) return wrong("has an unknown action");
  if (const auto what = wrong_combination(op); !what.empty()) return wrong(what);
  if (!model::valid_utf8(op.reason)) return wrong("has a reason that is not valid UTF-8 text");
  if (op.reason.size() > limits::reason_bytes) {
    return make_error(Code::limit, "The reason is longer than " + std::to_string(limits::reason_bytes) + " bytes.");
  }
  if (op.value.size() > limits::field_bytes) {
    return make_error(Code::limit, "A value of " + std::to_string(op.value.size()) + " bytes is larger than one save may "
                                   "bring (" + std::to_string(limits::field_bytes) + ").");
  }
  const auto value = decode_value(op.value);
  if (!value.ok()) return make_error(Code::invalid, value.error().message);
  // Every replica has to make the same text of it: edits of a newer app need a new kind.
  const bool unknown = std::holds_alternative<model::UnknownValue>(*value);
  if (op.kind == Kind::text && unknown) return wrong("has edits that this version does not know");
  if (op.kind > Kind::text || unknown) return {};
  if (std::holds_alternative<model::TextEdits>(*value) != (op.action == Action::edit)) {
    return wrong("has edits where a value belongs, or a value where edits belong");
  }
  return {};
}

std::string place_of(size_t index, const model::Op& op) {
  std::string place = "op " + std::to_string(index) + ": " + op.collection;
  if (!op.field.empty()) place.append(".").append(op.field);
  return place;
}

// ---- hashes

Hash256 hash_op(BytesView salt, BytesView op) { return Hasher(op_domain).part(salt).part(op).finish(); }

// ---- header

// The two deltas of DESIGN §2: only what base gained, and where shown lies below base.
void write_versions(Writer& out, const model::Header& header, const model::Version& previous_base) {
  std::vector<model::Version::Entry> gained, below;
  for (const auto& entry : header.base.entries()) {
    if (entry.first != header.id.replica && previous_base[entry.first] < entry.second) gained.push_back(entry);
    const uint64_t shown = header.shown[entry.first];
    if (shown < entry.second) below.emplace_back(entry.first, shown);
  }
  wire::write_entries(out, 9, gained);
  wire::write_entries(out, 10, below);
}

Bytes encode_header(const model::Header& header, const model::Version& previous_base) {
  Writer out(256);
  parts::write_slot(out, header.id);
  out.bytes(4, header.worker);
  out.number(5, static_cast<uint32_t>(header.author));
  out.signed_number(6, header.wall_ms);
  out.signed_number(7, header.heard_ms);
  out.number(8, header.schema_version);
  write_versions(out, header, previous_base);
  out.number(11, header.verdicts_known);
  out.id(12, header.group);
  if (header.origin) {
    out.message(13, [&] {
      parts::write_slot(out, header.origin->id);
      out.bytes(4, header.origin->worker);
      wire::write_entries(out, 5, header.origin->saw);
      out.boolean(6, header.origin->late);
    });
  }
  if (header.opening) {
    out.message(14, [&] {
      out.bytes(1, header.opening->kind);
      out.id(2, header.opening->parent);
    });
  }
  return out.take();
}

// As versions, but of one replica there may be several.
void read_release(Reader& from, std::vector<model::Version::Entry>& saw) {
  Reader in(from.repeated("saw"), "saw", Form::canonical);
  model::Version::Entry release{};
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("replica", release.first); break;
      case 2: in.number("counter", release.second, limits::counter_most); break;
      default: in.fail("", "holds a field that it cannot have");
    }
  }
  from.adopt(in.finish());
  saw.push_back(release);
}

void read_origin(Reader& outer, std::optional<model::Origin>& origin) {
  Reader in(outer.message("origin"), "origin", Form::canonical);
  origin.emplace();
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", origin->id.scope); break;
      case 2: in.id("replica", origin->id.replica); break;
      case 3: in.number("counter", origin->id.counter, limits::counter_most); break;
      case 4: in.identifier("worker", origin->worker, limits::id_bytes); break;
      case 5: read_release(in, origin->saw); break;
      case 6: in.boolean("late", origin->late); break;
      default: in.skip();
    }
  }
  outer.adopt(in.finish());
}

void read_opening(Reader& outer, std::optional<model::Opening>& opening) {
  Reader in(outer.message("opening"), "opening", Form::canonical);
  opening.emplace();
  while (in.next()) {
    switch (in.field()) {
      case 1: in.identifier("kind", opening->kind, limits::name_bytes); break;
      case 2: in.id("parent", opening->parent); break;
      default: in.skip();
    }
  }
  outer.adopt(in.finish());
}

Result<> decode_header(BytesView bytes, DecodedTransaction& out) {
  model::Header& header = out.transaction.header;
  header.author = model::Author{};  // must be named: no default on the wire
  Reader in(bytes, "TransactionHeader", Form::canonical);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.id("scope", header.id.scope); break;
      case 2: in.id("replica", header.id.replica); break;
      case 3: in.number("counter", header.id.counter, limits::counter_most); break;
      case 4: in.identifier("worker", header.worker, limits::id_bytes); break;
      case 5: in.enumeration("author", header.author, static_cast<uint32_t>(model::Author::rule)); break;
      case 6: in.signed_number("wall_ms", header.wall_ms); break;
      case 7: in.signed_number("heard_ms", header.heard_ms); break;
      case 8: in.number("schema_version", header.schema_version); break;
      case 9: wire::read_entry(in, "base_gained", out.base_gained, 1); break;
      case 10: wire::read_entry(in, "shown_below", out.shown_below, 0); break;
      case 11: in.number("verdicts_known", header.verdicts_known); break;
      case 12: in.id("group", header.group); break;
      case 13: read_origin(in, header.origin); break;
      case 14: read_opening(in, header.opening); break;
      default: in.skip();
    }
  }
  if (const auto field = wrong_header_field(header); !field.empty()) in.fail(field, "is missing or outside its range");
  for (const auto& [replica, counter] : out.base_gained) {
    if (replica == header.id.replica) in.fail("base_gained", "names the replica itself");
  }
  return in.finish();
}

// ---- ops

Bytes encode_op(const model::Op& op) {
  Writer out(op.value.size() + op.reason.size() + 160);
  out.bytes(1, op.collection);
  out.id(2, op.record);
  out.bytes(3, op.field);
  out.number(4, static_cast<uint32_t>(op.kind));
  out.number(5, static_cast<uint32_t>(op.action));
  out.bytes(6, op.element);
  out.bytes(7, op.part);
  out.bytes(8, op.value);
  out.bytes(9, op.reason);
  out.boolean(10, op.settles);
  return out.take();
}

Result<> decode_op(BytesView bytes, model::Op& op) {
  op.action = Action{};  // must be named: no default on the wire
  Reader in(bytes, "Op", Form::canonical);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.identifier("collection", op.collection, limits::name_bytes); break;
      case 2: in.id("record", op.record); break;
      case 3: in.identifier("field", op.field, limits::name_bytes); break;
      case 4: {
        uint32_t kind = 0;
        in.number("kind", kind);
        op.kind = static_cast<Kind>(kind);
        break;
      }
      case 5: in.enumeration("action", op.action, static_cast<uint32_t>(Action::submit)); break;
      case 6: in.identifier("element", op.element, limits::id_bytes); break;
      case 7: in.identifier("part", op.part, limits::name_bytes); break;
      case 8: in.bytes("value", op.value, limits::field_bytes); break;
      case 9: in.text("reason", op.reason, limits::reason_bytes); break;
      case 10: in.boolean("settles", op.settles); break;
      default: in.skip();
    }
  }
  SATCHEL_TRY(in.finish());
  auto checked = check_op(op);
  if (!checked.ok()) return make_error(Code::protocol, checked.error().message);
  return {};
}

struct SealedOpView {
  BytesView salt, op, hash;
};

// Either {salt, op} or, once erased, {hash}: nothing else, so that no byte escapes the content hash.
Result<SealedOpView> read_sealed_op(BytesView bytes) {
  SealedOpView sealed;
  Reader in(bytes, "SealedOp", Form::canonical);
  while (in.next()) {
    switch (in.field()) {
      case 1: in.bytes("salt", sealed.salt, salt_bytes); break;
      case 2: in.bytes("op", sealed.op, limits::transaction_bytes); break;
      case 3: in.bytes("hash", sealed.hash, sizeof(Hash256)); break;
      default: in.fail("", "holds a field that it cannot have");
    }
  }
  const bool whole = sealed.salt.size() == salt_bytes && !sealed.op.empty() && sealed.hash.empty();
  const bool erased = sealed.salt.empty() && sealed.op.empty() && sealed.hash.size() == sizeof(Hash256);
  if (!whole && !erased) in.fail("", "is neither a salt with an op nor the hash of an erased one");
  SATCHEL_TRY(in.finish());
  return sealed;
}

Result<> add_op(const SealedOpView& sealed, DecodedTransaction& out, Hasher& content) {
  model::Op& op = out.transaction.ops.emplace_back();
  out.erased.push_back(sealed.op.empty());
  if (sealed.op.empty()) {
    content.part(sealed.hash);
    return {};
  }
  content.part(hash_op(sealed.salt, sealed.op).view());
  auto decoded = decode_op(sealed.op, op);
  if (decoded.ok()) return {};
  return make_error(Code::protocol, decoded.error().message, place_of(out.erased.size() - 1, op));
}

Error too_large() {
  return make_error(Code::limit, "This is more than one save may hold (" + std::to_string(limits::transaction_bytes) +
                                     " bytes). Save it in smaller parts.");
}

}  // namespace

Result<EncodedTransaction> encode_transaction(std::string_view organisation, const model::Transaction& transaction,
                                              const model::Version& previous_base, Random& random) {
  const model::Header& header = transaction.header;
  SATCHEL_CHECK(header.base[header.id.replica] + 1 == header.id.counter);
  SATCHEL_CHECK(header.base.includes(header.shown));
  SATCHEL_CHECK(header.base.includes(previous_base));
  if (const auto field = wrong_header_field(header); !field.empty()) {
    return make_error(Code::invalid, "The transaction's " + std::string(field) + " is missing or outside its range.",
                      "header");
  }
  if (transaction.ops.size() > limits::ops_per_transaction) {
    return make_error(Code::limit, "One save may hold at most " + std::to_string(limits::ops_per_transaction) +
                                       " changes. Save in smaller parts.");
  }
  if (header.base.entries().size() > limits::version_entries) {
    return make_error(Code::limit, "Too many devices have written here.", "header");
  }
  const Bytes header_bytes = encode_header(header, previous_base);
  Hasher content(transaction_domain);
  content.part(organisation).part(header_bytes);
  size_t expected = header_bytes.size() + 8;
  for (const model::Op& op : transaction.ops) expected += op.value.size() + op.reason.size() + 256;
  Writer out(std::min(expected, limits::transaction_bytes));
  out.always_bytes(1, header_bytes);
  Bytes salts(transaction.ops.size() * salt_bytes, '\0');
  random.fill(salts.data(), salts.size());
  for (size_t i = 0; i < transaction.ops.size(); ++i) {
    const model::Op& op = transaction.ops[i];
    const BytesView salt = BytesView(salts).substr(i * salt_bytes, salt_bytes);
    auto checked = check_op(op);
    if (!checked.ok()) return make_error(checked.error().code, checked.error().message, place_of(i, op));
    const Bytes op_bytes = encode_op(op);
    content.part(hash_op(salt, op_bytes).view());
    out.message(2, [&] {
      out.always_bytes(1, salt);
      out.always_bytes(2, op_bytes);
    });
    if (out.size() > limits::transaction_bytes) return too_large();
  }
  return EncodedTransaction{out.take(), content.finish()};
}

Result<DecodedTransaction> decode_transaction(std::string_view organisation, BytesView bytes) {
  if (bytes.size() > limits::transaction_bytes) return too_large();
  DecodedTransaction out;
  Hasher content(transaction_domain);
  content.part(organisation);
  Reader in(bytes, "Transaction", Form::canonical);
  bool has_header = false;
  while (in.next()) {
    if (in.field() == 1) {
      const BytesView header = in.message("header");
      if (in.failed()) break;
      has_header = true;
      content.part(header);
      SATCHEL_TRY(decode_header(header, out));
    } else if (in.field() == 2) {
      const BytesView sealed = in.repeated("ops");
      if (in.failed()) break;
      if (out.erased.size() >= limits::ops_per_transaction) {
        return make_error(Code::limit, "Transaction.ops are more than one transaction may hold.");
      }
      SATCHEL_ASSIGN(const SealedOpView view, read_sealed_op(sealed));
      SATCHEL_TRY(add_op(view, out, content));
    } else {
      in.fail("", "holds a field that it cannot have");  // the content hash would not cover it
    }
  }
  if (!has_header) in.fail("header", "is missing");
  SATCHEL_TRY(in.finish());
  out.hash = content.finish();
  return out;
}

Result<> DecodedTransaction::complete(const model::Version& previous_base) {
  model::Header& header = transaction.header;
  model::Version base = previous_base;
  for (const auto& [replica, counter] : base_gained) {
    if (base[replica] >= counter) return make_error(Code::protocol, "TransactionHeader.base_gained does not grow.");
    base.raise(replica, counter);
  }
  base.set(header.id.replica, header.id.counter - 1);
  model::Version shown = base;
  for (const auto& [replica, counter] : shown_below) {
    // Behind a slot that was given up as lost, base is less than its author knew: shown is then all of it.
    if (counter < base[replica]) shown.set(replica, counter);
  }
  if (base.entries().size() > model::limits::version_entries) {
    return make_error(Code::limit, "Too many devices have written here.");
  }
  if (header.origin) {
    for (const auto& [replica, counter] : header.origin->saw) {
      if (!base.includes(replica, counter)) {
        return make_error(Code::protocol, "TransactionHeader.origin saw what its base does not include.");
      }
    }
  }
  header.base = std::move(base);
  header.shown = std::move(shown);
  return {};
}

}  // namespace satchel::proto

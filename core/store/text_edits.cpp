#include "core/store/text_edits.hpp"

#include <algorithm>

#include "core/base/clock.hpp"
#include "core/merge/resolve.hpp"
#include "core/merge/submit.hpp"
#include "core/merge/text/diff.hpp"
#include "core/merge/text/utf.hpp"
#include "core/model/limits.hpp"
#include "proto/codec.hpp"

namespace satchel::store {
namespace {

using model::Action;
using model::TextEdit;
namespace text = merge::text;

std::string text_shown(const model::Op& op, const merge::RecordState* state, const model::Version& shown) {
  const merge::FieldState* field = state == nullptr ? nullptr : state->field(op.field, op.kind);
  return field == nullptr ? std::string() : merge::text_at(*field, shown);
}

// Do several people's versions stand apart in what was shown? Then places would count in what nobody saw.
bool apart(const merge::FieldState& state, const model::Field& field, const model::Version& shown) {
  if (!field.between_people_keep_all) return false;
  const std::string* worker = nullptr;
  for (const merge::Head& head : state.heads) {
    if (!shown.includes(head.replica, head.counter)) continue;
    if (worker != nullptr && *worker != head.worker) return true;
    worker = &head.worker;
  }
  return false;
}

// In the eyes of whoever writes: of those who sent the text in, the first that they were shown.
const merge::Head* submit_shown(const merge::FieldState* state, const model::Version& shown) {
  if (state == nullptr) return nullptr;
  const merge::Head* first = merge::standing_submit(*state);
  if (first == nullptr || shown.includes(first->replica, first->counter)) return first;
  const auto other = std::find_if(state->submits.begin(), state->submits.end(), [&](const merge::Head& head) {
    return shown.includes(head.replica, head.counter);
  });
  return other == state->submits.end() ? nullptr : &*other;
}

// What was sent in is not changed by whoever knows. Who does not know may write: that goes into an amendment.
Result<> check_sent_in(const model::Op& op, const model::Field* field, const merge::Head* sent) {
  const std::string place = op.collection + "." + op.field;
  if (op.action == Action::submit && (field == nullptr || field->amends.empty())) {
    return make_error(Code::invalid, "\"" + op.field + "\" cannot be sent in.", place);
  }
  if (op.action == Action::submit && op.settles) {
    return sent != nullptr ? Result<>() : make_error(Code::invalid, "Nobody has sent this in yet.", place);
  }
  if (sent == nullptr) return {};
  const std::string day = format_instant(sent->wall_ms).substr(0, 10);
  std::string words = "This was sent in by " + sent->worker + " on " + day + ", so it stays as it is.";
  if (field != nullptr && !field->amends.empty()) {
    words += " Write a new " + op.collection + " with \"" + field->amends + "\" naming this one.";
  }
  return make_error(Code::invalid, std::move(words), place);
}

Error beyond(const TextEdit& edit, size_t length, const std::string& place) {
  return make_error(Code::invalid,
                    "This change of the text, at " + std::to_string(edit.at) + " over " + std::to_string(edit.removed) +
                        ", reaches beyond its end at " + std::to_string(length) + ".",
                    place);
}

Result<> check_inside(const model::TextEdits& edits, size_t length, const std::string& place) {
  for (const TextEdit& edit : edits.edits) {
    if (edit.at > length || edit.removed > length - edit.at) return beyond(edit, length, place);
    length += text::count_scalars(edit.inserted) - edit.removed;
  }
  return {};
}

// A text while edits are made on it one after the other, counted in UTF-16.
class Utf16Text {
 public:
  explicit Utf16Text(std::string utf8) : utf8_(std::move(utf8)), length_(text::utf16_length(utf8_)) {}

  Result<TextEdit> apply(const TextEdit& edit, const std::string& place) {
    if (edit.at > length_ || edit.removed > length_ - edit.at) return beyond(edit, length_, place);
    SATCHEL_ASSIGN(const size_t from, scalar(edit.at, place));
    SATCHEL_ASSIGN(const size_t to, scalar(size_t{edit.at} + edit.removed, place));
    const size_t begin = text::byte_of_scalar(utf8_, from), end = text::byte_of_scalar(utf8_, to);
    utf8_.replace(begin, end - begin, edit.inserted);
    length_ += text::utf16_length(edit.inserted) - edit.removed;
    return TextEdit{static_cast<uint32_t>(from), static_cast<uint32_t>(to - from), edit.inserted};
  }

 private:
  Result<size_t> scalar(size_t unit, const std::string& place) const {
    const size_t found = text::scalar_from_utf16(utf8_, unit);
    if (text::utf16_from_scalar(utf8_, found) == unit) return found;
    return make_error(Code::invalid,
                      "The place " + std::to_string(unit) +
                          " lies inside a character: it cuts the two halves (a surrogate pair) of it apart.",
                      place);
  }

  std::string utf8_;
  size_t length_;
};

Result<> count_scalars(model::Op& op, model::TextEdits edits, const std::string& before, const std::string& place) {
  Utf16Text now(before);
  for (TextEdit& edit : edits.edits) {
    SATCHEL_ASSIGN(edit, now.apply(edit, place));
  }
  op.value = proto::encode_value(std::move(edits));
  return {};
}

Result<> to_edits(model::Op& op, const std::string& before, const std::string& place, bool utf16) {
  auto value = proto::decode_value(op.value);
  if (!value.ok()) return make_error(Code::invalid, "The text cannot be read: " + value.error().message, place);
  if (op.action == Action::edit) {
    auto* edits = std::get_if<model::TextEdits>(&*value);
    if (edits == nullptr) return make_error(Code::invalid, "An edit says what was put in and taken out.", place);
    if (utf16) return count_scalars(op, std::move(*edits), before, place);
    return check_inside(*edits, text::count_scalars(before), place);
  }
  if (op.action != Action::assign) return make_error(Code::invalid, "A text is edited or written anew.", place);
  const auto* whole = std::get_if<std::string>(&*value);
  if (whole == nullptr && !std::holds_alternative<model::Null>(*value)) {
    return make_error(Code::invalid, place + " must be of type text.", place);
  }
  op.action = Action::edit;
  op.value = proto::encode_value(model::TextEdits{text::diff(before, whole == nullptr ? "" : *whole)});
  return {};
}

}  // namespace

Result<> make_text_edits(model::Op& op, const model::Field* field, const merge::RecordState* state,
                         const model::Version& shown, bool utf16) {
  const std::string place = op.collection + "." + op.field;
  const merge::FieldState* written = state == nullptr ? nullptr : state->field(op.field, op.kind);
  SATCHEL_TRY(check_sent_in(op, field, submit_shown(written, shown)));
  if (op.action == Action::submit) return {};
  if (op.action == Action::edit && written != nullptr && field != nullptr && apart(*written, *field, shown)) {
    return make_error(Code::invalid, "More than one person's words stand here. Write the whole text instead.", place);
  }
  SATCHEL_TRY(to_edits(op, text_shown(op, state, shown), place, utf16));
  if (op.value.size() <= model::limits::field_bytes) return {};
  return make_error(Code::limit, "This brings more into " + place + " than one save may (1 MiB). Save it in parts.", place);
}

}  // namespace satchel::store

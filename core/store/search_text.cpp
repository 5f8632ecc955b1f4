#include "core/store/search_text.hpp"

#include "core/merge/resolve.hpp"
#include "proto/codec.hpp"

namespace satchel::store {
namespace {

void add_words(std::string& text, std::string_view words) {
  if (words.empty()) return;
  if (!text.empty()) text += '\n';
  text += words;
}

void add_value(std::string& text, BytesView encoded) {
  if (encoded.empty()) return;
  const auto value = proto::decode_value(encoded);
  if (!value.ok()) return;
  if (const auto* words = std::get_if<std::string>(&*value)) add_words(text, *words);
  if (const auto* code = std::get_if<model::CodedValue>(&*value)) {
    add_words(text, code->display.empty() ? code->code : code->display);
  }
}

void add_standing(std::string& text, const merge::FieldState& state, const model::Field* field) {
  for (const merge::Head* head : merge::resolve(state, field).standing) add_value(text, head->value);
}

bool has_words(const model::Field& field) {
  if (field.kind == model::Kind::state || !field.levels.empty()) return false;
  if (model::has_elements(field.kind) && !field.parts.empty()) return true;
  return field.type == model::ValueType::text || field.type == model::ValueType::code;
}

std::string words_of(const merge::FieldState& state, const model::Field& field) {
  std::string text;
  if (!model::has_elements(field.kind)) {
    add_standing(text, state, &field);
    return text;
  }
  for (const merge::Element* element : merge::elements(state)) {
    for (const merge::FieldState& part : element->parts) {
      const bool place = field.kind == model::Kind::list && part.name == model::place_part;
      if (!place) add_standing(text, part, nullptr);
    }
  }
  return text;
}

}  // namespace

std::vector<SearchText> search_texts(const merge::RecordState& state, const model::Collection& collection) {
  std::vector<SearchText> texts;
  for (const auto& [name, field] : collection.fields) {
    if (!has_words(field)) continue;
    const merge::FieldState* written = state.field(name, field.kind);
    if (written == nullptr) continue;
    std::string words = words_of(*written, field);
    if (!words.empty()) texts.push_back({name, std::move(words), field.indexed});
  }
  return texts;
}

}  // namespace satchel::store

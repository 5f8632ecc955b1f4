#include "core/merge/text_state.hpp"

#include <optional>
#include <utility>

#include "core/base/check.hpp"
#include "core/merge/text/document.hpp"

namespace satchel::merge {

struct TextState::Content {
  std::string plain;
  Bytes history;
  std::optional<text::Document> document;
  bool ahead = false;  // the document has what the bytes do not have yet

  void write_out() {
    if (!ahead) return;
    plain = document->text();
    history = document->encode_events();
    ahead = false;
  }
};

namespace {
const std::string nothing;
}

TextState::TextState() = default;
TextState::TextState(TextState&&) noexcept = default;
TextState& TextState::operator=(TextState&&) noexcept = default;
TextState::~TextState() = default;

TextState::TextState(std::string plain, Bytes history) : content_(std::make_unique<Content>()) {
  content_->plain = std::move(plain);
  content_->history = std::move(history);
}

TextState::TextState(const TextState& other) {
  if (other.content_) *this = TextState(other.plain(), other.history());
}

TextState& TextState::operator=(const TextState& other) {
  if (this != &other) *this = TextState(other);
  return *this;
}

const std::string& TextState::plain() const {
  if (!content_) return nothing;
  content_->write_out();
  return content_->plain;
}

const Bytes& TextState::history() const {
  if (!content_) return nothing;
  content_->write_out();
  return content_->history;
}

Result<> TextState::open() const {
  if (!content_ || content_->document) return {};
  SATCHEL_ASSIGN(auto document, text::Document::decode(content_->plain, content_->history));
  content_->document = std::move(document);
  return {};
}

const text::Document* TextState::look() const {
  if (!content_ || !open().ok()) return nullptr;
  return &*content_->document;
}

text::Document& TextState::change() {
  if (!content_) {
    content_ = std::make_unique<Content>();
    content_->document.emplace();
  }
  SATCHEL_CHECK(open().ok());
  content_->ahead = true;
  return *content_->document;
}

}  // namespace satchel::merge

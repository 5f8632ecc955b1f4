// A text in a record's state: plain text and history as they rest and travel, and, once somebody merges into it or asks
// for its history, the document that they are the bytes of. The bytes are made again only when somebody asks for them,
// so a page of many edits costs what each edit costs.
#pragma once

#include <memory>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace satchel::merge {

namespace text {
class Document;
}

// A plain value: a copy is the bytes. One thread at a time, also for reading.
class TextState {
 public:
  TextState();  // nobody wrote
  TextState(std::string plain, Bytes history);
  TextState(const TextState& other);
  TextState(TextState&&) noexcept;
  TextState& operator=(const TextState& other);
  TextState& operator=(TextState&&) noexcept;
  ~TextState();

  const std::string& plain() const;  // as it stands, UTF-8
  const Bytes& history() const;      // its event graph in the form of text/encoding.cpp; empty: nobody wrote
  // Is the history one that could have been written? Code::corrupt. Holding it open costs up to eight times the text.
  Result<> open() const;
  // Null: the history cannot be read.
  const text::Document* look() const;
  // For merging. What came from outside passed open() before.
  text::Document& change();

  bool operator==(const TextState& other) const { return plain() == other.plain() && history() == other.history(); }

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace satchel::merge

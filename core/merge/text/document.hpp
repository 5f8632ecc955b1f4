// Character-level merging of one text: what several people typed without seeing each other becomes one text, equal
// everywhere, without a word lost (Eg-walker: Gentle and Kleppmann, EuroSys 2025; ids, runs and versions: graph.hpp).
//
// Kept is the plain text and the event graph. Edits that nobody raced are made on the text and noted in the graph;
// only when some edit did not see another a tracker is built, over the events since the last one that all had seen,
// and dropped when it has been quiet for a while.
//
// Owned invariant: applying the same transactions in any causal order gives the same text and, encoded, the same
// bytes. Pure: no clock, no randomness, no I/O. One thread at a time.
//
// Positions and counts are Unicode scalar values; text comes in and goes out as UTF-8, as typed (not normalised).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/merge/text/buffer.hpp"
#include "core/merge/text/graph.hpp"
#include "core/merge/text/tracker.hpp"
#include "core/model/value.hpp"

namespace satchel::merge::text {

// What a position names beyond the end is cut to the end: the same everywhere.
using Edit = model::TextEdit;

// One op on the text as it arrives. `shown` includes whatever the writer had in front of them, and only that.
struct Incoming {
  ReplicaId replica;
  uint64_t counter = 0;
  std::string_view worker;
  const model::Version* shown = nullptr;
  std::span<const Edit> edits;
  std::span<const model::Version::Entry> also = {};  // single transactions that it counts in beyond `shown`
};

class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  // ---- reading
  uint32_t length() const { return buffer_.length(); }
  char32_t at(uint32_t position) const { return buffer_.at(position); }  // 0 beyond the end
  std::string text() const { return buffer_.text(); }
  std::string text(uint32_t from, uint32_t count) const { return buffer_.text(from, count); }
  const Graph& graph() const { return graph_; }

  // ---- writing here. begin() opens a transaction; what follows belongs to it and counts in the text as it stands.
  // It ends with the next begin() or apply(). `counter` is greater than any earlier one of the replica.
  void begin(const ReplicaId& replica, uint64_t counter, std::string_view worker);
  // Code::invalid when nothing was begun, when a position is beyond the end or when the text is not UTF-8; then
  // nothing has changed.
  Result<> insert(uint32_t at, std::string_view utf8) { return replace(at, 0, utf8); }
  Result<> remove(uint32_t at, uint32_t count) { return replace(at, count, {}); }
  Result<> replace(uint32_t at, uint32_t count, std::string_view utf8);
  // "Here is the whole new text": the few edits that lead there (diff.hpp).
  Result<> whole_text(std::string_view utf8);
  // What the open transaction changed: the op that makes the same events elsewhere.
  const std::vector<Edit>& edits() const { return edits_; }
  void end();

  // ---- what others wrote, after all that it saw. `inserted` is UTF-8.
  void apply(const Incoming& incoming);
  // The same for many, faster: takes them in an order in which little has to be gone back for.
  void apply_all(std::span<const Incoming> incoming);

  // ---- the form at rest, docs/MERGE.md. `events` is canonical: equal graphs, equal bytes.
  Bytes encode_events();
  // Safe on any input: Code::corrupt for what encode_events() would not have written.
  static Result<Document> decode(std::string_view text, BytesView events);

 private:
  void take_in(const Incoming& incoming);
  bool goes_on(const Incoming& incoming) const;
  void find_parents(const Incoming& incoming);
  void take_in_tracked(const Incoming& incoming);
  void edit_plainly(const Edit& edit);
  void edit_tracked(const Edit& edit);
  bool worth_tracking();
  void note_edit(uint32_t at, uint32_t count, std::string_view utf8);
  std::u32string taken_text(uint32_t at, uint32_t count) const;

  Buffer buffer_;
  Graph graph_;
  std::vector<Edit> edits_;
  uint32_t typed_to_ = 0;  // behind the last edit's insertion
  std::unique_ptr<Tracker> tracker_;
  Frontier parents_;       // of the transaction being taken in
  struct {
    ReplicaId replica;
    uint64_t counter = 0;  // 0: none
    model::Version shown;
  } last_;                 // the transaction taken in last
  uint32_t quiet_ = 0;  // transactions since the last that needed the tracker
};

}  // namespace satchel::merge::text

// The bytes are the history of a text: refused, or canonical and safe to look at and to go on with.
#include <algorithm>
#include <cstdlib>

#include "core/merge/text/history.hpp"
#include "tests/text_support/session.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace satchel;
  using merge::text::Document;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto document = Document::decode("Some text, which the history claims to be of.", bytes);
  if (!document.ok()) return 0;
  if (document->encode_events() != bytes) std::abort();
  shared_sentences(*document);
  merge::text::History(*document).text_at({});
  const auto& writers = document->graph().replicas();  // of each, counters ascend
  if (std::find(writers.begin(), writers.end(), text_test::replica(500)) != writers.end()) return 0;
  const model::Version nothing;
  const std::vector<merge::text::Edit> edits = {{3, 4, "more"}};
  document->apply({text_test::replica(500), 1, "worker", &nothing, edits});
  return 0;
}

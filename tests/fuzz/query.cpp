// The bytes are a query as JSON: refused in words, or run on a small store, page after page. The pages hold no record
// twice, none of another collection or scope, and together as many as are counted.
#include <set>

#include "core/query/query.hpp"
#include "platform/c/json_in.hpp"
#include "tests/fuzz/small_store.hpp"

namespace {

using namespace satchel;
using fuzz::require;

// The continuation may be one that somebody made up.
void check_refused(const Error& error) {
  require(!error.message.empty() && (error.code == Code::invalid || error.code == Code::limit),
          std::string(code_name(error.code)) + ": " + error.message + " [" + error.place + "]");
}

void run(query::Query query) {
  const bool from_start = query.after.empty();
  const auto counted = query::count(fuzz::small_store().reader(), query);
  if (!counted.ok()) return check_refused(counted.error());
  std::set<RecordId> found;
  for (size_t pages = 0;; ++pages) {
    require(pages <= *counted + 1, "the pages have no end");
    const auto page = query::run(fuzz::small_store().reader(), query);
    if (!page.ok()) return check_refused(page.error());
    require(page->records.size() <= query.limit, "a page is longer than its limit");
    for (const auto& record : page->records) {
      require(record.key.collection == query.collection, "a record of another collection");
      require(!query.scope || record.scope == *query.scope, "a record of another scope");
      require(query.include_voided || record.state.present(), "a record that is not there");
      require(found.insert(record.key.record).second, "a record twice");
    }
    if (page->next.empty()) break;
    query.after = page->next;
  }
  require(!from_start || found.size() == *counted, "the pages hold more or less than is counted");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parsed = abi::parse_query({reinterpret_cast<const char*>(data), size}, fuzz::small_store().reader().schema());
  if (!parsed.ok()) {
    require(!parsed.error().message.empty(), "a query is refused without words");
    return 0;
  }
  require(!parsed->query.collection.empty(), "a query of nothing");
  run(parsed->query);
  return 0;
}

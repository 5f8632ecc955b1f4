// The bytes are a query as JSON: refused in words, or one within its limits.
#include <cstdlib>

#include "platform/c/json_in.hpp"
#include "tests/support/domain_schema.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace satchel;
  static const model::Schema schema = test::domain_schema();
  const auto parsed = abi::parse_query({reinterpret_cast<const char*>(data), size}, schema);
  if (!parsed.ok() && parsed.error().message.empty()) std::abort();
  if (parsed.ok() && parsed->query.collection.empty()) std::abort();
  return 0;
}

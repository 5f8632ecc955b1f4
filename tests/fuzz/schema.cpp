// The bytes are a schema file: refused with place and reason, or parsed the same way again.
#include "core/model/schema.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using satchel::model::Schema;
  const auto schema = Schema::parse({reinterpret_cast<const char*>(data), size});
  if (!schema.ok()) {
    if (schema.error().message.empty()) std::abort();
    return 0;
  }
  const auto again = Schema::parse(schema->source());
  if (!again.ok() || again->version() != schema->version()) std::abort();
  if (again->collections().size() != schema->collections().size()) std::abort();
  return 0;
}

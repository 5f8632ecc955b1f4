// schema/satchel-domain.json: what the records of link workers are, in tests too.
#pragma once

#include <stdexcept>
#include <string>

#include "core/base/files.hpp"
#include "core/model/schema.hpp"

namespace satchel::test {

inline std::string domain_schema_text() {
  const auto text = read_file(SATCHEL_SOURCE_DIR "/schema/satchel-domain.json");
  if (!text.ok()) throw std::runtime_error(text.error().message);
  return *text;
}

inline model::Schema domain_schema() {
  auto schema = model::Schema::parse(domain_schema_text());
  if (!schema.ok()) throw std::runtime_error(schema.error().message + " [" + schema.error().place + "]");
  return *std::move(schema);
}

}  // namespace satchel::test

// A store behind the C interface, in a folder that goes with the test.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "platform/c/include/satchel.h"
#include "tests/support/temporary_directory.hpp"

namespace test {

using satchel::test::TemporaryDirectory;

inline const char* const schema = R"({
  "version": 1,
  "scopes": {"self": {"opened_by": ["writer"]}},
  "collections": {
    "note": {
      "scopes": ["self"],
      "fields": {
        "title": {"kind": "register", "type": "text", "indexed": true},
        "body": {"kind": "keep_all", "type": "text"},
        "tags": {"kind": "set", "type": "text"},
        "story": {"kind": "text", "type": "text"},
        "report": {"kind": "text", "type": "text", "submitted": {"amends": "amends"}},
        "amends": {"kind": "register", "type": "reference", "references": "note"},
        "steps": {"kind": "list", "type": "text"},
        "visits": {"kind": "list", "parts": {"at": "date", "by": "text"}},
        "phones": {"kind": "set", "parts": {"number": "text", "use": "text"}},
        "risk": {"kind": "severity", "type": "text", "levels": ["low", "high"], "lowering_needs_reason": true},
        "due": {"kind": "register", "type": "date", "indexed": true}
      }
    }
  }
})";

inline satchel_slice slice(const std::string& text) { return {text.data(), text.size()}; }

// With SQLCipher every store of these tests is encrypted, without it none can be.
inline constexpr bool encrypted = SATCHEL_STORES_ENCRYPTED;
inline const satchel_slice key = {"a key of tests, of thirty-two b.", 32};

struct Failed {
  satchel_code code = static_cast<satchel_code>(0);  // 0: it worked
  std::string message, place;
  bool retryable = false;
};

inline Failed take(satchel_error* error) {
  if (error == nullptr) return {};
  Failed failed{satchel_error_code(error), satchel_error_message(error), satchel_error_place(error),
                satchel_error_retryable(error)};
  satchel_error_free(error);
  return failed;
}

inline void done(satchel_error* error) {
  const Failed failed = take(error);
  INFO(failed.message << " [" << failed.place << "]");
  REQUIRE(failed.code == 0);
}

inline nlohmann::json take(satchel_buffer& buffer) {
  auto parsed = nlohmann::json::parse(std::string(buffer.data, buffer.size));
  satchel_buffer_free(&buffer);
  return parsed;
}

class Opened {
 public:
  using Adjust = std::function<void(satchel_options&)>;
  explicit Opened(const std::string& path, const Adjust& adjust = {}) {
    satchel_options options = basic(path);
    if (adjust) adjust(options);
    done(satchel_open(&options, &store));
  }
  ~Opened() { satchel_error_free(satchel_close(store)); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  // The options point into the path, which has to outlive them.
  static satchel_options basic(std::string&&) = delete;
  static satchel_options basic(const std::string& path) {
    satchel_options options = {};
    options.size = sizeof options;
    options.path = slice(path);
    options.schema = satchel_text(schema);
    options.organisation = satchel_text("north");
    options.worker = satchel_text("anna");
    if (encrypted) options.key = key;
    return options;
  }

  nlohmann::json transact(const nlohmann::json& changes) {
    satchel_buffer out = {};
    const std::string text = changes.dump();
    done(satchel_transact(store, slice(text), &out));
    return take(out);
  }
  Failed refused(const nlohmann::json& changes) {
    satchel_buffer out = {};
    const std::string text = changes.dump();
    return take(satchel_transact(store, slice(text), &out));
  }
  // One note in a new scope; returns its id.
  std::string note(const nlohmann::json& fields) {
    const nlohmann::json draft = {
        {"open", {{{"kind", "self"}}}},
        {"changes", {{{"action", "create"}, {"collection", "note"}, {"fields", fields}}}}};
    return transact(draft)["records"][0];
  }
  nlohmann::json change(const std::string& record, nlohmann::json change) {
    change["collection"] = "note";
    change["record"] = record;
    return {{"changes", nlohmann::json::array({change})}};
  }
  nlohmann::json read(const std::string& record, const char* collection = "note") {
    satchel_buffer out = {};
    done(satchel_read(store, satchel_text(collection), slice(record), &out));
    return take(out);
  }
  nlohmann::json query(const nlohmann::json& query) {
    satchel_buffer out = {};
    const std::string text = query.dump();
    done(satchel_query(store, slice(text), &out));
    return take(out);
  }
  nlohmann::json ask(satchel_error* (*function)(satchel_store*, satchel_buffer*)) {
    satchel_buffer out = {};
    done(function(store, &out));
    return take(out);
  }

  satchel_store* store = nullptr;
};

}  // namespace test

// json_out: what the store and the engine hold, as docs/ABI.md writes it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/merge/words.hpp"
#include "core/query/live.hpp"
#include "core/query/query.hpp"
#include "core/store/search_index.hpp"
#include "core/store/store.hpp"
#include "platform/c/json_writer.hpp"
#include "sync/engine.hpp"

namespace satchel::abi {

// `language`: of the words about conflicts and versions.
void write(JsonWriter& out, const store::Record& record, const model::Schema& schema, merge::Language language);
void write(JsonWriter& out, const store::InboxEntry& entry, merge::Language language);
// {"token", "conflicts": [...]}
std::string inbox_json(const std::vector<store::InboxEntry>& inbox, const store::ReadToken& token,
                       merge::Language language);
// {"token", "record"}; without a record: null
std::string record_json(const store::Record* record, const store::ReadToken& token, const model::Schema& schema,
                        merge::Language language);
// {"token", "first", "removed", "moved", "inserted", "updated", "next"}
std::string difference_json(const query::Difference& difference, const store::ReadToken& token,
                            const model::Schema& schema, merge::Language language);
nlohmann::json to_json(const store::ScopeInfo& scope);
nlohmann::json to_json(const store::SetAside& transaction);
nlohmann::json to_json(const store::FieldVersion& version, merge::Language language);
nlohmann::json to_json(const store::Receipt& receipt);
nlohmann::json to_json(const store::VerifyReport& report);
nlohmann::json to_json(const store::SearchVerdict& verdict);
nlohmann::json to_json(const store::Rescue& rescue);
nlohmann::json to_json(const sync::EngineStatus& status, int64_t monotonic_ms, merge::Language language);
nlohmann::json error_json(const std::optional<Error>& error);  // null, or {"code", "message", "place", "retryable"}
// What is not at base yet; `records`: that it changes.
nlohmann::json left_json(const sync::EngineStatus& status, uint64_t records);
const char* end_name(sync::SyncEnd end);
// Text that came from outside may not be UTF-8: it is marked, not refused.
std::string dump(const nlohmann::json& json);

}  // namespace satchel::abi

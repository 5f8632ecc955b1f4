// May this transaction stand? Rights at its ord, authorship, what it builds on, and the content rules that only the
// centre can enforce. Collections, fields and kinds that the schema here does not know are let through: they come from
// a newer app. Legality of moves between labels and reasons were checked at commit (DESIGN §3) and are not again.
#pragma once

#include <optional>
#include <string>

#include "core/log/log.hpp"
#include "server/sessions.hpp"

namespace satchel::server {

using Refusal = std::optional<std::string>;  // why not, in plain words for its author; empty: it may stand

// `ms`: the transaction's ord in milliseconds.
Result<Refusal> judge(Centre& centre, const Session& session, const log::ScopeState& scope,
                      const model::Transaction& transaction, int64_t ms);

// May the worker open the scope that the header's opening names, at `ms`?
Result<Refusal> judge_opening(Centre& centre, const Session& session, const model::Header& header, int64_t ms);

}  // namespace satchel::server

// server/main: the command line of satchel-server. Each command is one function from its arguments to a Result; what
// it has to say goes to standard output, errors are printed by main.cpp, which turns them into exit codes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/model/transaction.hpp"

namespace satchel::server::cli {

inline constexpr int64_t day_ms = 86'400'000;

struct Common {
  std::string config_file;
  bool json = false;         // one JSON document on standard output
  std::string organisation;  // --org; empty: the one of the configuration
};

// ---- serve.cpp
Result<> serve(const Common& common, std::optional<uint16_t> port);

// ---- setup.cpp: before there is a centre, and to look at its set-up
struct InitArguments {
  std::string directory, schema_file, organisation;
  std::vector<std::string> hosts;  // names and addresses of the development certificate
  uint16_t port = 8443;
};
Result<> init(const Common& common, const InitArguments& arguments);
Result<> check(const Common& common, bool list_keys);
Result<> token(const Common& common, const std::string& worker, int64_t lifetime_ms);

// ---- operate.cpp: what an operator does, also while the server runs
struct GrantArguments {
  std::string worker, kind, role, label;
  std::optional<ScopeId> scope;
  ScopeId parent;
};
Result<> grant(const Common& common, const GrantArguments& arguments);
Result<> cover(const Common& common, const std::string& worker, const std::string& like, const std::string& role);
Result<> scopes(const Common& common);
Result<> withdraw(const Common& common, const std::string& worker, const ScopeId& scope);
Result<> suspend(const Common& common, const std::string& worker, std::optional<int64_t> from_ms);
Result<> reinstate(const Common& common, const std::string& worker);
Result<> quarantine_list(const Common& common);
Result<> quarantine_release(const Common& common, const model::TransactionId& id);
Result<> quarantine_refuse(const Common& common, const model::TransactionId& id, const std::string& reason);
Result<> lost(const Common& common, const model::TransactionId& id);
Result<> import_directory(const Common& common, const ScopeId& scope, const std::string& file);
Result<> devices(const Common& common);

// ---- keep.cpp: backup, restore, verify
Result<> backup(const Common& common, const std::string& to);
// The server must not be running. What was there is moved aside, never deleted.
Result<> restore(const Common& common, const std::string& from);
Result<> verify(const Common& common);
// A new key for tablets to seal to, from the next start on.
Result<> renew_sealing_key(const Common& common);

// ---- words.cpp: text of the command line
// "scope/replica/counter", as `quarantine list` prints it. Code::invalid.
Result<model::TransactionId> parse_transaction_id(const std::string& text);
std::string transaction_id_text(const model::TransactionId& id);
// "2026-11-21T14:03:00Z" or "2026-11-21" (midnight), UTC, to wall milliseconds. Code::invalid.
Result<int64_t> parse_utc(const std::string& text);
// "90s", "15m", "8h", "30d" to milliseconds. Code::invalid.
Result<int64_t> parse_duration(const std::string& text);

}  // namespace satchel::server::cli

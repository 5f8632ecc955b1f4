#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/bytes.hpp"
#include "core/base/files.hpp"
#include "server/main/operator.hpp"

namespace satchel::server::cli {
namespace {

using nlohmann::json;

void print_json(const json& document) {
  std::cout << document.dump(2, ' ', false, json::error_handler_t::replace) << "\n";
}

const char* action_word(model::Action action) {
  switch (action) {
    case model::Action::create: return "create";
    case model::Action::void_: return "void";
    case model::Action::restore: return "restore";
    case model::Action::assign: return "assign";
    case model::Action::add: return "add";
    case model::Action::remove: return "remove";
    case model::Action::edit: return "edit";
    case model::Action::submit: return "submit";
  }
  return "unknown";
}

// Which fields, not what is in them: the list is read over shoulders and pasted into tickets.
json op_json(const model::Op& op) {
  json out{{"action", action_word(op.action)}, {"collection", op.collection}, {"record", op.record.text()}};
  if (!op.field.empty()) out["field"] = op.field;
  return out;
}

std::string op_line(const model::Op& op) {
  return std::string(action_word(op.action)) + " " + op.collection + "/" + op.record.text() +
         (op.field.empty() ? "" : " " + op.field);
}

}  // namespace

Result<> grant(const Common& common, const GrantArguments& arguments) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  SATCHEL_ASSIGN(const ScopeId scope,
                 centre->admin().grant(organisation, arguments.worker, arguments.scope, arguments.kind, arguments.role,
                                       arguments.label, arguments.parent));
  if (common.json) {
    print_json({{"scope", scope.text()}, {"worker", arguments.worker}, {"role", arguments.role}});
  } else {
    std::cout << scope.text() << "\n";
  }
  return {};
}

Result<> cover(const Common& common, const std::string& worker, const std::string& like, const std::string& role) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  SATCHEL_ASSIGN(const uint64_t given, centre->admin().cover(organisation, worker, like, role));
  if (common.json) {
    print_json({{"worker", worker}, {"role", role}, {"scopes", given}});
  } else {
    std::cout << worker << " has " << given << (given == 1 ? " scope" : " scopes") << " more, those of " << like << ".\n";
  }
  return {};
}

Result<> scopes(const Common& common) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  SATCHEL_ASSIGN(const auto all, centre->admin().scopes(organisation));
  json document = json::object();
  for (const auto& scope : all) {
    document[scope.id.text()] = {{"kind", scope.kind}, {"position", scope.head}, {"kept_to", scope.kept_to},
                                 {"log_digest", to_hex(scope.log_digest.view())},
                                 {"state_digest", to_hex(scope.state_digest.view())}};
    if (!common.json) std::cout << scope.id.text() << "  " << scope.kind << "  " << scope.head << " transactions\n";
  }
  if (common.json) print_json({{"scopes", document}});
  return {};
}

Result<> withdraw(const Common& common, const std::string& worker, const ScopeId& scope) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  SATCHEL_TRY(centre->admin().withdraw(organisation, worker, scope));
  std::cout << "Withdrawn. " << worker << "'s tablets deliver what they still hold, then remove it.\n";
  return {};
}

Result<> suspend(const Common& common, const std::string& worker, std::optional<int64_t> from_ms) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  const int64_t from = from_ms.value_or(centre->clock().wall_ms());
  SATCHEL_TRY(centre->admin().suspend(organisation, worker, from));
  std::cout << "Suspended from " << format_instant(from) << ". What " << worker
            << " wrote before is still taken; what came after waits in quarantine.\n";
  return {};
}

Result<> reinstate(const Common& common, const std::string& worker) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  SATCHEL_TRY(centre->admin().reinstate(organisation, worker));
  std::cout << "Reinstated from now on. What was written in between stays in quarantine until somebody decides.\n";
  return {};
}

Result<> quarantine_list(const Common& common) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  SATCHEL_ASSIGN(const auto items, centre->admin().quarantine(organisation));
  json list = json::array();
  for (const auto& item : items) {
    const std::string id = transaction_id_text(item.id);
    if (common.json) {
      json ops = json::array();
      for (const auto& op : item.ops) ops.push_back(op_json(op));
      list.push_back({{"id", id}, {"worker", item.worker}, {"reason", item.reason},
                      {"received", format_instant(item.received_ms)}, {"ops", ops}});
      continue;
    }
    std::cout << id << "\n  from " << item.worker << ", received " << format_instant(item.received_ms) << "\n  "
              << item.reason << "\n";
    for (const auto& op : item.ops) std::cout << "    " << op_line(op) << "\n";
  }
  if (common.json) print_json(list);
  if (!common.json && items.empty()) std::cout << "Nothing is in quarantine.\n";
  return {};
}

Result<> quarantine_release(const Common& common, const model::TransactionId& id) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  SATCHEL_TRY(centre->admin().release(organisation, id));
  std::cout << "Released: it stands now, under the name of the person who wrote it.\n";
  return {};
}

Result<> quarantine_refuse(const Common& common, const model::TransactionId& id, const std::string& reason) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  SATCHEL_TRY(centre->admin().refuse(organisation, id, reason));
  std::cout << "Refused for good. Its author can still read it.\n";
  return {};
}

Result<> lost(const Common& common, const model::TransactionId& id) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  SATCHEL_TRY(centre->admin().declare_lost(organisation, id));
  std::cout << "Declared lost: what comes after it is no longer held up.\n";
  return {};
}

Result<> import_directory(const Common& common, const ScopeId& scope, const std::string& file) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  auto text = read_file(file);
  if (!text) return make_error(text.error().code, file + ": " + text.error().message, file);
  SATCHEL_ASSIGN(const uint64_t changed, centre->admin().import_directory(organisation, scope, *text));
  std::cout << "Directory taken in: " << changed << (changed == 1 ? " service" : " services") << " changed.\n";
  return {};
}

Result<> devices(const Common& common) {
  SATCHEL_ASSIGN(const auto centre, Operator::open(common));
  SATCHEL_ASSIGN(const std::string organisation, centre->organisation());
  SATCHEL_ASSIGN(const auto list, centre->admin().devices(organisation));
  json out = json::array();
  for (const auto& device : list) {
    const std::string seen = format_instant(device.last_seen_ms);
    json held = json::array();
    for (const auto& [scope, position] : device.held) held.push_back({{"scope", scope.text()}, {"position", position}});
    out.push_back({{"worker", device.worker}, {"replica", device.replica.text()}, {"last_seen", seen}, {"held", held}});
    if (common.json) continue;
    std::cout << device.replica.text() << "  " << device.worker << ", last seen " << seen << ", may hold "
              << device.scopes << (device.scopes == 1 ? " scope:" : " scopes:") << "\n";
    for (const auto& [scope, position] : device.held) {
      std::cout << "    " << scope.text() << " up to " << position << "\n";
    }
  }
  if (common.json) print_json(out);
  if (!common.json && list.empty()) std::cout << "No tablet has signed in yet.\n";
  return {};
}

}  // namespace satchel::server::cli

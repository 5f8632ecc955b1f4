// Tablets against the centre, and against one another.
#include <sstream>

#include "tests/sim/centre.hpp"
#include "tests/sim/checks.hpp"

namespace satchel::sim {
namespace {

class CheckVerify final : public Check {
 public:
  const char* name() const override { return "verify"; }
  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    for (const auto& tablet : world.tablets) {
      if (!tablet.running()) continue;
      const auto report = tablet.store->verify();
      if (!report.ok())
        wrong.push_back(tablet.name + ": " + report.error().message + " [" + report.error().place + "]");
    }
    const auto centre = world.admin().verify();
    if (!centre.ok()) wrong.push_back("centre: " + centre.error().message + " [" + centre.error().place + "]");
    return wrong;
  }
};

class CheckDigests final : public Check {
 public:
  const char* name() const override { return "digests"; }
  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    const auto scopes = world.admin().scopes(kOrganisation);
    if (!scopes.ok()) return {"the centre does not list its scopes"};
    std::map<ScopeId, log::ScopeState> at_centre;
    for (const auto& scope : *scopes) at_centre.emplace(scope.id, scope);
    for (const auto& tablet : world.tablets) {
      if (tablet.gone) continue;
      if (!tablet.running()) {
        wrong.push_back(tablet.name + " does not run");
        continue;
      }
      const auto held = tablet.reader->scopes();
      if (!held.ok()) continue;
      std::set<ScopeId> there;
      for (const auto& scope : *held) {
        there.insert(scope.id);
        const auto found = at_centre.find(scope.id);
        const std::string what = tablet.name + " in " + world.name_of_scope(scope.id) + " ";
        if (found == at_centre.end()) {
          wrong.push_back(what + "holds what the centre does not know");
        } else if (found->second.head != scope.position) {
          wrong.push_back(what + "stands at " + std::to_string(scope.position) + " of " +
                          std::to_string(found->second.head));
        } else if (found->second.log_digest != scope.log_digest) {
          wrong.push_back(what + "has another log");
        } else if (found->second.state_digest != scope.state_digest) {
          wrong.push_back(what + "has another state");
        }
      }
      for (const ScopeId& scope : world.rights->granted_to(tablet.worker)) {
        if (world.rights->now(tablet.worker, scope) != Rights::Now::granted || there.count(scope) != 0) continue;
        wrong.push_back(tablet.name + " does not hold " + world.name_of_scope(scope) + ", which is granted");
      }
    }
    return wrong;
  }
};

class CheckInbox final : public Check {
 public:
  const char* name() const override { return "inbox"; }
  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    std::map<std::pair<uint32_t, ScopeId>, std::pair<std::string, std::string>> first;  // whose, and what
    for (const auto& tablet : world.tablets) {
      if (!tablet.running()) continue;
      const auto inbox = tablet.reader->conflicts();
      const auto held = tablet.reader->scopes();
      if (!inbox.ok() || !held.ok()) continue;
      std::map<ScopeId, std::string> texts;
      for (const auto& scope : *held) texts[scope.id];
      for (const auto& entry : *inbox) texts[entry.scope] += text_of(entry) + "\n";
      for (const auto& [scope, text] : texts) {
        const auto [at, fresh] = first.try_emplace({tablet.schema().version(), scope}, tablet.name, text);
        if (fresh || at->second.second == text) continue;
        wrong.push_back(tablet.name + " and " + at->second.first + " have another inbox in " +
                        world.name_of_scope(scope));
      }
    }
    return wrong;
  }

 private:
  static std::string text_of(const store::InboxEntry& entry) {
    std::ostringstream out;
    out << entry.record.collection << "/" << entry.record.record.text() << "." << entry.conflict.field << "/"
        << entry.conflict.element << "/" << entry.conflict.part << " " << static_cast<int>(entry.conflict.rule)
        << entry.conflict.decide;
    for (const auto* heads : {&entry.conflict.standing, &entry.conflict.others}) {
      out << " |";
      for (const auto& head : *heads) {
        out << " " << head.replica.text() << ":" << head.counter << ":" << head.index << ":" << head.ord << ":"
            << head.received_ms << ":" << to_hex(head.value);
      }
    }
    return out.str();
  }
};

class CheckOutbox final : public Check {
 public:
  const char* name() const override { return "outbox"; }
  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    for (const auto& tablet : world.tablets) {
      if (!tablet.running()) continue;
      sqlite::StatementScope rows(
          tablet.reader->database().prepare("SELECT count(*), coalesce(min(state), 0) FROM outbox"));
      if (!rows->step().ok() || rows->int64(0) == 0) continue;
      wrong.push_back(tablet.name + " still has " + std::to_string(rows->int64(0)) +
                      " in its outbox (lowest state " + std::to_string(rows->int64(1)) + ")");
    }
    return wrong;
  }
};

class CheckForks final : public Check {
 public:
  const char* name() const override { return "forks"; }
  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    if (world.restores > 0) return wrong;  // it may have lost what a replica builds on
    for (const auto& tablet : world.tablets) {
      if (tablet.life > 0 || tablet.copied || tablet.forks == 0) continue;
      wrong.push_back(tablet.name + " took a new replica id although its file was neither copied nor put back");
    }
    return wrong;
  }
};

class CheckMachines final : public Check {
 public:
  const char* name() const override { return "machines"; }
  std::vector<std::string> at_rest(const AtRest& world) override {
    std::vector<std::string> wrong;
    for (const auto& tablet : world.tablets) {
      if (!tablet.faults.empty()) wrong.push_back(tablet.name + ": " + tablet.faults);
    }
    if (!world.centre_faults.empty()) wrong.push_back("centre: " + world.centre_faults);
    return wrong;
  }
};

}  // namespace

std::unique_ptr<Check> check_verify() { return std::make_unique<CheckVerify>(); }
std::unique_ptr<Check> check_digests() { return std::make_unique<CheckDigests>(); }
std::unique_ptr<Check> check_inbox() { return std::make_unique<CheckInbox>(); }
std::unique_ptr<Check> check_outbox() { return std::make_unique<CheckOutbox>(); }
std::unique_ptr<Check> check_forks() { return std::make_unique<CheckForks>(); }
std::unique_ptr<Check> check_machines() { return std::make_unique<CheckMachines>(); }

std::vector<std::unique_ptr<Check>> all_checks() {
  std::vector<std::unique_ptr<Check>> checks;
  checks.push_back(check_machines());
  checks.push_back(check_promises());
  checks.push_back(check_verify());
  checks.push_back(check_digests());
  checks.push_back(check_order());
  checks.push_back(check_rights());
  checks.push_back(check_alarms());
  checks.push_back(check_presence());
  checks.push_back(check_history());
  checks.push_back(check_headers());
  checks.push_back(check_refused());
  checks.push_back(check_forks());
  checks.push_back(check_inbox());
  checks.push_back(check_outbox());
  return checks;
}

}  // namespace satchel::sim

// What tablets of earlier versions sent, byte for byte, gets the answers it got.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/compat_support/kept_set.hpp"
#include "tests/compat_support/world.hpp"

namespace satchel::compat {
namespace {

using nlohmann::json;

std::string text(const Hash256& hash) { return to_hex(hash.view()); }

std::string text(const model::TransactionId& id) {
  return id.scope.text() + " " + id.replica.text() + " " + std::to_string(id.counter);
}

json essence(const proto::Verdict& verdict) {
  return {{"id", text(verdict.id)},
          {"kind", static_cast<int>(verdict.kind)},
          {"position", verdict.position},
          {"missing", verdict.missing_replica.text() + " " + std::to_string(verdict.missing_counter)}};
}

json essence(const model::Entry& entry) {
  return {{"position", entry.position},           {"id", text(entry.id)},      {"hash", text(entry.hash)},
          {"slot", static_cast<int>(entry.slot)}, {"ord", entry.envelope.ord}, {"with_content", !entry.bytes.empty()}};
}

json essence(const proto::Page& page) {
  json entries = json::array(), snapshot = json::array();
  for (const auto& entry : page.entries) entries.push_back(essence(entry));
  for (const auto& record : page.snapshot) snapshot.push_back({record.key.collection, record.key.record.text()});
  json out = {{"scope", page.scope.text()},
              {"head", page.head},
              {"entries", entries},
              {"snapshot", snapshot},
              {"snapshot_position", page.snapshot_position},
              {"restart", page.restart}};
  if (page.head_log_digest) out["log_digest"] = text(*page.head_log_digest);
  if (page.head_state_digest) out["state_digest"] = text(*page.head_state_digest);
  if (page.rewind_to) out["rewind_to"] = *page.rewind_to;
  return out;
}

// What has to stay as it was. Left out is what differs from day to day (the credential, times, keys, MACs and epochs)
// and whatever a later version adds.
json essence(const Exchange& exchange, const Bytes& reply, int status) {
  json out = {{"status", status}};
  if (status != 200) {
    out["failure"] = must(proto::decode_failure(reply)).code;
  } else if (exchange.path == "/v1/session") {
    const auto session = must(proto::decode_session_response(reply));
    out["worker"] = session.worker;
    out["organisation"] = session.organisation;
  } else {
    const auto answer = must(proto::decode_sync_response(reply));
    out["protocol"] = answer.protocol;
    out["more"] = answer.more;
    for (const auto& verdict : answer.verdicts) out["verdicts"].push_back(essence(verdict));
    for (const auto& page : answer.pages) out["pages"].push_back(essence(page));
    for (const auto& grant : answer.grants)
      out["grants"].push_back({grant.scope.text(), grant.kind, grant.role, grant.withdrawn, grant.label});
  }
  return out;
}

}  // namespace

TEST_CASE("the requests of a kept transcript get the answers they got") {
  for (const auto& directory : std::filesystem::directory_iterator(SATCHEL_SOURCE_DIR "/tests/compat/sets")) {
    INFO("set " << directory.path().filename().string()
                << "\nIf the format of set 0 was changed on purpose, make it anew: tools/make-compat-set.sh");
    const KeptSet set = read_set(directory.path());
    REQUIRE(set.transcript.size() > 10);
    ManualClock clock(set.transcript.front().at_ms);
    Centre centre(clock, test::domain_schema_text(), 5);
    centre.load(set.centre_before);
    must(centre.open());
    std::map<std::string, std::string> credentials;
    size_t verdicts = 0, entries = 0, number = 0;
    for (const Exchange& exchange : set.transcript) {
      INFO("exchange " << ++number << ": " << exchange.worker << " " << exchange.path);
      clock.set_wall(exchange.at_ms);
      const bool session = exchange.path == "/v1/session";
      const auto reply = centre.ask(exchange.path, session ? "" : credentials[exchange.worker], exchange.request);
      if (session && reply.status == 200) {
        credentials[exchange.worker] = "Bearer " + must(proto::decode_session_response(reply.body)).credential;
      }
      const json now = essence(exchange, reply.body, reply.status);
      const json then = essence(exchange, exchange.reply, exchange.status);
      CHECK(now == then);
      verdicts += then.contains("verdicts") ? then["verdicts"].size() : 0;
      for (const auto& page : then.value("pages", json::array())) entries += page["entries"].size();
    }
    // A transcript in which nothing happens would prove nothing.
    CHECK(verdicts > 20);
    CHECK(entries > 30);
    must(centre.admin()->verify());
  }
}

}  // namespace satchel::compat

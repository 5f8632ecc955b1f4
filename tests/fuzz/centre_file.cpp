// The files of a central store that a bad disk gives back, its keys and its ledger among them: the centre does not
// start and says why, or starts and answers; what it can no longer read is an error, never a failed check of its own. What
// verify calls whole is what was there.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "proto/messages.hpp"
#include "tests/fuzz/damage.hpp"
#include "tests/fuzz/fresh_centre.hpp"

namespace {

using namespace satchel;

fuzz::FreshCentre& centre() {
  static fuzz::FreshCentre one;
  return one;
}

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s; the centre said: %s\n", what.c_str(), centre().last_error().c_str());
  std::abort();
}

template <class T>
bool works(const Result<T>& result, const char* doing) {
  if (result.ok()) return true;
  const Error& error = result.error();
  static constexpr Code clear[] = {Code::corrupt, Code::newer_format, Code::invalid, Code::not_found, Code::closed};
  const bool is_clear = std::find(std::begin(clear), std::end(clear), error.code) != std::end(clear);
  require(is_clear && !error.message.empty(), std::string(doing) + ": " + std::string(code_name(error.code)) + ": " +
                                                  error.message + " [" + error.place + "]");
  return false;
}

// A first sync of everything, and something new. 500: it says that it cannot.
void ask() {
  const auto& known = centre().known();
  proto::SyncRequest sync;
  sync.all_cursors = true;
  sync.push.push_back({centre().note(known.scopes[0], known.records[3]), std::nullopt});
  sync.older.push_back({known.scopes[0], 1, {}});
  proto::SessionRequest session;
  session.replica = known.replica;
  session.token = known.token;
  session.secret_proof = Bytes(32, 'p');
  for (int round = 0; round < 2; ++round) {
    const auto replies = centre().service().handle({{"/v1/session", "", encode(session)},
                                                    {"/v1/sync", "Bearer " + known.credential, encode(sync)}});
    require(replies.size() == 2, "a request has no answer");
    require(centre().last_error().rfind("check_failed", 0) != 0, "a check of the centre's own failed");
    for (const auto& reply : replies) require(!reply.body.empty(), "an answer is empty");
  }
}

void operate() {
  server::Admin& admin = centre().admin();
  works(admin.devices(fuzz::organisation), "devices");
  const auto waiting = admin.quarantine(fuzz::organisation);
  if (works(waiting, "quarantine")) {
    for (const auto& item : *waiting) works(admin.release(fuzz::organisation, item.id), "release");
  }
  works(admin.grant(fuzz::organisation, "cleo", centre().known().scopes[1], "", "writer", "", ScopeId{}), "grant");
  works(admin.backup("backup.db"), "backup");
  works(centre().service().ready(), "ready");
}

// Where the write-ahead log is damaged, SQLite takes what lies before for all there is, as after a power cut. (The centre
// begins an epoch then, and tablets give back what is missing.)
bool log_is_whole(const fuzz::FreshCentre::Files& before, const fuzz::FreshCentre::Files& now) {
  return std::all_of(before.begin(), before.end(), [&](const auto& file) {
    return !file.first.ends_with("-wal") || now.at(file.first) == file.second;
  });
}

// What was there when it was whole.
void compare() {
  const auto scopes = centre().admin().scopes(fuzz::organisation);
  const auto& before = centre().known().states;
  if (!works(scopes, "scopes")) return;
  require(scopes->size() == before.size(), "a scope is gone, and nothing says that the file is damaged");
  for (const auto& scope : *scopes) {
    const auto found = before.find(scope.id);
    require(found != before.end(), "a scope has another name, and nothing says that the file is damaged");
    const log::ScopeState& was = found->second;
    require(was.head == scope.head && was.log_digest == scope.log_digest && was.state_digest == scope.state_digest,
            "scope " + scope.id.text() + " holds something else up to " + std::to_string(scope.head) + ", not " +
                std::to_string(was.head) + ", and nothing says that the file is damaged");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  text_test::ByteChoices choices({reinterpret_cast<const char*>(data), size});
  const fuzz::FreshCentre::Files& before = centre().files(choices.below(2) == 1);
  fuzz::FreshCentre::Files files = before;
  const uint32_t asked_first = choices.below(2);
  fuzz::damage(files, choices);
  if (!works(centre().open_with(files), "open")) return 0;
  if (asked_first == 1) ask();
  const bool whole = works(centre().admin().verify(), "verify");
  if (whole && asked_first == 0 && log_is_whole(before, files) && !centre().log_set_aside()) compare();
  if (asked_first == 0) ask();
  operate();
  works(centre().restart(), "start again");
  return 0;
}

// What the benches measure: the real store and the real central store in one process, without sockets and TLS.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/store/store.hpp"
#include "tests/bench/figures.hpp"
#include "tests/support_centre/local_centre.hpp"

namespace satchel::bench {

struct Plan {
  uint64_t notes = 10'000;
  uint64_t cases = 100;             // the notes are spread over so many scopes
  uint64_t records = 27'000;        // of a caseload, at least; its cases come out of it
  uint64_t conflicts = 500;         // entries in its inbox
  uint64_t typed_notes = 200;       // that are typed in it and sent in
  std::filesystem::path directory;  // on the disk that is to be measured
};

// A bench that fails says so and ends; nothing is caught on the way.
template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " (" + result.error().place + ")");
  return std::move(result).value();
}
inline void must(Result<> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message + " (" + result.error().place + ")");
}

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Seconds that the call took, added to `total`; what it returns.
template <class F>
auto timed(double& total, F&& call) {
  const Stopwatch watch;
  auto result = call();
  total += watch.seconds();
  return result;
}

// 1 KB of invented words, of a vocabulary of 20,000 with a cubic skew: some come often, most hardly ever.
std::string note_text(uint64_t number);

struct Tablet {
  Tablet(const std::filesystem::path& path, sqlite::Durability durability, const std::string& worker);
  // One note in one commit.
  void write_note(const ScopeId& scope, uint64_t number);

  SystemClock clock;
  SystemRandom random;
  NullLogger logger;
  std::unique_ptr<store::Store> store;
};

class Centre {
 public:
  explicit Centre(const std::filesystem::path& directory);
  std::vector<ScopeId> grant_cases(const std::string& worker, uint64_t count);
  ScopeId grant(const std::string& worker, const std::string& kind, const std::string& role);  // of a new scope
  void cover(const std::string& worker, const std::string& like);  // the same cases, as a writer
  // A session for the tablet; returns its credential.
  std::string sign_in(Tablet& tablet, const std::string& worker);
  std::filesystem::path database() const { return local_.options.data_dir + "/centre.db"; }
  server::Reply ask(const std::string& path, const std::string& credential, Bytes body);

 private:
  SystemClock clock_;
  SystemRandom random_;
  NullLogger logger_;
  test::LocalCentre local_;
};

struct Exchange {
  double tablet_asks = 0, wire = 0, centre = 0, tablet_applies = 0;  // seconds; wire: codec and zstd, both sides
  uint64_t up_bytes = 0, down_bytes = 0, rounds = 0;
  std::vector<double> round_ms;
  double seconds() const { return tablet_asks + wire + centre + tablet_applies; }
};
// Syncs until nothing is left to send or to fetch.
Exchange sync(Tablet& tablet, Centre& centre, const std::string& credential);

Report commit(const Plan& plan);
Report push(const Plan& plan);
Report first_sync(const Plan& plan);
Report caseload(const Plan& plan);

}  // namespace satchel::bench

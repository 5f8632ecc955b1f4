// The stage that a scenario is played on: real stores behind the C interface, the real server::Service, and in place of
// sockets a call. Time is the scenario's. Nothing here knows what a scenario expects.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/logger.hpp"
#include "core/base/random.hpp"
#include "platform/c/include/satchel.h"
#include "tests/support_centre/local_centre.hpp"

namespace satchel::spec {

using nlohmann::json;

struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Quiet final : public Logger {
 public:
  void log(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

// What the clocks of everybody are set by: the scenario's own time, from a fixed day on.
class Time final : public Clock {
 public:
  int64_t wall_ms() const override { return wall_ms_; }
  int64_t monotonic_ms() const override { return real_.monotonic_ms(); }
  void pass(int64_t ms) { wall_ms_ += ms; }

 private:
  std::atomic<int64_t> wall_ms_{1'773'000'000'000};  // a Sunday in March 2026
  SystemClock real_;
};

class Centre {
 public:
  Centre(const std::filesystem::path& directory, const Time& time);
  std::unique_ptr<server::Admin> admin() { return local_.admin(); }
  // What a tablet asked, answered; called from the tablets' threads.
  server::Reply answer(const std::string& path, const std::string& authorization, const std::string& body);
  std::string token(const std::string& worker);
  void restart();

 private:
  SystemRandom random_;
  Quiet quiet_;
  test::LocalCentre local_;
  std::mutex mutex_;
};

class Tablet {
 public:
  Tablet(const std::filesystem::path& file, Centre& centre, const Time& time, std::string worker,
         const std::string& schema);
  ~Tablet();
  Tablet(const Tablet&) = delete;

  json transact(const json& draft);
  json settle(const json& decision);
  json read(const std::string& collection, const std::string& record);  // null: not here
  json query(const json& query);
  json conflicts();
  json scopes();
  json set_aside();
  json status();
  void sync();  // throws Failed when it did not come to its end
  void verify();

  const std::string worker;
  std::atomic<int64_t> ahead_ms{0};  // of its clock
  std::atomic<int> answers_to_lose{0};

 private:
  static int64_t wall(void* self);
  static int64_t monotonic(void* self);
  static void send(void* self, satchel_http_request* request);
  static void sign_in(void* self, satchel_token_request* request);
  json ask(satchel_error* (*function)(satchel_store*, satchel_buffer*));

  Centre& centre_;
  const Time& time_;
  satchel_store* store_ = nullptr;
};

}  // namespace satchel::spec

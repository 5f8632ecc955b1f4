// The way from many connections to the one service thread, and the place where long polls wait.
//
//   submit ──> waiting ──(all that wait, one batch)──> Service::handle ──> done
//                 ^                                        │ park_ms > 0
//                 └─ wake moved, deadline, drain, a newer request of the same session ─ parked
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/clock.hpp"
#include "core/base/logger.hpp"
#include "server/service.hpp"

namespace satchel::server::http {

struct QueueOptions {
  size_t batch_most = 64;                    // requests handed to the service at once
  size_t batch_bytes_most = 64 << 20;        // and bytes of their bodies; one request always fits
  int64_t wake_poll_ms = 20;                 // how often parked requests look for news, and at most are asked again
  int64_t park_ms_most = 240'000;            // longest wait whatever the service says
};

class ServiceQueue {
 public:
  using Done = std::function<void(Reply)>;   // exactly once, on the service thread; must not call back in here
  using Ready = std::function<void(Result<>)>;
  using Ticket = uint64_t;

  // Starts the service thread. All three are borrowed until stop() has returned.
  ServiceQueue(Service& service, const Clock& clock, Logger& logger, QueueOptions options);
  ~ServiceQueue();
  ServiceQueue(const ServiceQueue&) = delete;

  // From any thread. After stop() done gets a 503 at once.
  Ticket submit(Request request, Done done);
  void ask_ready(Ready done);                // Service::ready() on the service thread
  // Nobody waits for the answer any more: a parked request is answered and forgotten; one that waits for the service
  // or is with it is still handled, because its pushes may be new.
  void abandon(Ticket ticket);
  // From now on nothing parks: what is parked is asked a last time and answered.
  void drain();
  // drain(), answer everything that waits, end the thread.
  void stop();
  // A check of ours failed inside the service: its handle is closed, every request gets a 500. For good.
  bool failed() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace satchel::server::http

#include "server/http/service_queue.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "server/http/answer.hpp"

namespace satchel::server::http {
namespace {

struct Job {
  ServiceQueue::Ticket ticket = 0;
  Request request;
  ServiceQueue::Done done;
  int64_t ask_again_ms = 0;  // monotonic; of a parked one
  int64_t park_until_ms = 0; // monotonic; 0: has not been parked yet
  bool due = false;          // parked, and to be asked again as soon as there is room in a batch
};

Reply failure_reply(int status, std::string code, std::string message, uint32_t retry_after_s) {
  Reply reply;
  reply.status = status;
  reply.retry_after_s = retry_after_s;
  reply.body = failure_body(code, message, retry_after_s);
  return reply;
}

Reply stopping_reply() {
  return failure_reply(503, "stopping", "The central store is restarting. Please try again in a moment.", 2);
}

// Nobody reads it; 499 is what access logs commonly say of a client that left.
Reply gone_reply() {
  Reply reply;
  reply.status = 499;
  return reply;
}

Reply internal_reply() {
  return failure_reply(500, "internal", "The central store has met a mistake of its own and has stopped answering.",
                       60);
}

}  // namespace

struct ServiceQueue::Impl {
  Impl(Service& service_in, const Clock& clock_in, Logger& logger_in, QueueOptions options_in)
      : service(service_in), clock(clock_in), logger(logger_in), options(options_in) {}

  Service& service;
  const Clock& clock;
  Logger& logger;
  const QueueOptions options;

  std::mutex mutex;
  std::condition_variable news;
  std::deque<Job> waiting;           // under mutex
  std::vector<Ready> probes;         // under mutex
  std::vector<Ticket> abandoned;     // under mutex
  bool draining = false;             // under mutex
  bool stopping = false;             // under mutex
  Ticket last_ticket = 0;            // under mutex
  std::atomic<bool> failed{false};

  std::vector<Job> parked;           // service thread only, as all below
  uint64_t wake_known = 0;           // what moved up to here is known to all that are parked
  bool news_left = false;            // a batch has moved it: to be looked at as soon as next_wake_ms lets
  int64_t next_wake_ms = 0;
  bool due_left = false;             // some parked ones are due and did not fit the last batch
  std::thread thread;

  // What one turn of the service thread works on.
  struct Turn {
    std::vector<Job> batch;
    std::vector<Ready> probes;
    std::vector<Ticket> abandoned;
    bool draining = false;
    bool end = false;
  };

  void run() {
    for (;;) {
      Turn turn = next_turn();
      if (turn.end) return;
      drop_abandoned(turn.abandoned);
      for (auto& probe : turn.probes) probe(ask_ready());
      add_parked(turn);
      if (!turn.batch.empty()) handle(std::move(turn.batch), turn.draining);
    }
  }

  Turn next_turn() {
    std::unique_lock lock(mutex);
    const auto something = [this] {
      return !waiting.empty() || !probes.empty() || !abandoned.empty() || stopping || (draining && !parked.empty());
    };
    if (parked.empty()) {
      news.wait(lock, something);
    } else if (!due_left) {
      news.wait_for(lock, std::chrono::milliseconds(until_look_ms()), something);
    }
    Turn turn;
    turn.probes.swap(probes);
    turn.abandoned.swap(abandoned);
    turn.draining = draining;
    size_t bytes = 0;
    while (!waiting.empty() && turn.batch.size() < options.batch_most) {
      bytes += waiting.front().request.body.size();
      if (bytes > options.batch_bytes_most && !turn.batch.empty()) break;
      turn.batch.push_back(std::move(waiting.front()));
      waiting.pop_front();
    }
    turn.end = stopping && turn.batch.empty() && turn.probes.empty() && parked.empty();
    return turn;
  }

  // News of this process are passed on at once, but not more often than every wake_poll_ms: each time all that are
  // parked are asked. Those of other processes are only seen by looking.
  int64_t until_look_ms() const {
    if (!news_left) return options.wake_poll_ms;
    return std::clamp<int64_t>(next_wake_ms - clock.monotonic_ms(), 0, options.wake_poll_ms);
  }

  void drop_abandoned(const std::vector<Ticket>& tickets) {
    for (Ticket ticket : tickets) {
      auto found = std::find_if(parked.begin(), parked.end(), [&](const Job& job) { return job.ticket == ticket; });
      if (found == parked.end()) continue;
      found->done(gone_reply());
      parked.erase(found);
    }
  }

  // Moves the parked requests that are to be asked again into the batch, behind the fresh ones.
  void add_parked(Turn& turn) {
    due_left = false;
    if (parked.empty()) return;
    const int64_t now = clock.monotonic_ms();
    end_superseded(turn, now);
    const bool looks = now >= next_wake_ms;
    const bool moved = looks && wake_moved();
    if (looks) news_left = false;
    if (moved) next_wake_ms = now + options.wake_poll_ms;
    std::vector<Job> still;
    for (auto& job : parked) {
      job.due = job.due || turn.draining || moved || now >= job.ask_again_ms;
      const bool room = turn.batch.size() < options.batch_most;
      due_left = due_left || (job.due && !room);
      (job.due && room ? turn.batch : still).push_back(std::move(job));
    }
    parked.swap(still);
  }

  // A tablet that asks anew does not wait for its older request any more: that one is answered now, behind the new one,
  // so that its connection is free for the tablet's next request.
  void end_superseded(const Turn& turn, int64_t now) {
    for (const Job& fresh : turn.batch) {
      if (fresh.request.authorization.empty()) continue;
      for (Job& job : parked) {
        if (job.request.authorization != fresh.request.authorization) continue;
        job.due = true;
        job.park_until_ms = now;
      }
    }
  }

  // True: all that are parked are to be asked, and will then know it.
  bool wake_moved() {
    if (failed) return true;
    try {
      const uint64_t now = service.wake();
      return now != std::exchange(wake_known, now);
    } catch (const std::exception& failure) {
      fail(failure);
      return true;
    }
  }

  Result<> ask_ready() {
    if (failed) return make_error(Code::internal, "The central store has met a mistake of its own.");
    try {
      return service.ready();
    } catch (const std::exception& failure) {
      fail(failure);
      return make_error(Code::internal, "The central store has met a mistake of its own.");
    }
  }

  // The service answers 500 when a check of its own failed; it then says so to ready() for good.
  void notice_failure() {
    const Result<> ready = service.ready();
    if (!ready.ok() && (ready.error().code == Code::internal || ready.error().code == Code::closed)) failed = true;
  }

  void fail(const std::exception& failure) {
    failed = true;
    logger.log(LogLevel::error, "service_failed", {{"what", failure.what()}});
  }

  void handle(std::vector<Job> batch, bool last_time) {
    std::vector<Request> requests;
    requests.reserve(batch.size());
    for (auto& job : batch) requests.push_back(std::move(job.request));
    std::vector<Reply> replies = ask(requests);
    const int64_t now = clock.monotonic_ms();
    for (size_t i = 0; i < batch.size(); ++i) {
      Job& job = batch[i];
      if (job.park_until_ms == 0) {
        job.park_until_ms = now + std::min<int64_t>(replies[i].park_ms, options.park_ms_most);
      }
      if (replies[i].park_ms == 0 || last_time || now >= job.park_until_ms || asked_anew(requests, i)) {
        job.done(std::move(replies[i]));
        continue;
      }
      if (!requests[i].resumed) logger.log(LogLevel::debug, "parked", {{"replica", replies[i].replica}});
      job.request = std::move(requests[i]);
      job.request.resumed = true;
      job.due = false;
      job.ask_again_ms = std::min(job.park_until_ms, now + static_cast<int64_t>(replies[i].park_ms));
      parked.push_back(std::move(job));
    }
  }

  // In the same batch, behind this one, there is a newer request of its session.
  static bool asked_anew(const std::vector<Request>& requests, size_t which) {
    const std::string& session = requests[which].authorization;
    return !session.empty() && std::any_of(requests.begin() + static_cast<std::ptrdiff_t>(which) + 1, requests.end(),
                                           [&](const Request& later) {
                                             return !later.resumed && later.authorization == session;
                                           });
  }

  std::vector<Reply> ask(const std::vector<Request>& requests) {
    std::vector<Reply> replies;
    if (!failed) {
      try {
        // Before: what this very batch changes is news for those who are parked. They also know no more than that when
        // something moved since they were last looked at.
        const uint64_t before = service.wake();
        if (parked.empty()) wake_known = before;
        replies = service.handle(requests);
        news_left = news_left || service.wake() != before;
        SATCHEL_CHECK(replies.size() == requests.size());
        if (std::any_of(replies.begin(), replies.end(), [](const Reply& reply) { return reply.status == 500; })) {
          notice_failure();
        }
        return replies;
      } catch (const std::exception& failure) {
        fail(failure);
      }
    }
    replies.assign(requests.size(), internal_reply());
    return replies;
  }
};

ServiceQueue::ServiceQueue(Service& service, const Clock& clock, Logger& logger, QueueOptions options)
    : impl_(std::make_unique<Impl>(service, clock, logger, options)) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

ServiceQueue::~ServiceQueue() { stop(); }

ServiceQueue::Ticket ServiceQueue::submit(Request request, Done done) {
  {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->stopping) {
      Job job;
      job.ticket = ++impl_->last_ticket;
      job.request = std::move(request);
      job.done = std::move(done);
      impl_->waiting.push_back(std::move(job));
      impl_->news.notify_one();
      return impl_->last_ticket;
    }
  }
  done(stopping_reply());
  return 0;
}

void ServiceQueue::ask_ready(Ready done) {
  {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->stopping) {
      impl_->probes.push_back(std::move(done));
      impl_->news.notify_one();
      return;
    }
  }
  done(make_error(Code::closed, "The central store is stopping."));
}

void ServiceQueue::abandon(Ticket ticket) {
  std::lock_guard lock(impl_->mutex);
  impl_->abandoned.push_back(ticket);
  impl_->news.notify_one();
}

void ServiceQueue::drain() {
  std::lock_guard lock(impl_->mutex);
  impl_->draining = true;
  impl_->news.notify_one();
}

void ServiceQueue::stop() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->draining = true;
    impl_->stopping = true;
    impl_->news.notify_one();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
}

bool ServiceQueue::failed() const { return impl_->failed; }

}  // namespace satchel::server::http

#include "sync/in_process_transport.hpp"

#include <mutex>
#include <unordered_map>
#include <utility>

namespace satchel::sync {
namespace {

// Calls under way. Shared with the tasks on the executor, which may outlive the transport.
struct Calls {
  std::mutex mutex;
  std::unordered_map<Transport::CallId, Transport::Done> open;
  Transport::CallId last = 0;

  Transport::Done take(Transport::CallId call) {
    const std::lock_guard lock(mutex);
    const auto found = open.find(call);
    if (found == open.end()) return {};
    Transport::Done done = std::move(found->second);
    open.erase(found);
    return done;
  }
  bool is_open(Transport::CallId call) {
    const std::lock_guard lock(mutex);
    return open.contains(call);
  }
};

class InProcessTransport final : public Transport {
 public:
  InProcessTransport(Executor& executor, SlowHandler handler) : executor_(executor), handler_(std::move(handler)) {}
  ~InProcessTransport() override {
    const std::lock_guard lock(calls_->mutex);
    calls_->open.clear();
  }

  CallId send(HttpRequest request, Done done, OnProgress progress) override {
    CallId call = 0;
    {
      const std::lock_guard lock(calls_->mutex);
      call = ++calls_->last;
      calls_->open.emplace(call, std::move(done));
    }
    executor_.post([calls = calls_, handler = handler_, call, request = std::move(request), progress] {
      if (!calls->is_open(call)) return;
      handler(request, [calls, call, progress, sent = request.body.size()](HttpResponse response) {
        const Done answered = calls->take(call);
        if (!answered) return;
        if (progress) progress({sent, sent, response.body.size(), response.body.size()});
        answered(std::move(response));
      });
    });
    return call;
  }

  void cancel(CallId call) override {
    executor_.post([calls = calls_, call] {
      if (const Done done = calls->take(call)) done(make_error(Code::cancelled, "The request was given up."));
    });
  }

 private:
  Executor& executor_;
  SlowHandler handler_;
  std::shared_ptr<Calls> calls_ = std::make_shared<Calls>();
};

}  // namespace

std::unique_ptr<Transport> make_in_process_transport(Executor& executor, SlowHandler handler) {
  return std::make_unique<InProcessTransport>(executor, std::move(handler));
}

std::unique_ptr<Transport> make_in_process_transport(Executor& executor, Handler handler) {
  return make_in_process_transport(
      executor, SlowHandler([handler = std::move(handler)](const HttpRequest& request, const Answer& answer) {
        answer(handler(request));
      }));
}

}  // namespace satchel::sync

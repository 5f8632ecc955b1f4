#include "tests/sync/faulty_transport.hpp"

#include <map>
#include <utility>
#include <vector>

namespace satchel::sync {
namespace {

Error broken() { return make_error(Code::network, "The connection broke."); }

class State : public std::enable_shared_from_this<State> {
 public:
  State(Transport& inner, Executor& executor) : inner_(inner), executor_(executor) {}

  Transport::CallId open(Transport::Done done) {
    calls_.emplace(++last_, std::move(done));
    return last_;
  }

  void carry(Transport::CallId call, const HttpRequest& request, const Fault& fault,
             const Transport::OnProgress& progress) {
    if (fault.kind == Fault::Kind::lose_request) return later(fault.answer_delay_ms, call, broken());
    if (fault.kind == Fault::Kind::hold) {
      held_.push_back([=](State& self) { self.deliver(call, request, fault, {}); });
      return later(fault.answer_delay_ms, call, broken());
    }
    after(fault.request_delay_ms, [=](State& self) {
      self.deliver(call, request, fault, progress);
      if (fault.kind == Fault::Kind::duplicate) self.deliver(call, request, fault, {});
    });
  }

  void cancel(Transport::CallId call) {
    after(0, [call](State& self) { self.finish(call, make_error(Code::cancelled, "The request was given up.")); });
  }
  void close() { closed_ = true; }

 private:
  void deliver(Transport::CallId call, const HttpRequest& request, const Fault& fault,
               const Transport::OnProgress& progress) {
    inner_.send(
        request,
        [weak = weak_from_this(), call, fault](Result<HttpResponse> answer) {
          if (const auto self = weak.lock()) self->answered(call, fault, std::move(answer));
        },
        progress);
  }

  void answered(Transport::CallId call, const Fault& fault, Result<HttpResponse> answer) {
    if (fault.kind == Fault::Kind::lose_answer) answer = broken();
    if (fault.kind == Fault::Kind::cut_answer && answer.ok() && answer->body.size() > fault.bytes) {
      answer->body.resize(fault.bytes);
    }
    later(fault.answer_delay_ms, call, std::move(answer));
    for (auto& held : std::exchange(held_, {})) after(0, std::move(held));
  }

  void later(int64_t delay_ms, Transport::CallId call, Result<HttpResponse> answer) {
    after(delay_ms, [call, answer = std::move(answer)](State& self) { self.finish(call, answer); });
  }

  void finish(Transport::CallId call, Result<HttpResponse> answer) {
    const auto found = calls_.find(call);
    if (found == calls_.end()) return;
    const Transport::Done done = std::move(found->second);
    calls_.erase(found);
    done(std::move(answer));
  }

  void after(int64_t delay_ms, std::function<void(State&)> task) {
    auto run = [weak = weak_from_this(), task = std::move(task)] {
      const auto self = weak.lock();
      if (self && !self->closed_) task(*self);
    };
    if (delay_ms > 0)
      executor_.post_after(delay_ms, run);
    else
      executor_.post(run);
  }

  Transport& inner_;
  Executor& executor_;
  std::map<Transport::CallId, Transport::Done> calls_;
  std::vector<std::function<void(State&)>> held_;
  Transport::CallId last_ = 0;
  bool closed_ = false;
};

class FaultyTransport final : public Transport {
 public:
  FaultyTransport(Transport& inner, Executor& executor, FaultPlan plan)
      : state_(std::make_shared<State>(inner, executor)), plan_(std::move(plan)) {}
  ~FaultyTransport() override { state_->close(); }

  CallId send(HttpRequest request, Done done, OnProgress progress) override {
    const Fault fault = plan_(request);
    const CallId call = state_->open(std::move(done));
    state_->carry(call, request, fault, progress);
    return call;
  }
  void cancel(CallId call) override { state_->cancel(call); }

 private:
  std::shared_ptr<State> state_;
  FaultPlan plan_;
};

}  // namespace

std::unique_ptr<Transport> make_faulty_transport(Transport& inner, Executor& executor, FaultPlan plan) {
  return std::make_unique<FaultyTransport>(inner, executor, std::move(plan));
}

}  // namespace satchel::sync

#include "tests/sim/link.hpp"

#include <map>

namespace satchel::sim {
namespace {

using sync::HttpRequest;
using sync::HttpResponse;
using sync::Transport;

constexpr int64_t kStallMs = 30'000;  // as libcurl's low-speed limit

// Calls under way; what is on its way outlives the transport, as packets outlive a process.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  explicit Wire(LinkEnds ends) : ends_(std::move(ends)) {}

  Transport::CallId send(const HttpRequest& request, Transport::Done done) {
    const Transport::CallId call = ++last_;
    calls_.emplace(call, std::move(done));
    ++ends_.counts.requests;
    ends_.leaves(request);
    const Weather& weather = ends_.weather;
    if (weather.down) {
      ++ends_.counts.no_way;
      fail_after(ends_.dice.between(1, 3000), call, "There is no way to the central store.");
    } else if (weather.portal) {
      ++ends_.counts.portals;
      finish_after(trip(500), call, portal());
    } else {
      carry(call, request);
    }
    fail_after(request.wait_ms + kStallMs + trip(request.body.size()) * 4, call, "Nothing came for too long.");
    return call;
  }

  void cancel(Transport::CallId call) {
    after(0, [call](Wire& wire) { wire.finish(call, make_error(Code::cancelled, "The request was given up.")); });
  }
  void close() { calls_.clear(); }

 private:
  int64_t trip(size_t bytes) {
    const Weather& weather = ends_.weather;
    return ends_.dice.between(weather.delay_least_ms, weather.delay_most_ms) +
           static_cast<int64_t>(bytes) / weather.bytes_per_ms;
  }

  static HttpResponse portal() {
    HttpResponse response;
    response.status = 200;
    response.headers["content-type"] = "text/html";
    response.body = "<html>Welcome to our network</html>";
    return response;
  }

  void carry(Transport::CallId call, const HttpRequest& request) {
    const Weather& weather = ends_.weather;
    Dice& dice = ends_.dice;
    const int64_t up = trip(request.body.size());
    if (dice.chance(weather.lose_request)) {
      ++ends_.counts.lost_requests;
      note("request lost");
      return fail_after(up, call, "The connection broke.");
    }
    if (dice.chance(weather.half_open)) {  // until the stall timer
      ++ends_.counts.half_open;
      note("half-open connection");
      if (dice.chance(500)) after(up, [request](Wire& wire) { wire.arrive(0, request); });
      return;
    }
    if (dice.chance(weather.hold_back)) {
      ++ends_.counts.held_back;
      note("request held back");
      after(up + dice.between(1000, 60'000), [request](Wire& wire) { wire.arrive(0, request); });
      return fail_after(up, call, "The connection broke.");
    }
    after(up, [call, request](Wire& wire) { wire.arrive(call, request); });
    if (!dice.chance(weather.duplicate)) return;
    ++ends_.counts.duplicates;
    note("request duplicated");
    after(up + dice.between(0, 20'000), [request](Wire& wire) { wire.arrive(0, request); });
  }

  // call 0: nobody waits for the answer any more.
  void arrive(Transport::CallId call, const HttpRequest& request) {
    if (ends_.weather.down) return;
    ends_.arrive(request, [self = shared_from_this(), call, request](HttpResponse response) {
      if (call != 0) self->back(call, request, std::move(response));
    });
  }

  void back(Transport::CallId call, const HttpRequest& request, HttpResponse response) {
    Dice& dice = ends_.dice;
    const int64_t down = trip(response.body.size());
    if (dice.chance(ends_.weather.lose_answer) || ends_.weather.down) {
      ++ends_.counts.lost_answers;
      note("answer lost");
      return fail_after(down, call, "The connection broke.");
    }
    if (dice.chance(ends_.weather.cut_answer)) {
      ++ends_.counts.cut;
      note("answer cut short");
      return fail_after(down, call, "The connection broke in the middle of the answer.");
    }
    after(down, [call, request, response = std::move(response)](Wire& wire) {
      if (wire.calls_.count(call) == 0) return;
      wire.ends_.comes(request, response);
      wire.finish(call, response);
    });
  }

  void note(const char* what) { ends_.story.line(ends_.who, std::string("  ~ ") + what); }

  void after(int64_t delay_ms, std::function<void(Wire&)> task) {
    ends_.timeline.after(delay_ms, [self = shared_from_this(), task = std::move(task)] { task(*self); });
  }
  void fail_after(int64_t delay_ms, Transport::CallId call, const char* why) {
    after(delay_ms, [call, why](Wire& wire) { wire.finish(call, make_error(Code::network, why)); });
  }
  void finish_after(int64_t delay_ms, Transport::CallId call, HttpResponse response) {
    after(delay_ms, [call, response = std::move(response)](Wire& wire) { wire.finish(call, response); });
  }

  void finish(Transport::CallId call, Result<HttpResponse> answer) {
    const auto found = calls_.find(call);
    if (found == calls_.end()) return;
    const Transport::Done done = std::move(found->second);
    calls_.erase(found);
    done(std::move(answer));
  }

  LinkEnds ends_;
  std::map<Transport::CallId, Transport::Done> calls_;
  Transport::CallId last_ = 0;
};

class Link final : public Transport {
 public:
  explicit Link(LinkEnds ends) : wire_(std::make_shared<Wire>(std::move(ends))) {}
  ~Link() override { wire_->close(); }
  CallId send(HttpRequest request, Done done, OnProgress) override { return wire_->send(request, std::move(done)); }
  void cancel(CallId call) override { wire_->cancel(call); }

 private:
  std::shared_ptr<Wire> wire_;
};

}  // namespace

std::unique_ptr<Transport> make_link(LinkEnds ends) { return std::make_unique<Link>(std::move(ends)); }

}  // namespace satchel::sim

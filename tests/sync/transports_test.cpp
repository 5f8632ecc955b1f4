// The in-process transport and what the faulty one does to it.
#include <catch2/catch_test_macros.hpp>

#include <deque>
#include <optional>
#include <vector>

#include "tests/sync/faulty_transport.hpp"
#include "sync/in_process_transport.hpp"

namespace satchel::sync {
namespace {

struct Answering {
  ManualClock clock;
  ManualExecutor executor{clock};
  std::vector<std::string> arrived;
  std::unique_ptr<Transport> inner =
      make_in_process_transport(executor, Handler([this](const HttpRequest& request) {
                                  arrived.push_back(request.body);
                                  return HttpResponse{200, {}, "answer to " + request.body};
                                }));
  std::deque<Fault> faults;
  std::unique_ptr<Transport> faulty = make_faulty_transport(*inner, executor, [this](const HttpRequest&) {
    if (faults.empty()) return Fault{};
    const Fault fault = faults.front();
    faults.pop_front();
    return fault;
  });
  std::vector<std::pair<std::string, Result<HttpResponse>>> heard;

  Transport::CallId ask(Transport& transport, const std::string& body) {
    HttpRequest request;
    request.body = body;
    return transport.send(request,
                          [this, body](Result<HttpResponse> answer) { heard.emplace_back(body, std::move(answer)); });
  }
};

TEST_CASE("In process: nothing happens inside send, one answer comes") {
  Answering w;
  w.ask(*w.inner, "a");
  CHECK(w.arrived.empty());
  CHECK(w.heard.empty());
  w.executor.run_ready();
  REQUIRE(w.heard.size() == 1);
  CHECK(w.heard[0].second->body == "answer to a");
}

TEST_CASE("In process: a cancelled request hears so once, and its late answer is dropped") {
  Answering w;
  std::vector<Answer> parked;
  const auto slow = make_in_process_transport(
      w.executor, SlowHandler([&](const HttpRequest&, Answer answer) { parked.push_back(std::move(answer)); }));
  const auto call = w.ask(*slow, "poll");
  w.executor.run_ready();
  slow->cancel(call);
  w.executor.run_ready();
  REQUIRE(w.heard.size() == 1);
  CHECK(w.heard[0].second.error().code == Code::cancelled);
  parked[0]({200, {}, "late"});
  w.executor.run_ready();
  CHECK(w.heard.size() == 1);
}

TEST_CASE("In process: a destroyed transport calls nobody back") {
  Answering w;
  auto transport = make_in_process_transport(w.executor, Handler([](const HttpRequest&) { return HttpResponse{}; }));
  w.ask(*transport, "a");
  transport.reset();
  w.executor.run_ready();
  CHECK(w.heard.empty());
}

TEST_CASE("Faults: a lost request never arrives, a lost answer's request does") {
  Answering w;
  w.faults = {{.kind = Fault::Kind::lose_request}, {.kind = Fault::Kind::lose_answer}};
  w.ask(*w.faulty, "a");
  w.ask(*w.faulty, "b");
  w.executor.run_ready();
  CHECK(w.arrived == std::vector<std::string>{"b"});
  REQUIRE(w.heard.size() == 2);
  for (const auto& [body, answer] : w.heard) CHECK(answer.error().code == Code::network);
}

TEST_CASE("Faults: a duplicate arrives twice and is answered once") {
  Answering w;
  w.faults = {{.kind = Fault::Kind::duplicate}};
  w.ask(*w.faulty, "a");
  w.executor.run_ready();
  CHECK(w.arrived.size() == 2);
  CHECK(w.heard.size() == 1);
}

TEST_CASE("Faults: delays move the clock of the executor only") {
  Answering w;
  w.faults = {{.request_delay_ms = 400, .answer_delay_ms = 600}};
  w.ask(*w.faulty, "a");
  w.executor.run_for(399);
  CHECK(w.arrived.empty());
  w.executor.run_for(1);
  CHECK(w.arrived.size() == 1);
  w.executor.run_for(599);
  CHECK(w.heard.empty());
  w.executor.run_for(1);
  CHECK(w.heard.size() == 1);
}

TEST_CASE("Faults: a held request is overtaken by the next one") {
  Answering w;
  w.faults = {{.kind = Fault::Kind::hold, .answer_delay_ms = 50}};
  w.ask(*w.faulty, "first");
  w.executor.run_for(100);
  REQUIRE(w.heard.size() == 1);
  CHECK(w.heard[0].second.error().code == Code::network);
  w.ask(*w.faulty, "second");
  w.executor.run_ready();
  CHECK(w.arrived == std::vector<std::string>{"second", "first"});
  CHECK(w.heard.size() == 2);
}

TEST_CASE("Faults: a cut answer is shorter") {
  Answering w;
  w.faults = {{.kind = Fault::Kind::cut_answer, .bytes = 3}};
  w.ask(*w.faulty, "a");
  w.executor.run_ready();
  CHECK(w.heard[0].second->body == "ans");
}

}  // namespace
}  // namespace satchel::sync

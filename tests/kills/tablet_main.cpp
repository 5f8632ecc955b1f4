// A tablet of the kill harness: the real store on a real file, the real engine over TLS. Writes and syncs without end,
// and tells what it does (journal.hpp), until its input is closed or it is killed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <future>
#include <iostream>
#include <memory>

#include "core/base/check.hpp"
#include "core/base/executor.hpp"
#include "sync/engine.hpp"
#include "tests/kills/journal.hpp"
#include "tests/kills/writer.hpp"
#include "tests/sim/promises.hpp"

namespace satchel::kills {
namespace {

struct Given {
  std::string store, server, authority, token;
  uint64_t seed = 0;
  uint32_t marks_from = 1, pause_ms = 30;
  bool grouped = false, verify = false, early = false;
};

void tell(const Line& line) {
  const std::string text = encode(line);
  if (::write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(3);
}
void tell(Line::What what, std::string words = {}) { tell({what, {}, {}, std::move(words)}); }

class TellingLogger final : public Logger {
 public:
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override {
    const bool forked = event == "replica_replaced";
    if (level < LogLevel::warning) return;
    std::string words(event);
    for (const LogField& field : fields) words.append(" ").append(field.key).append("=").append(field.value);
    if (forked) tell(Line::What::forked, words);
    if (level == LogLevel::error) return tell(Line::What::fault, words);
    std::cerr << words + "\n";
  }
};

class GivenToken final : public sync::TokenProvider {
 public:
  explicit GivenToken(std::string token) : token_(std::move(token)) {}
  void token(std::function<void(Result<std::string>)> done) override { done(token_); }

 private:
  const std::string token_;
};

// Tells each request that it passes on.
class TellingTransport final : public sync::Transport {
 public:
  explicit TellingTransport(std::unique_ptr<sync::Transport> inner) : inner_(std::move(inner)) {}
  CallId send(sync::HttpRequest request, Done done, OnProgress progress) override {
    tell(Line::What::syncs);
    return inner_->send(std::move(request), std::move(done), std::move(progress));
  }
  void cancel(CallId call) override { inner_->cancel(call); }

 private:
  std::unique_ptr<sync::Transport> inner_;
};

class Program {
 public:
  explicit Program(Given given) : given_(std::move(given)), dice_(given_.seed), tokens_(given_.token) {}

  Result<> open() {
    store::Options options;
    options.path = given_.store;
    options.create = false;
    options.durability = given_.grouped ? sqlite::Durability::grouped : sqlite::Durability::full;
    SATCHEL_ASSIGN(store_, store::Store::open(options, clock_, random_, logger_));
    SATCHEL_ASSIGN(reader_, store_->reader());
    if (given_.verify) SATCHEL_TRY(store_->verify());
    writer_ = std::make_unique<Writer>(*reader_, clock_, dice_);
    executor_ = make_thread_executor();
    tell(Line::What::opened);
    if (given_.server.empty()) return {};
    sync::CurlOptions curl;
    curl.base_url = given_.server;
    curl.ca_file = given_.authority;
    SATCHEL_ASSIGN(auto transport, sync::make_curl_transport(curl));
    transport_ = std::make_unique<TellingTransport>(std::move(transport));
    sync::EngineOptions engine;
    engine.watch = true;
    engine.backoff_base_ms = 20;  // it has seconds to live
    engine.backoff_cap_ms = 500;
    engine_ = sync::make_engine(*store_, *transport_, tokens_, *executor_, clock_, random_, logger_, engine);
    engine_->observe([this](const sync::EngineStatus& status) { noticed(status); });
    engine_->start();
    return {};
  }

  void work() {
    executor_->post([this] { turn(); });
  }

  void close() {
    std::promise<void> gone;
    executor_->post([&] {
      closed_ = true;
      if (engine_ != nullptr) engine_->stop();
      engine_.reset();
      gone.set_value();
    });
    gone.get_future().wait();
    transport_.reset();
    executor_.reset();
    reader_.reset();
    store_.reset();
  }

 private:
  void turn() {
    if (closed_) return;
    write(writer_->next());
    const int64_t pause_ms = dice_.chance(300) ? 0 : dice_.between(0, given_.pause_ms);
    executor_->post_after(pause_ms, [this] { turn(); });
  }

  void write(store::Draft draft) {
    if (draft.changes.empty()) return;
    Line line = marked(draft);
    tell(line);
    if (given_.early) tell(Line::What::returned);
    const auto receipt = store_->commit(draft);
    if (!receipt.ok()) return failed(receipt.error());
    if (!given_.early) tell(Line::What::returned);
    if (engine_ != nullptr) engine_->local_commit();
  }

  // Gives a mark to what goes into each scope.
  Line marked(store::Draft& draft) {
    Line line;
    line.what = Line::What::begins;
    std::map<ScopeId, uint32_t> marks;
    for (store::Change& change : draft.changes) {
      const auto [at, fresh] = marks.try_emplace(change.scope, 0);
      if (fresh) {
        at->second = given_.marks_from++;
        line.marks.emplace_back(at->second, change.scope);
      }
      change.op.reason = sim::words_of_mark(at->second);
    }
    for (const auto& [scope, opening] : draft.open) line.opens.push_back(scope);
    return line;
  }

  static void failed(const Error& error) {
    const bool by_disk = error.code == Code::io || error.code == Code::disk_full || error.code == Code::busy ||
                         error.code == Code::corrupt;
    tell(by_disk ? Line::What::uncertain : Line::What::objected, error.message + " [" + error.place + "]");
  }

  // For whoever looks at its log afterwards.
  void noticed(const sync::EngineStatus& status) {
    if (status.phase == phase_) return;
    phase_ = status.phase;
    std::cerr << std::to_string(clock_.wall_ms()) + " " + status.words + "\n";
    if (status.last_error) std::cerr << "  " + status.last_error->message + "\n";
  }

  Given given_;
  SystemClock clock_;
  SystemRandom random_;
  sim::Dice dice_;
  TellingLogger logger_;
  GivenToken tokens_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<sync::Transport> transport_;
  std::unique_ptr<sync::Engine> engine_;
  sync::Phase phase_ = sync::Phase::stopped;
  bool closed_ = false;
};

int run(const Given& given) {
  Program program(given);
  const Result<> opened = program.open();
  if (!opened.ok()) {
    tell(Line::What::fault, "does not open: " + opened.error().message + " [" + opened.error().place + "]");
    return 1;
  }
  program.work();
  char word = 0;
  while (::read(STDIN_FILENO, &word, 1) > 0) {
  }
  program.close();
  return 0;
}

}  // namespace
}  // namespace satchel::kills

int main(int argc, char** argv) {
  CLI::App app{"A tablet that writes and syncs until it is killed, or its input is closed"};
  satchel::kills::Given given;
  app.add_option("--store", given.store, "Its file, made before")->required();
  app.add_option("--server", given.server, "https://host:port of the centre; without it another process syncs");
  app.add_option("--authority", given.authority, "Certificate authority of the centre (PEM)");
  app.add_option("--token", given.token, "To sign in with");
  app.add_option("--seed", given.seed, "Of what it writes");
  app.add_option("--marks-from", given.marks_from, "The first mark that is free");
  app.add_option("--pause", given.pause_ms, "At most so many milliseconds between two commits");
  app.add_flag("--grouped", given.grouped, "Durability::grouped");
  app.add_flag("--verify", given.verify, "Verify the store when it is open");
  app.add_flag("--tell-early", given.early, "Wrong on purpose: say that a commit returned before it is made");
  CLI11_PARSE(app, argc, argv);
  try {
    return satchel::kills::run(given);
  } catch (const satchel::CheckFailure& failure) {
    satchel::kills::tell(satchel::kills::Line::What::fault, failure.what());
    return 70;
  }
}

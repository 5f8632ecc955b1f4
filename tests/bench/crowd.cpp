#include "tests/bench/crowd.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace satchel::bench {
namespace {

constexpr size_t executors = 4;
constexpr rlim_t files_of_one = 16;

void raise_open_files(size_t members) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min(limit.rlim_max, std::max<rlim_t>(limit.rlim_cur, members * files_of_one + 256));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

class Watched final : public sync::Transport {
 public:
  Watched(std::unique_ptr<sync::Transport> inner, Refusals& refusals) : inner_(std::move(inner)), refusals_(refusals) {}
  CallId send(sync::HttpRequest request, Done done, OnProgress progress) override {
    return inner_->send(
        std::move(request),
        [this, done = std::move(done)](Result<sync::HttpResponse> answer) {
          if (answer.ok() && answer->status >= 400) {
            ++refusals_.all;
            if (answer->headers.count("retry-after") == 0) ++refusals_.without_time;
          } else if (!answer.ok() && answer.error().code != Code::cancelled) {
            ++refusals_.all;
            ++refusals_.without_time;
          }
          done(std::move(answer));
        },
        std::move(progress));
  }
  void cancel(CallId call) override { inner_->cancel(call); }

 private:
  std::unique_ptr<sync::Transport> inner_;
  Refusals& refusals_;
};

}  // namespace

Crowd::Crowd(const std::filesystem::path& directory, const Centre& centre, size_t count) : centre_(centre) {
  raise_open_files(count);
  std::filesystem::create_directories(directory);
  for (size_t i = 0; i < executors; ++i) executors_.push_back(make_thread_executor());
  for (size_t i = 0; i < count; ++i) {
    members_.push_back(std::make_unique<Member>());
    members_.back()->tablet = std::make_unique<Tablet>(directory / (std::to_string(i) + ".db"),
                                                       sqlite::Durability::grouped, worker(i));
  }
}

Crowd::~Crowd() { disconnect_all(); }

Connected::Options Crowd::options(size_t number, bool watch) {
  Connected::Options options;
  options.engine.watch = watch;
  options.engine.other_process_ms = 0;
  options.executor = executors_[number % executors_.size()].get();
  options.wrap = [this](std::unique_ptr<sync::Transport> inner) {
    return std::make_unique<Watched>(std::move(inner), refusals_);
  };
  return options;
}

void Crowd::sync_all() {
  for (size_t i = 0; i < members_.size(); ++i) Connected(*members_[i]->tablet, link(i), options(i, false)).sync();
}

void Crowd::connect(size_t number, int64_t after_ms) {
  Executor& executor = *executors_[number % executors_.size()];
  executor.post_after(after_ms, [this, number] {
    Member& member = *members_[number];
    member.connected = std::make_unique<Connected>(*member.tablet, link(number), options(number, true));
    member.connected->observe([this, &member](const sync::EngineStatus& status) {
      if (member.delivered || status.store.unsent != 0 || status.phase != sync::Phase::connected) return;
      member.delivered = true;
      ++delivered_;
    });
    member.connected->watch();
  });
}

void Crowd::disconnect_all() {
  for (auto& member : members_) member->connected.reset();
}

}  // namespace satchel::bench

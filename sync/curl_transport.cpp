#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "sync/curl_call.hpp"
#include "sync/transport.hpp"

namespace satchel::sync {
namespace {

// libcurl's own process-wide state, set up once; it must outlive every handle.
bool curl_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

// One thread owns every curl handle; the queue is the only thing shared.
class CurlTransport final : public Transport {
 public:
  CurlTransport(CurlSettings settings, CURLM* multi, CURLSH* share)
      : settings_(std::move(settings)), multi_(multi), share_(share), thread_([this] { run(); }) {}

  ~CurlTransport() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    while (!calls_.empty()) take(calls_.begin());
    curl_multi_cleanup(multi_);
    curl_share_cleanup(share_);
  }

  CallId send(HttpRequest request, Done done, OnProgress progress) override {
    CallId id = 0;
    {
      const std::lock_guard lock(mutex_);
      id = ++last_;
      queue_.push_back({id, Wish{std::move(request), std::move(done), std::move(progress)}});
    }
    curl_multi_wakeup(multi_);
    return id;
  }

  void cancel(CallId call) override {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back({call, std::nullopt});
    }
    curl_multi_wakeup(multi_);
  }

 private:
  struct Wish {
    HttpRequest request;
    Done done;
    OnProgress progress;
  };
  struct Command {
    CallId call = 0;
    std::optional<Wish> wish;  // none: cancel
  };
  using Calls = std::vector<std::unique_ptr<CurlCall>>;

  void run() {
    while (take_commands()) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_done();
      finish_stalled();
      curl_multi_poll(multi_, nullptr, 0, static_cast<int>(next_look_ms()), nullptr);
    }
  }

  bool take_commands() {
    std::vector<Command> commands;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      commands.swap(queue_);
    }
    for (Command& command : commands) {
      if (command.wish)
        begin(command.call, std::move(*command.wish));
      else
        give_up(command.call);
    }
    return true;
  }

  void begin(CallId id, Wish wish) {
    auto call = std::make_unique<CurlCall>(settings_, id, std::move(wish.request), std::move(wish.done),
                                           std::move(wish.progress));
    if (!call->prepare(share_) || curl_multi_add_handle(multi_, call->easy()) != CURLM_OK) {
      return call->finish(make_error(Code::internal, "A request could not be set up.", "curl"));
    }
    calls_.push_back(std::move(call));
  }

  void give_up(CallId id) {
    const auto found = std::find_if(calls_.begin(), calls_.end(), [&](const auto& call) { return call->id() == id; });
    if (found == calls_.end() || (*found)->let_go()) return;
    take(found)->finish(make_error(Code::cancelled, "The request was given up."));
  }

  std::unique_ptr<CurlCall> take(Calls::iterator position) {
    std::unique_ptr<CurlCall> call = std::move(*position);
    calls_.erase(position);
    curl_multi_remove_handle(multi_, call->easy());
    return call;
  }

  void finish_done() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      const auto found =
          std::find_if(calls_.begin(), calls_.end(), [&](const auto& call) { return call->easy() == easy; });
      if (found == calls_.end()) continue;
      std::unique_ptr<CurlCall> call = take(found);
      // A certificate failure is looked at once more, without sending anything, to say what is wrong with it.
      if (call->completed(code) == CurlCall::Next::look_at_certificate && call->prepare_look(share_) &&
          curl_multi_add_handle(multi_, call->easy()) == CURLM_OK) {
        calls_.push_back(std::move(call));
      } else {
        call->report();
      }
    }
  }

  void finish_stalled() {
    for (size_t i = 0; i < calls_.size();) {
      if (calls_[i]->stalled_in_ms() > 0) {
        ++i;
        continue;
      }
      take(calls_.begin() + static_cast<Calls::difference_type>(i))
          ->finish(make_error(Code::timeout, "The connection stood still and was given up."));
    }
  }

  int64_t next_look_ms() const {
    int64_t next = 3'600'000;  // send, cancel and the end wake it
    for (const auto& call : calls_) next = std::min(next, std::max<int64_t>(call->stalled_in_ms(), 1));
    return next;
  }

  const CurlSettings settings_;
  CURLM* const multi_;
  CURLSH* const share_;
  std::mutex mutex_;
  std::vector<Command> queue_;  // under mutex_
  CallId last_ = 0;             // under mutex_
  bool stopping_ = false;       // under mutex_
  Calls calls_;                 // of the thread
  std::thread thread_;          // last: starts when all else is there
};

}  // namespace

Result<std::unique_ptr<Transport>> make_curl_transport(const CurlOptions& options) {
  SATCHEL_ASSIGN(CurlSettings settings, CurlSettings::check(options));
  CURLM* multi = curl_is_ready() ? curl_multi_init() : nullptr;
  CURLSH* share = multi != nullptr ? curl_share_init() : nullptr;
  if (share == nullptr) {
    if (multi != nullptr) curl_multi_cleanup(multi);
    return make_error(Code::internal, "The network library could not be started.", "curl");
  }
  // TLS sessions are resumed after a reconnect: one round trip less on a slow link. One thread, so no locks.
  curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  return std::unique_ptr<Transport>(std::make_unique<CurlTransport>(std::move(settings), multi, share));
}

}  // namespace satchel::sync

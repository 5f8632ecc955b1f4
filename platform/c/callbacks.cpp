#include "platform/c/callbacks.hpp"

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "platform/c/support.hpp"

namespace satchel::abi {

// Between requests that the app still holds and an executor that may be gone before they are answered.
struct Door {
  std::mutex mutex;
  Executor* executor = nullptr;  // null: closed

  void post(Executor::Task task) {
    const std::lock_guard lock(mutex);
    if (executor != nullptr) executor->post(std::move(task));
  }
  void close() {
    const std::lock_guard lock(mutex);
    executor = nullptr;
  }
};

// ---- clock, logger

int64_t AppClock::wall_ms() const {
  return app_->wall_ms != nullptr ? app_->wall_ms(app_->context) : system_.wall_ms();
}
int64_t AppClock::monotonic_ms() const {
  return app_->monotonic_ms != nullptr ? app_->monotonic_ms(app_->context) : system_.monotonic_ms();
}

void AppLogger::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (app_->log == nullptr) return;
  nlohmann::json object = nlohmann::json::object();
  for (const LogField& field : fields) object[std::string(field.key)] = field.value;
  const std::string text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  app_->log(app_->context, static_cast<satchel_level>(level), slice(event), slice(text));
}

// ---- secrets

namespace {

Result<> said(int code, const char* what) {
  if (code == 0) return {};
  Error error = make_error(static_cast<Code>(code), std::string("The device's keystore could not ") + what + " the "
                           "secret of this store.", "secrets");
  error.retryable = true;
  return error;
}

class AppSecretKeeper final : public store::SecretKeeper {
 public:
  explicit AppSecretKeeper(std::shared_ptr<Taken<satchel_secret_keeper>> app) : app_(std::move(app)) {}

  Result<std::optional<Bytes>> get(std::string_view name) override {
    Bytes secret(store::secret_bytes, '\0');
    const int code = call()->get(call()->context, slice(name), reinterpret_cast<unsigned char*>(secret.data()));
    if (code == SATCHEL_NOT_FOUND) return std::optional<Bytes>();
    SATCHEL_TRY(said(code, "give"));
    return std::optional(std::move(secret));
  }
  Result<> put(std::string_view name, BytesView secret) override {
    SATCHEL_CHECK(secret.size() == store::secret_bytes);
    return said(call()->put(call()->context, slice(name), reinterpret_cast<const unsigned char*>(secret.data())), "keep");
  }
  Result<> remove(std::string_view name) override {
    return said(call()->remove(call()->context, slice(name)), "forget");
  }

 private:
  const Taken<satchel_secret_keeper>& call() const { return *app_; }
  std::shared_ptr<Taken<satchel_secret_keeper>> app_;
};

}  // namespace

AppSecrets::AppSecrets(const satchel_secret_keeper& callbacks)
    : app_(std::make_shared<Taken<satchel_secret_keeper>>(callbacks)) {}

Result<std::shared_ptr<store::SecretKeeper>> AppSecrets::keeper() const {
  const Taken<satchel_secret_keeper>& app = *app_;
  const int given = (app->get != nullptr) + (app->put != nullptr) + (app->remove != nullptr);
  if (given == 0) return std::shared_ptr<store::SecretKeeper>();
  if (given != 3) return make_error(Code::invalid, "A secret keeper needs get, put and remove.", "secrets");
  return std::shared_ptr<store::SecretKeeper>(std::make_shared<AppSecretKeeper>(app_));
}

}  // namespace satchel::abi

// ---- sign-in

struct satchel_token_request {
  std::shared_ptr<satchel::abi::Door> door;
  std::function<void(satchel::Result<std::string>)> done;
};

namespace satchel::abi {
namespace {

void answer(satchel_token_request* request, Result<std::string> token) {
  const std::unique_ptr<satchel_token_request> owned(request);
  request->door->post([done = std::move(request->done), token = std::move(token)] { done(token); });
}

}  // namespace

AppTokens::AppTokens(const satchel_token_provider& callbacks) : app_(callbacks), door_(std::make_shared<Door>()) {}

void AppTokens::set_executor(Executor* executor) {
  const std::lock_guard lock(door_->mutex);
  door_->executor = executor;
}

void AppTokens::token(std::function<void(Result<std::string>)> done) {
  app_->request(app_->context, new satchel_token_request{door_, std::move(done)});
}

}  // namespace satchel::abi

// ---- HTTP

struct satchel_http_request {
  uint64_t id = 0;
  std::shared_ptr<satchel::abi::Door> door;
  satchel::sync::HttpRequest request;
  std::vector<std::pair<std::string, std::string>> headers;
  satchel::sync::Transport::OnProgress progress;
  std::function<void(satchel::Result<satchel::sync::HttpResponse>)> answered;  // runs on the executor
};

namespace satchel::abi {
namespace {

// What is under way. On the executor only.
class Calls {
 public:
  using Done = sync::Transport::Done;
  uint64_t add(Done done) {
    calls_[++last_] = std::move(done);
    return last_;
  }
  // True once per call that is under way: the app hears of a cancel once.
  bool begin_cancel(uint64_t id) { return calls_.contains(id) && cancelled_.insert(id).second; }
  // No effect when it was finished before: an answer after a cancel.
  void finish(uint64_t id, Result<sync::HttpResponse> result) {
    const auto it = calls_.find(id);
    if (it == calls_.end()) return;
    const Done done = std::move(it->second);
    calls_.erase(it);
    cancelled_.erase(id);
    done(std::move(result));
  }
  void forget_all() { calls_.clear(); }
  std::vector<uint64_t> ids() const {
    std::vector<uint64_t> ids;
    for (const auto& [id, done] : calls_) ids.push_back(id);
    return ids;
  }

 private:
  uint64_t last_ = 0;
  std::map<uint64_t, Done> calls_;
  std::set<uint64_t> cancelled_;
};

class AppTransport final : public sync::Transport {
 public:
  AppTransport(std::shared_ptr<Taken<satchel_http>> app, Executor& executor)
      : app_(std::move(app)), door_(std::make_shared<Door>()), calls_(std::make_shared<Calls>()) {
    door_->executor = &executor;
  }

  ~AppTransport() override {
    door_->close();
    for (const uint64_t id : calls_->ids()) cancel_at_app(id);
    calls_->forget_all();  // answers that are on their way to the executor find nobody
  }

  CallId send(sync::HttpRequest request, Done done, OnProgress progress) override {
    const CallId id = calls_->add(std::move(done));
    auto* call = new satchel_http_request{id, door_, std::move(request), {}, std::move(progress), {}};
    call->headers.assign(call->request.headers.begin(), call->request.headers.end());
    call->answered = [calls = calls_, id](Result<sync::HttpResponse> result) { calls->finish(id, std::move(result)); };
    (*app_)->send((*app_)->context, call);
    return id;
  }

  void cancel(CallId id) override {
    if (!cancel_at_app(id)) return;
    door_->post([calls = calls_, id] { calls->finish(id, make_error(Code::cancelled, "The request was stopped.")); });
  }

 private:
  bool cancel_at_app(uint64_t id) {
    if (!calls_->begin_cancel(id)) return false;
    if ((*app_)->cancel != nullptr) (*app_)->cancel((*app_)->context, id);
    return true;
  }

  std::shared_ptr<Taken<satchel_http>> app_;
  std::shared_ptr<Door> door_;
  std::shared_ptr<Calls> calls_;
};

void answer(satchel_http_request* request, Result<sync::HttpResponse> result) {
  const std::unique_ptr<satchel_http_request> owned(request);
  request->door->post([answered = std::move(request->answered), result = std::move(result)] { answered(result); });
}

std::string lower(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

AppHttp::AppHttp(const satchel_http& callbacks) : app_(std::make_shared<Taken<satchel_http>>(callbacks)) {}

std::unique_ptr<sync::Transport> AppHttp::transport(Executor& executor) const {
  return std::make_unique<AppTransport>(app_, executor);
}

}  // namespace satchel::abi

using satchel::Code;
using satchel::abi::slice;
using satchel::abi::text;
using satchel::abi::view;

extern "C" {

void satchel_token_give(satchel_token_request* request, satchel_slice jwt) {
  satchel::abi::answer(request, satchel::Result<std::string>(text(jwt)));
}

void satchel_token_refuse(satchel_token_request* request, satchel_code code, satchel_slice message) {
  satchel::abi::answer(request, satchel::make_error(static_cast<Code>(code), text(message)));
}

satchel_slice satchel_http_method(const satchel_http_request* request) { return slice(request->request.method); }
satchel_slice satchel_http_path(const satchel_http_request* request) { return slice(request->request.path); }
size_t satchel_http_header_count(const satchel_http_request* request) { return request->headers.size(); }
satchel_header satchel_http_header(const satchel_http_request* request, size_t index) {
  if (index >= request->headers.size()) return {};
  return {slice(request->headers[index].first), slice(request->headers[index].second)};
}
satchel_slice satchel_http_body(const satchel_http_request* request) { return slice(request->request.body); }
uint64_t satchel_http_id(const satchel_http_request* request) { return request->id; }
int64_t satchel_http_timeout_ms(const satchel_http_request* request) {
  return request->request.timeout_ms + request->request.wait_ms;
}

void satchel_http_progress(satchel_http_request* request, uint64_t sent, uint64_t to_send, uint64_t received,
                           uint64_t to_receive) {
  if (!request->progress) return;
  request->door->post([progress = request->progress, sent, to_send, received, to_receive] {
    progress({sent, to_send, received, to_receive});
  });
}

void satchel_http_respond(satchel_http_request* request, int status, const satchel_header* headers,
                          size_t header_count, satchel_slice body) {
  satchel::sync::HttpResponse response;
  response.status = status;
  for (size_t i = 0; i < header_count; ++i) {
    response.headers[satchel::abi::lower(view(headers[i].name))] = text(headers[i].value);
  }
  response.body = text(body);
  satchel::abi::answer(request, std::move(response));
}

void satchel_http_fail(satchel_http_request* request, satchel_code code, satchel_slice message) {
  satchel::abi::answer(request, satchel::make_error(static_cast<Code>(code), text(message)));
}

}  // extern "C"

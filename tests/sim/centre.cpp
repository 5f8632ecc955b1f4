#include "tests/sim/centre.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/check.hpp"
#include "proto/messages.hpp"
#include "tests/support_centre/disk_files.hpp"

namespace satchel::sim {
namespace {

const std::string kData = "/centre";
const std::string kBackup = "/backup/centre.db";
constexpr size_t kWorthCompressing = 256;  // as in server/http

class Provider final : public server::Authenticator {
 public:
  explicit Provider(const Clock& clock) : clock_(clock) {}
  Result<server::Claims> authenticate(std::string_view token) override {
    const size_t slash = token.find('/');
    int64_t expires = 0;
    const std::string_view digits = token.substr(slash == std::string_view::npos ? token.size() : slash + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), expires);
    if (expires <= clock_.wall_ms()) return make_error(Code::sign_in, "The token is over. Please sign in again.");
    return server::Claims{kOrganisation, std::string(token.substr(0, slash)), expires};
  }

 private:
  const Clock& clock_;
};

}  // namespace

std::string make_token(const std::string& worker, int64_t expires_ms) {
  return worker + "/" + std::to_string(expires_ms);
}

CentreMachine::CentreMachine(Timeline& timeline, Story& story, CentreOptions options)
    : disk(stream(options.seed, "centre disk")),
      clock(timeline),
      logger(story, "centre"),
      timeline_(timeline),
      story_(story),
      options_(std::move(options)),
      random_(options_.seed, "centre random"),
      chance_(options_.seed, "centre chance") {
  auto schema = model::Schema::parse(options_.schema);
  SATCHEL_CHECK(schema.ok());
  schema_ = std::move(*schema);
}

CentreMachine::~CentreMachine() { clear(); }

void CentreMachine::clear() {
  ++incarnation_;
  due_.reset();
  queue_.clear();
  parked_.clear();
  admin_.reset();
  service_.reset();
  authenticator_.reset();
}

// Whoever calls may be deep inside; the machine is taken down when the outermost is through.
void CentreMachine::guard(const std::function<void()>& work) {
  ++guarding_;
  try {
    work();
  } catch (const CheckFailure& failure) {
    fault = failure.what();
  }
  if (--guarding_ > 0 || !disk.dead()) return;
  story_.line("centre", "dies");
  ++deaths;
  clear();
  disk.revive();
  if (on_death) on_death();
}

void CentreMachine::start() {
  if (running()) return;
  guard([&] {
    server::ServiceOptions service;
    service.data_dir = kData;
    service.keys_dir = "/keys";
    service.backup_configured = options_.backup_configured;
    service.session_ms = options_.session_ms;
    service.answer_bytes_most = options_.answer_bytes_most;
    service.push_bytes_most = options_.push_bytes_most;
    service.vfs = disk.vfs();
    service.files = test::make_disk_files(disk);
    authenticator_ = std::make_unique<Provider>(clock);
    auto opened = server::Service::open(service, schema_, *authenticator_, clock, random_, logger);
    if (!opened.ok()) return not_opened(opened.error());
    service_ = std::move(*opened);
    auto admin = server::Admin::open(service, schema_, clock, random_, logger);
    if (!admin.ok()) return not_opened(admin.error());
    admin_ = std::move(*admin);
    story_.line("centre", "runs");
  });
}

// A disk that failed may work the next time; anything else is a fault.
void CentreMachine::not_opened(const Error& error) {
  story_.line("centre", "does not open: " + error.message + " [" + error.place + "]");
  if (disk.dead()) return;
  clear();
  const bool later = error.code == Code::io || error.code == Code::disk_full;
  if (later && on_death) return on_death();
  fault = "does not open: " + error.message + " [" + error.place + "]";
}

server::Admin& CentreMachine::admin() {
  SATCHEL_CHECK(admin_ != nullptr);
  return *admin_;
}

void CentreMachine::stop() {
  story_.line("centre", "stops");
  guard([&] { clear(); });
}

void CentreMachine::die(support::Stop how) {
  guard([&] { disk.stop(how, chance_.u64()); });
}

void CentreMachine::die_after(support::Stop how, uint64_t operations) {
  disk.stop_after(how, operations, chance_.u64());
}

// ---- requests

void CentreMachine::arrive(const sync::HttpRequest& http, Answer answer) {
  if (!running()) {
    if (chance_.chance(500)) return;  // nobody refuses, nobody answers
    sync::HttpResponse balancer;
    balancer.status = 502;
    balancer.headers["content-type"] = "text/html";
    return answer(std::move(balancer));
  }
  Waiting waiting;
  waiting.request.path = http.path;
  if (const auto found = http.headers.find("authorization"); found != http.headers.end()) {
    waiting.request.authorization = found->second;
  }
  if (http.headers.count("content-encoding") != 0) {
    auto plain = proto::decompress(http.body, 64 << 20);
    SATCHEL_CHECK(plain.ok());
    waiting.request.body = std::move(*plain);
  } else {
    waiting.request.body = http.body;
  }
  waiting.answer = std::move(answer);
  queue_.push_back(std::move(waiting));
  schedule(chance_.between(0, 20));
}

void CentreMachine::schedule(int64_t delay_ms) {
  const int64_t at = timeline_.now() + delay_ms;
  if (due_ && *due_ <= at) return;
  due_ = at;
  timeline_.after(delay_ms, [this, at, incarnation = incarnation_] {
    if (incarnation != incarnation_ || due_ != at) return;
    due_.reset();
    guard([this] { work(); });
  });
}

// As server/http/service_queue.cpp does: one batch of what is new and of those parked that may have news.
void CentreMachine::work() {
  const int64_t now = timeline_.now();
  const uint64_t wake = service_->wake();
  std::vector<Waiting> batch = std::exchange(queue_, {});
  std::vector<Waiting> still;
  for (Waiting& waiting : parked_) {
    (wake != last_wake_ || waiting.until_ms <= now ? batch : still).push_back(std::move(waiting));
  }
  parked_ = std::move(still);
  last_wake_ = wake;
  if (batch.empty()) return;
  std::vector<server::Request> requests;
  for (Waiting& waiting : batch) requests.push_back(waiting.request);
  const std::vector<server::Reply> replies = service_->handle(requests);
  if (disk.dead()) return;  // it died of it: nobody hears anything
  for (size_t i = 0; i < batch.size(); ++i) {
    Waiting& waiting = batch[i];
    if (waiting.until_ms == 0) waiting.until_ms = now + replies[i].park_ms;
    if (replies[i].park_ms == 0 || waiting.until_ms <= now) {
      reply(waiting, replies[i]);
      continue;
    }
    waiting.request.resumed = true;
    parked_.push_back(std::move(waiting));
  }
  if (parked_.empty()) return;
  const bool news = service_->wake() != last_wake_;
  int64_t next = news ? now + 5 : INT64_MAX;
  for (const Waiting& waiting : parked_) next = std::min(next, waiting.until_ms);
  schedule(next - now);
}

void CentreMachine::reply(const Waiting& waiting, const server::Reply& reply) {
  sync::HttpResponse response;
  response.status = reply.status;
  response.headers["content-type"] = "application/x-protobuf";
  if (reply.retry_after_s > 0) response.headers["retry-after"] = std::to_string(reply.retry_after_s);
  response.body = reply.body;
  if (response.body.size() >= kWorthCompressing) {
    response.body = proto::compress(reply.body);
    response.headers["content-encoding"] = "zstd";
  }
  waiting.answer(std::move(response));
}

// ---- backups: kept elsewhere, so that the machine's own disk has no part in them

// A backup has its name only when it is good: it is there also where the machine died, or its disk failed, before the
// command could say so.
bool CentreMachine::back_up() {
  guard([&] { static_cast<void>(admin().backup(kBackup)); });
  bool made = false;
  guard([&] {
    made = disk.exists(kBackup) && disk.read(kBackup) != backup_;
    if (!made) return;
    backup_ = disk.read(kBackup);
    ++backups_;
    story_.line("centre", "backed up");
    disk.remove(kBackup);
  });
  return made;
}

void CentreMachine::put_backup_back() {
  SATCHEL_CHECK(!running() && has_backup());
  auto files = disk.contents();
  for (const char* end : {"", "-wal", "-shm", ".probe"}) files.erase(kCentreFile + end);
  files[kCentreFile] = backup_;
  disk.put_back(files);
  ++restores;
  story_.line("centre", "put back to its backup");
}

}  // namespace satchel::sim

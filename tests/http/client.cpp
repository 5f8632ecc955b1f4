#include "tests/http/client.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "core/base/clock.hpp"
#include "proto/codec.hpp"

namespace satchel::http_test {
namespace {

size_t keep_body(char* data, size_t size, size_t count, void* target) {
  static_cast<std::string*>(target)->append(data, size * count);
  return size * count;
}

size_t keep_header(char* data, size_t size, size_t count, void* target) {
  const std::string line(data, size * count);
  const size_t colon = line.find(':');
  if (colon != std::string::npos) {
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    value.erase(value.find_last_not_of("\r\n ") + 1);
    (*static_cast<std::map<std::string, std::string>*>(target))[name] = value;
  }
  return size * count;
}

}  // namespace

struct Client::Impl {
  CURL* curl = nullptr;
  std::string base, authority;
};

Client::Client(int port, std::string authority_file, std::string host) : impl_(std::make_unique<Impl>()) {
  impl_->curl = curl_easy_init();
  impl_->base = "https://" + host + ":" + std::to_string(port);
  impl_->authority = std::move(authority_file);
}

Client::~Client() { curl_easy_cleanup(impl_->curl); }

Response Client::send(const Call& call) {
  Response response;
  CURL* curl = impl_->curl;
  curl_easy_reset(curl);
  curl_slist* headers = nullptr;
  for (const auto& header : call.headers) headers = curl_slist_append(headers, header.c_str());
  const std::string url = impl_->base + call.path;
  char error[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CAINFO, impl_->authority.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  if (call.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (call.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.data());
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response.headers);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  response.status = static_cast<int>(status);
  if (code != CURLE_OK) response.error = error[0] ? error : curl_easy_strerror(code);
  return response;
}

int Client::connections() const {
  long count = 0;
  curl_easy_getinfo(impl_->curl, CURLINFO_NUM_CONNECTS, &count);
  return static_cast<int>(count);
}

struct RawClient::Impl {
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
  int fd = -1;
  ~Impl() {
    SSL_free(ssl);
    SSL_CTX_free(context);
    if (fd >= 0) ::close(fd);
  }
};

RawClient::RawClient(int port, RawClient* resume, int newest_tls) : impl_(std::make_unique<Impl>()) {
  impl_->fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(impl_->fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("could not connect");
  }
  const timeval patience{60, 0};
  ::setsockopt(impl_->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  impl_->context = SSL_CTX_new(TLS_client_method());
  if (newest_tls != 0) {
    SSL_CTX_set_min_proto_version(impl_->context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(impl_->context, newest_tls);
    SSL_CTX_set_cipher_list(impl_->context, "DEFAULT@SECLEVEL=0");
  }
  impl_->ssl = SSL_new(impl_->context);
  SSL_set_fd(impl_->ssl, impl_->fd);
  if (resume) {
    SSL_SESSION* session = SSL_get1_session(resume->impl_->ssl);
    SSL_set_session(impl_->ssl, session);
    SSL_SESSION_free(session);
  }
  if (SSL_connect(impl_->ssl) != 1) throw std::runtime_error("the handshake failed");
}

RawClient::~RawClient() = default;

bool RawClient::write(const std::string& bytes) {
  return SSL_write(impl_->ssl, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
}

std::string RawClient::read_some() {
  char buffer[4096];
  const int count = SSL_read(impl_->ssl, buffer, sizeof buffer);
  ERR_clear_error();
  return count > 0 ? std::string(buffer, static_cast<size_t>(count)) : std::string();
}

std::string RawClient::read_all() {
  std::string all;
  for (std::string piece = read_some(); !piece.empty(); piece = read_some()) all += piece;
  return all;
}

bool RawClient::resumed() const { return SSL_session_reused(impl_->ssl) == 1; }
std::string RawClient::version() const { return SSL_get_version(impl_->ssl); }

void RawClient::vanish() {
  ::close(impl_->fd);
  impl_->fd = -1;
}

Tablet::Tablet(Client& client, std::string organisation, std::string worker, uint64_t seed)
    : client_(client), random_(seed), organisation_(std::move(organisation)), worker_(std::move(worker)) {
  replica_.bytes = random_128(random_);
}

bool Tablet::sign_in(const std::string& token) {
  proto::SessionRequest request;
  request.replica = replica_;
  request.token = token;
  request.secret_proof = std::string(32, 's');
  response_ = client_.post("/v1/session", proto::encode(request));
  if (response_.status != 200) return false;
  credential_ = proto::decode_session_response(response_.body).value().credential;
  return true;
}

proto::Push Tablet::write_task(const ScopeId& scope, const std::string& title) {
  const SystemClock clock;
  model::Transaction transaction;
  auto& header = transaction.header;
  const uint64_t counter = ++counters_[scope];
  header.id = {scope, replica_, counter};
  header.worker = worker_;
  header.wall_ms = clock.wall_ms();
  header.schema_version = 1;
  model::Version previous;
  if (counter > 1) header.base.set(replica_, counter - 1);
  if (counter > 2) previous.set(replica_, counter - 2);
  header.shown = header.base;
  model::Op create;
  create.collection = "task";
  create.record.bytes = uuid_v7(header.wall_ms, random_);
  create.action = model::Action::create;
  model::Op name = create;
  name.field = "title";
  name.kind = model::Kind::register_;
  name.action = model::Action::assign;
  name.value = proto::encode_value(model::Value{title});
  transaction.ops = {create, name};
  return {proto::encode_transaction(organisation_, transaction, previous, random_).value().bytes, std::nullopt};
}

proto::Cursor Tablet::cursor(const ScopeId& scope) const {
  proto::Cursor cursor;
  cursor.scope = scope;
  const auto counter = counters_.find(scope);
  cursor.own_counter = counter == counters_.end() ? 0 : counter->second;
  return cursor;
}

Response Tablet::raw_sync(const proto::SyncRequest& request) {
  Call call;
  call.path = "/v1/sync";
  call.headers.push_back(authorization());
  call.body = proto::encode(request);
  response_ = client_.send(call);
  return response_;
}

proto::SyncResponse Tablet::sync(const proto::SyncRequest& request) {
  const Response response = raw_sync(request);
  if (response.status != 200) {
    throw std::runtime_error("sync answered " + std::to_string(response.status) + response.error);
  }
  return proto::decode_sync_response(response.body).value();
}

proto::Failure failure_of(const Response& response) { return proto::decode_failure(response.body).value(); }

}  // namespace satchel::http_test

// One HTTP exchange on a curl easy handle, for curl_transport.cpp. Everything on the transport's thread.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sync/curl_errors.hpp"
#include "sync/transport.hpp"

namespace satchel::sync {

struct CurlSettings {
  CurlOptions options;
  std::string host;       // of base_url, for messages
  std::string pins;       // in libcurl's form: "sha256//...;sha256//..."
  bool loopback = false;  // never through a proxy of the environment
  std::shared_ptr<std::set<std::string>> noticed = std::make_shared<std::set<std::string>>();  // pins told about

  static Result<CurlSettings> check(const CurlOptions& options);
};

class CurlCall {
 public:
  enum class Next { report, look_at_certificate };
  // `settings` outlives the call.
  CurlCall(const CurlSettings& settings, Transport::CallId id, HttpRequest request, Transport::Done done,
           Transport::OnProgress progress);
  ~CurlCall();
  CurlCall(const CurlCall&) = delete;

  bool prepare(CURLSH* share);       // the request itself
  bool prepare_look(CURLSH* share);  // a handshake only, whatever the certificate says, to describe the certificate
  Next completed(CURLcode code);     // of whichever was prepared last
  void report();                     // hands the outcome to `done`
  void finish(Result<HttpResponse> outcome);

  CURL* easy() const { return easy_; }
  Transport::CallId id() const { return id_; }
  int64_t stalled_in_ms() const;  // <= 0: no byte moved for too long
  // A long poll that is given up while it waits for its answer: its caller is told so, but the connection is not cut, for
  // the centre ends the poll as soon as it hears of the tablet again, and the next request finds the connection open.
  // False: it is not such a one.
  bool let_go();

 private:
  bool prepare_connection(CURLSH* share);
  void outcome_of(CURLcode code);
  void notice_spare_pin();
  bool only_waits() const { return last_progress_.sent >= request_.body.size() && last_progress_.received == 0; }
  void touched() { touched_ = std::chrono::steady_clock::now(); }
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static int on_transfer(void* self, curl_off_t to_receive, curl_off_t received, curl_off_t to_send, curl_off_t sent);
  static int on_connected(void* self, char* ip, char* local_ip, int port, int local_port);

  const CurlSettings& settings_;
  const Transport::CallId id_;
  HttpRequest request_;
  Transport::Done done_;
  Transport::OnProgress progress_;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  HttpResponse response_;
  size_t header_bytes_ = 0;
  Progress last_progress_;
  std::chrono::steady_clock::time_point touched_ = std::chrono::steady_clock::now();
  bool too_large_ = false, looking_ = false, let_go_ = false;
  CURLcode failed_with_ = CURLE_OK;
  std::string failed_detail_;
  std::optional<Result<HttpResponse>> outcome_;
};

}  // namespace satchel::sync

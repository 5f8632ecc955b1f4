#include "sync/curl_call.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

namespace satchel::sync {
namespace {

constexpr size_t kHeaderBytesMost = 256 << 10;
constexpr int64_t kLetGoMs = 10'000;  // that the centre gets to end a poll nobody waits for

std::string host_of(std::string_view url) {
  std::string_view rest = url.substr(url.find("//") + 2);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (rest.starts_with('[')) return std::string(rest.substr(1, rest.find(']') - 1));
  return std::string(rest.substr(0, rest.find(':')));
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

Result<CurlSettings> CurlSettings::check(const CurlOptions& options) {
  if (!lower(options.base_url).starts_with("https://") || options.base_url.size() == 8) {
    return make_error(Code::invalid, "The address of the central store must begin with https://", "base_url");
  }
  if (options.base_url.find('@') != std::string::npos) {
    return make_error(Code::invalid, "The address of the central store must not contain a user or password.",
                      "base_url");
  }
  if (!options.ca_file.empty() && !options.pins.empty()) {
    return make_error(Code::invalid, "Give either a file of trusted certificates or pins, not both.", "pins");
  }
  if (options.pins.size() == 1) {
    return make_error(Code::invalid, "Give at least two pins: the current key's and a spare one's.", "pins");
  }
  CurlSettings settings;
  settings.options = options;
  while (settings.options.base_url.ends_with('/')) settings.options.base_url.pop_back();
  settings.host = host_of(settings.options.base_url);
  settings.loopback = settings.host == "localhost" || settings.host == "::1" || settings.host.starts_with("127.");
  for (size_t i = 0; i < options.pins.size(); ++i) {
    if (!is_pin(options.pins[i])) {
      return make_error(Code::invalid, "A pin must be sha256/ and the base64 of 32 bytes.",
                        "pins/" + std::to_string(i));
    }
    settings.pins += (i == 0 ? "sha256//" : ";sha256//") + options.pins[i].substr(7);
  }
  return settings;
}

CurlCall::CurlCall(const CurlSettings& settings, Transport::CallId id, HttpRequest request, Transport::Done done,
                   Transport::OnProgress progress)
    : settings_(settings),
      id_(id),
      request_(std::move(request)),
      done_(std::move(done)),
      progress_(std::move(progress)) {}

CurlCall::~CurlCall() {
  if (easy_ != nullptr) curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
}

// What the request and the look at the certificate have in common.
bool CurlCall::prepare_connection(CURLSH* share) {
  const CurlOptions& options = settings_.options;
  if (easy_ == nullptr) easy_ = curl_easy_init();
  if (easy_ == nullptr) return false;
  curl_easy_reset(easy_);
  detail_[0] = '\0';
  touched();
  bool ok = true;
  const auto set = [&](CURLoption option, auto value) {
    ok = curl_easy_setopt(easy_, option, value) == CURLE_OK && ok;
  };
  set(CURLOPT_ERRORBUFFER, detail_.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout_ms));
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!options.proxy.empty()) {
    set(CURLOPT_PROXY, options.proxy.c_str());
    set(CURLOPT_NOPROXY, "");  // what was asked for counts, whatever the environment excepts
  } else if (settings_.loopback) {
    set(CURLOPT_PROXY, "");
  }
  set(CURLOPT_SHARE, share);
  return ok;
}

bool CurlCall::prepare(CURLSH* share) {
  if (!prepare_connection(share)) return false;
  const CurlOptions& options = settings_.options;
  bool ok = true;
  const auto set = [&](CURLoption option, auto value) {
    ok = curl_easy_setopt(easy_, option, value) == CURLE_OK && ok;
  };
  set(CURLOPT_URL, (options.base_url + request_.path).c_str());
  if (request_.method == "POST") {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.data());
  } else if (request_.method != "GET") {
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  headers_ = curl_slist_append(headers_, "Expect:");  // no waiting for "100 Continue": it costs a round trip
  headers_ = curl_slist_append(headers_, "Accept:");  // nobody reads it
  for (const auto& [name, value] : request_.headers)
    headers_ = curl_slist_append(headers_, (name + ": " + value).c_str());
  set(CURLOPT_HTTPHEADER, headers_);
  if (!settings_.pins.empty()) {
    // The pins stand instead of a bundle. VERIFYHOST stays on: with both off libcurl takes a server without any
    // certificate before it looks at the pins.
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_PINNEDPUBLICKEY, settings_.pins.c_str());
    set(CURLOPT_CERTINFO, 1L);
  } else if (!options.ca_file.empty()) {
    set(CURLOPT_CAINFO, options.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout_ms + request_.wait_ms));
  set(CURLOPT_WRITEFUNCTION, &CurlCall::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &CurlCall::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &CurlCall::on_transfer);
  set(CURLOPT_XFERINFODATA, this);
  set(CURLOPT_PREREQFUNCTION, &CurlCall::on_connected);
  set(CURLOPT_PREREQDATA, this);
  return ok;
}

bool CurlCall::prepare_look(CURLSH* share) {
  looking_ = true;
  if (!prepare_connection(share)) return false;
  bool ok = true;
  const auto set = [&](CURLoption option, auto value) {
    ok = curl_easy_setopt(easy_, option, value) == CURLE_OK && ok;
  };
  set(CURLOPT_URL, settings_.options.base_url.c_str());
  set(CURLOPT_CONNECT_ONLY, 1L);  // handshake, then nothing: not a byte of ours goes to whoever this is
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_SSL_VERIFYPEER, 0L);
  set(CURLOPT_SSL_VERIFYHOST, 0L);
  set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  set(CURLOPT_CERTINFO, 1L);
  return ok;
}

CurlCall::Next CurlCall::completed(CURLcode code) {
  if (looking_) {
    const auto seen = code == CURLE_OK ? seen_certificate(easy_) : std::nullopt;
    outcome_ = certificate_error(failed_with_, settings_.host, failed_detail_, seen, settings_.options.pins);
    return Next::report;
  }
  failed_with_ = code;
  failed_detail_ = failure_detail(easy_, code, detail_.data());
  outcome_of(code);
  return code != CURLE_OK && is_certificate_failure(code, failed_detail_) ? Next::look_at_certificate : Next::report;
}

void CurlCall::outcome_of(CURLcode code) {
  if (too_large_) {
    outcome_ = make_error(Code::protocol, "The answer was larger than this app takes and was given up.");
  } else if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    notice_spare_pin();
    outcome_ = std::move(response_);
  } else if (is_certificate_failure(code, failed_detail_)) {
    outcome_ = certificate_error(code, settings_.host, failed_detail_, std::nullopt, settings_.options.pins);
  } else {
    outcome_ = transfer_error(code, settings_.host, failed_detail_);
  }
}

// The first pin is the key in use when the app was built; any other is a spare. Once the centre uses a spare there is
// no reserve left, and somebody should know before it is used up.
void CurlCall::notice_spare_pin() {
  const auto& pins = settings_.options.pins;
  long new_connections = 0;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &new_connections);
  if (pins.empty() || new_connections == 0 || !settings_.options.on_notice) return;
  const auto seen = seen_certificate(easy_);
  if (!seen || seen->info.pin == pins.front()) return;
  if (std::find(pins.begin(), pins.end(), seen->info.pin) == pins.end()) return;
  if (!settings_.noticed->insert(seen->info.pin).second) return;
  settings_.options.on_notice("The central store " + settings_.host + " now uses the spare key " + seen->info.pin +
                              " (certificate valid until " + seen->info.valid_until +
                              "). Sync goes on. Update the app before then, so that it knows a new spare key.");
}

void CurlCall::report() {
  if (outcome_) finish(std::move(*outcome_));
}

void CurlCall::finish(Result<HttpResponse> outcome) {
  if (const Transport::Done done = std::exchange(done_, {})) done(std::move(outcome));
}

int64_t CurlCall::stalled_in_ms() const {
  const auto idle = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - touched_);
  if (let_go_) return kLetGoMs - idle.count();
  // Once everything is sent, a long poll may be silent for as long as it was told to wait.
  return settings_.options.stall_ms + (only_waits() ? request_.wait_ms : 0) - idle.count();
}

bool CurlCall::let_go() {
  const bool connected = last_progress_.sent > 0 || header_bytes_ > 0;
  if (request_.wait_ms == 0 || looking_ || !connected || !only_waits()) return false;
  let_go_ = true;
  touched();
  progress_ = {};
  finish(make_error(Code::cancelled, "The request was given up."));
  return true;
}

size_t CurlCall::on_body(char* data, size_t size, size_t count, void* self) {
  auto& call = *static_cast<CurlCall*>(self);
  call.touched();
  if (call.response_.body.size() + size * count > call.settings_.options.answer_bytes_most) {
    call.too_large_ = true;
    return 0;
  }
  call.response_.body.append(data, size * count);
  return size * count;
}

size_t CurlCall::on_header(char* data, size_t size, size_t count, void* self) {
  auto& call = *static_cast<CurlCall*>(self);
  call.touched();
  std::string_view line(data, size * count);
  call.header_bytes_ += line.size();
  if (call.header_bytes_ > kHeaderBytesMost) {
    call.too_large_ = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) call.response_.headers.clear();  // of the final answer only, not of a 1xx before it
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front())) != 0) value.remove_prefix(1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back())) != 0) value.remove_suffix(1);
  call.response_.headers[lower(line.substr(0, colon))] = value;
  return size * count;
}

int CurlCall::on_transfer(void* self, curl_off_t to_receive, curl_off_t received, curl_off_t to_send, curl_off_t sent) {
  auto& call = *static_cast<CurlCall*>(self);
  const auto count = [](curl_off_t number) { return static_cast<uint64_t>(std::max<curl_off_t>(number, 0)); };
  const Progress now{count(sent), count(to_send), count(received), count(to_receive)};
  if (now.sent == call.last_progress_.sent && now.received == call.last_progress_.received) return 0;
  call.last_progress_ = now;
  call.touched();
  if (call.progress_) call.progress_(now);
  return 0;
}

int CurlCall::on_connected(void* self, char*, char*, int, int) {
  static_cast<CurlCall*>(self)->touched();
  return CURL_PREREQFUNC_OK;
}

}  // namespace satchel::sync

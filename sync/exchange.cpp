#include "sync/exchange.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "proto/messages.hpp"
#include "sync/retry_after.hpp"

namespace satchel::sync {
namespace {

// A portal or a proxy may name a day; nobody is to be cut off for so long by a stranger.
constexpr int64_t kStrangersRetryMostMs = 300'000;
constexpr size_t packed_header_bytes = std::string_view("content-encoding: zstd\r\n").size();

std::string_view header(const HttpResponse& answer, std::string_view name) {
  const auto found = answer.headers.find(std::string(name));
  return found == answer.headers.end() ? std::string_view{} : std::string_view{found->second};
}

// "Application/X-Protobuf; charset=x" is ours too.
bool is_ours(const HttpResponse& answer) {
  std::string_view type = header(answer, "content-type");
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return std::equal(type.begin(), type.end(), media_type.begin(), media_type.end(),
                    [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

Failure failure(FailureKind kind, Code code, std::string message, bool retryable) {
  Error error = make_error(code, std::move(message));
  error.retryable = retryable;
  return {kind, std::move(error), std::nullopt};
}

// Only somebody elsewhere can help.
Failure shut(Code code, std::string message) {
  Failure result = failure(FailureKind::blocked, code, std::move(message), false);
  result.from_centre = true;
  return result;
}

// Somebody on the way answered: a portal, a proxy, a load balancer in front of the central store.
Failure answered_by_another(const HttpResponse& answer) {
  const std::string status = std::to_string(answer.status);
  if (answer.status < 400 || answer.status == 511) {
    return failure(FailureKind::transient, Code::network,
                   "This network wants you to sign in first. Open a web page to do so, or use another network.", true);
  }
  if (answer.status >= 500 || answer.status == 429) {
    return failure(FailureKind::transient, Code::server,
                   "The central store cannot answer at the moment (status " + status + "). It will be tried again.",
                   true);
  }
  return failure(FailureKind::transient, Code::network,
                 "Something between this tablet and the central store answered instead of it (status " + status +
                     "). Another network may help.",
                 true);
}

Result<Bytes> plain_body(const HttpResponse& answer) {
  const std::string_view encoding = header(answer, "content-encoding");
  if (encoding.empty() || encoding == "identity") return answer.body;
  if (encoding == "zstd") return proto::decompress(answer.body, plain_answer_bytes_most);
  return make_error(Code::protocol, "The central store's answer is packed in a way this app does not know.",
                    "content-encoding");
}

std::string said(const std::string& message, const char* otherwise) { return message.empty() ? otherwise : message; }

Failure refused(std::string_view path, const HttpResponse& answer, const proto::Failure& told) {
  switch (answer.status) {
    case 401:
      if (path == session_path) {
        return failure(FailureKind::needs_sign_in, Code::sign_in, said(told.message, "Please sign in again."), false);
      }
      return failure(FailureKind::credential_refused, Code::sign_in,
                     said(told.message, "The central store asks to sign in again."), true);
    case 403:
    case 409:
      return shut(Code::permission,
                  said(told.message, "The central store does not accept this tablet.") +
                      " Please show this to your office. Once it is put right there, this tablet goes on by itself "
                      "within the hour, or at once when you ask it to.");
    case 413:
      return failure(FailureKind::too_large, Code::limit,
                     said(told.message, "The central store takes only smaller pieces at the moment."), true);
    case 426:
      return shut(Code::newer_format,
                  said(told.message, "The central store is newer than this app. Please update the app."));
    case 408:
      return failure(FailureKind::transient, Code::timeout, said(told.message, "The connection was too slow."), true);
    case 429:
    case 503:
      return failure(FailureKind::transient, Code::server,
                     said(told.message, "The central store is busy. It will be tried again."), true);
    default:
      break;
  }
  if (answer.status >= 500) {
    return failure(FailureKind::transient, Code::server,
                   said(told.message, "The central store had trouble. It will be tried again."), true);
  }
  return failure(FailureKind::transient, Code::protocol,
                 said(told.message, "The central store did not understand this app."), false);
}

}  // namespace

HttpRequest make_request(std::string_view path, Bytes plain_body_bytes, std::string_view credential) {
  HttpRequest request;
  request.path = path;
  request.headers["content-type"] = media_type;
  request.headers["accept-encoding"] = "zstd";
  if (!credential.empty()) request.headers["authorization"] = "Bearer " + std::string(credential);
  Bytes packed = proto::compress(plain_body_bytes);
  if (packed.size() + packed_header_bytes < plain_body_bytes.size()) {
    request.headers["content-encoding"] = "zstd";
    request.body = std::move(packed);
  } else {
    request.body = std::move(plain_body_bytes);
  }
  return request;
}

std::variant<Bytes, Failure> read_answer(std::string_view path, const Result<HttpResponse>& answer,
                                         int64_t now_wall_ms) {
  if (!answer.ok()) {
    const bool blocked = answer.error().code == Code::certificate;
    return Failure{blocked ? FailureKind::blocked : FailureKind::transient, answer.error(), std::nullopt};
  }
  const bool ours = is_ours(*answer);
  if (ours && answer->status == 200) {
    Result<Bytes> body = plain_body(*answer);
    if (body.ok()) return std::move(body).value();
    return Failure{FailureKind::transient, body.error(), std::nullopt};
  }
  Failure result = answered_by_another(*answer);
  proto::Failure told;
  if (ours) {
    if (const Result<Bytes> body = plain_body(*answer); body.ok()) {
      if (const auto decoded = proto::decode_failure(*body); decoded.ok()) told = *decoded;
    }
    result = refused(path, *answer, told);
  }
  result.retry_after_ms = retry_after_ms(header(*answer, "retry-after"), header(*answer, "date"), now_wall_ms);
  if (!result.retry_after_ms && told.retry_after_s > 0) {
    result.retry_after_ms = retry_after_ms(std::to_string(told.retry_after_s), {}, now_wall_ms);
  }
  if (!ours) {
    result.by_another = true;
    if (result.retry_after_ms) result.retry_after_ms = std::min(*result.retry_after_ms, kStrangersRetryMostMs);
    if (result.retry_after_ms == 0) result.retry_after_ms.reset();  // the usual pause
  }
  return result;
}

Failure failure_of_store(const Error& error) {
  switch (error.code) {
    case Code::wrong_owner:
    case Code::corrupt:
    case Code::newer_format:
    case Code::closed:
    case Code::internal:
      return {FailureKind::blocked, error, std::nullopt};
    default:  // disk full, busy, a read or write that failed, an answer that does not fit: nothing was applied
      return {FailureKind::transient, error, std::nullopt};
  }
}

Failure failure_of_token(const Error& error) {
  const bool later = error.retryable || error.code == Code::network || error.code == Code::timeout;
  return {later ? FailureKind::transient : FailureKind::needs_sign_in, error, std::nullopt};
}

}  // namespace satchel::sync

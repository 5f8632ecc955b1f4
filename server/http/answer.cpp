#include "server/http/answer.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "proto/messages.hpp"

namespace satchel::server::http {
namespace {

constexpr size_t worth_compressing = 128;
constexpr size_t packed_header_bytes = std::string_view("content-encoding: zstd\r\n").size();

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "application/x-protobuf; charset=..." without its parameters.
std::string media_type(std::string_view content_type) {
  return lower(trimmed(content_type.substr(0, content_type.find(';'))));
}

bool is_zero_weight(std::string_view parameters) {
  const std::string text = lower(parameters);
  const size_t at = text.find("q=");
  if (at == std::string::npos) return false;
  const std::string_view weight = trimmed(std::string_view(text).substr(at + 2));
  return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

bool accepts_zstd(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const size_t comma = accept_encoding.find(',');
    const std::string_view item = accept_encoding.substr(0, comma);
    const size_t semicolon = item.find(';');
    if (lower(trimmed(item.substr(0, semicolon))) == "zstd") {
      return semicolon == std::string_view::npos || !is_zero_weight(item.substr(semicolon));
    }
    if (comma == std::string_view::npos) return false;
    accept_encoding.remove_prefix(comma + 1);
  }
  return false;
}

std::string mebibytes(uint64_t bytes) {
  return bytes >= (1 << 20) ? std::to_string(bytes >> 20) + " MiB" : std::to_string(bytes) + " bytes";
}

Answer json_answer(int status, const nlohmann::json& body) {
  Answer answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return answer;
}

std::optional<Route> route_of(std::string_view path) {
  if (path == "/v1/session") return Route::session;
  if (path == "/v1/sync") return Route::sync;
  if (path == "/healthz") return Route::health;
  if (path == "/readyz") return Route::ready;
  return std::nullopt;
}

// Why a POST with this head cannot be read; empty when it can.
std::optional<Answer> refuse_body(const Head& head, const BodyLimits& limits) {
  if (media_type(head.content_type) != protobuf_type) {
    return failure_answer(head.path, 415, "content_type",
                          "The body must be sent as content-type " + std::string(protobuf_type) + ".");
  }
  const std::string encoding = lower(trimmed(head.content_encoding));
  if (!encoding.empty() && encoding != "zstd" && encoding != "identity") {
    return failure_answer(head.path, 415, "content_encoding",
                          "The body may be sent plain or with content-encoding zstd; nothing else is understood.");
  }
  if (head.chunked || !head.content_length) {
    return failure_answer(head.path, 411, "length_required", "The request must say how long its body is.");
  }
  if (*head.content_length > limits.body_bytes_most) {
    return failure_answer(head.path, 413, "too_large",
                          "The body is larger than this central store takes at once (" +
                              mebibytes(limits.body_bytes_most) + "). Send less at a time.");
  }
  return std::nullopt;
}

}  // namespace

Bytes failure_body(std::string_view code, std::string_view message, uint32_t retry_after_s) {
  return proto::encode(proto::Failure{std::string(code), std::string(message), retry_after_s});
}

Answer failure_answer(std::string_view path, int status, std::string_view code, std::string_view message,
                      uint32_t retry_after_s) {
  Answer answer;
  if (path.substr(0, 4) == "/v1/") {
    answer.content_type = protobuf_type;
    answer.body = failure_body(code, message, retry_after_s);
  } else {
    answer = json_answer(status, {{"code", code}, {"message", message}});
  }
  answer.status = status;
  answer.retry_after_s = retry_after_s;
  return answer;
}

Admission admit(const Head& head, const BodyLimits& limits) {
  const std::optional<Route> route = route_of(head.path);
  if (!route) return {std::nullopt, failure_answer(head.path, 404, "not_found", "There is nothing at this address.")};
  const bool probe = *route == Route::health || *route == Route::ready;
  const bool method_fits = probe ? head.method == "GET" || head.method == "HEAD" : head.method == "POST";
  if (!method_fits) {
    Admission refused{std::nullopt, failure_answer(head.path, 405, "method", "This address takes another method.")};
    refused.refusal.allow = probe ? "GET, HEAD" : "POST";
    return refused;
  }
  if (probe) {
    if (head.chunked || head.content_length.value_or(0) > 0) {
      return {std::nullopt, failure_answer(head.path, 413, "too_large", "This address takes no body.")};
    }
    return {route, {}};
  }
  if (auto refusal = refuse_body(head, limits)) return {std::nullopt, std::move(*refusal)};
  return {route, {}};
}

Result<Bytes> plain_body(const Head& head, Bytes body, const BodyLimits& limits) {
  if (lower(trimmed(head.content_encoding)) != "zstd") return body;
  return proto::decompress(body, limits.plain_bytes_most);
}

Answer body_refused(const Head& head, const Error& error) {
  if (error.code == Code::limit) {
    return failure_answer(head.path, 413, "too_large",
                          "Unpacked, the body is larger than this central store takes at once. Send less at a time.");
  }
  return failure_answer(head.path, 400, "content_encoding", "The body is not readable zstd, as its head says it is.");
}

Answer reply_answer(const Head& head, Reply reply) {
  Answer answer;
  answer.status = reply.status;
  answer.content_type = protobuf_type;
  answer.retry_after_s = reply.retry_after_s;
  answer.replica = std::move(reply.replica);
  answer.body = std::move(reply.body);
  if (answer.body.size() >= worth_compressing && accepts_zstd(head.accept_encoding)) {
    Bytes packed = proto::compress(answer.body);
    if (packed.size() + packed_header_bytes < answer.body.size()) {
      answer.body = std::move(packed);
      answer.content_encoding = "zstd";
    }
  }
  return answer;
}

Answer health_answer() { return json_answer(200, {{"status", "alive"}}); }

Answer ready_answer(const Result<>& ready, bool stopping) {
  if (stopping) return json_answer(503, {{"status", "stopping"}});
  if (ready.ok()) return json_answer(200, {{"status", "ready"}});
  Answer answer = json_answer(503, {{"status", "not ready"}, {"code", code_name(ready.error().code)}});
  answer.retry_after_s = 5;
  return answer;
}

std::string_view path_for_log(std::string_view path) { return route_of(path) ? path : "other"; }

std::string_view method_for_log(std::string_view method) {
  for (std::string_view known : {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    if (method == known) return known;
  }
  return "other";
}

}  // namespace satchel::server::http

// The rules of docs/PROTOCOL.md about heads of requests and about answers, without any socket: what is let in, what is
// refused with which words, how a body is packed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "server/service.hpp"

namespace satchel::server::http {

inline constexpr std::string_view protobuf_type = "application/x-protobuf";

// What of a request's head counts here. Field values as they came.
struct Head {
  std::string method, path;          // path without the query
  std::string authorization, content_type, content_encoding, accept_encoding;
  std::optional<uint64_t> content_length;
  bool chunked = false;
};

enum class Route { session, sync, health, ready };

struct Answer {
  int status = 200;
  std::string content_type;
  std::string content_encoding;      // empty: none
  std::string allow;                 // methods, with 405
  Bytes body;
  uint32_t retry_after_s = 0;        // 0: no header
  std::string replica;               // for the log
};

struct BodyLimits {
  uint64_t body_bytes_most = 12 << 20;   // as it travels
  uint64_t plain_bytes_most = 24 << 20;  // after decompression
};

// An encoded proto::Failure.
Bytes failure_body(std::string_view code, std::string_view message, uint32_t retry_after_s);
// A failure in the form that suits the path: protobuf below /v1/, JSON elsewhere.
Answer failure_answer(std::string_view path, int status, std::string_view code, std::string_view message,
                      uint32_t retry_after_s = 0);

// Where this head leads, or the answer that refuses it (404, 405, 411, 413, 415). Looks at no body.
struct Admission {
  std::optional<Route> route;
  Answer refusal;                    // when there is no route
};
Admission admit(const Head& head, const BodyLimits& limits);

// The body as the service takes it; Code::limit when it would grow above the limit, Code::protocol when it is not zstd.
Result<Bytes> plain_body(const Head& head, Bytes body, const BodyLimits& limits);
Answer body_refused(const Head& head, const Error& error);

// The service's reply on its way out, compressed when the client takes zstd and it is worth it.
Answer reply_answer(const Head& head, Reply reply);
Answer health_answer();
Answer ready_answer(const Result<>& ready, bool stopping);

// For the log: a path or method that somebody made up may carry personal data, so only ours are named.
std::string_view path_for_log(std::string_view path);
std::string_view method_for_log(std::string_view method);

}  // namespace satchel::server::http

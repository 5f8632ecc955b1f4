// What one exchange with the central store looks like in HTTP (docs/PROTOCOL.md): how a request is made of a message,
// and what an answer, or the lack of one, means to the session. Pure; no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.hpp"
#include "sync/session.hpp"
#include "sync/transport.hpp"

namespace satchel::sync {

inline constexpr std::string_view session_path = "/v1/session";
inline constexpr std::string_view sync_path = "/v1/sync";
inline constexpr std::string_view media_type = "application/x-protobuf";
inline constexpr size_t plain_answer_bytes_most = 64 << 20;  // after decompression

// The body is zstd where that makes it smaller. `credential` empty: none is sent.
HttpRequest make_request(std::string_view path, Bytes plain_body, std::string_view credential);

// The plain body of a 200 of the central store, or what went wrong.
// `now_wall_ms` is only used for a Retry-After that is a date, when the answer carries no Date of its own.
std::variant<Bytes, Failure> read_answer(std::string_view path, const Result<HttpResponse>& answer,
                                         int64_t now_wall_ms);

// An error of the store or of the token provider in the session's classes.
Failure failure_of_store(const Error& error);
Failure failure_of_token(const Error& error);

}  // namespace satchel::sync

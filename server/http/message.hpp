// HTTP/1.1 without any socket: bytes as they arrive on a connection become requests, an answer becomes bytes. The
// connection feeds it from TLS, tests/fuzz from anywhere. The only Beast user is message.cpp: each file that includes
// Beast takes most of a minute to compile.
//
//   begin() ──> read_head() ──more──> room(), arrived() ──> read_head() ...
//                   │ done: head()                   │ failed: failure()
//                   └──> read_body() ──more──> room(), arrived() ──> read_body() ... ──done──> take_body()
//
// Trusts nothing that arrives. Of one request it holds the head, at most header_bytes_most, and the body: whether that
// may be as long as the head says is for the caller to judge (admit()) before read_body().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/base/bytes.hpp"
#include "server/http/answer.hpp"

namespace satchel::server::http {

class RequestReader {
 public:
  explicit RequestReader(size_t header_bytes_most);
  ~RequestReader();

  // Where the next bytes go, and how many came. Valid until the next call of anything here.
  std::span<char> room();
  void arrived(size_t bytes);
  bool has_bytes() const;  // some that no request used: the next one came along with the last

  enum class Progress { more, done, failed };  // more: of the bytes that arrived so far
  void begin();                                // of the next request; what is left of the last one is its beginning
  Progress read_head();
  Progress read_body();                        // after the head is done

  // Path and method also of a head that failed, as far as it was read.
  const Head& head() const;
  bool expects_continue() const;
  bool keep_alive() const;  // the client lets the connection serve another request
  Bytes take_body();
  // Of a head that failed: why, in words.
  Answer failure() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// An answer as it goes out; `whole` false leaves its body out but not the body's length, as to HEAD.
Bytes answer_bytes(Answer& answer, bool keep_alive, bool whole);

}  // namespace satchel::server::http

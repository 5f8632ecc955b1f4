// A transport whose other side is a function in this process: tests and the simulator put the real server::Service
// behind it. Nothing runs inside send(); everything runs on the executor.
#pragma once

#include <functional>
#include <memory>

#include "core/base/executor.hpp"
#include "sync/transport.hpp"

namespace satchel::sync {

using Handler = std::function<HttpResponse(const HttpRequest&)>;
// Answers whenever it likes (a long poll), once, on the executor.
using Answer = std::function<void(HttpResponse)>;
using SlowHandler = std::function<void(const HttpRequest&, Answer)>;

std::unique_ptr<Transport> make_in_process_transport(Executor& executor, Handler handler);
std::unique_ptr<Transport> make_in_process_transport(Executor& executor, SlowHandler handler);

}  // namespace satchel::sync

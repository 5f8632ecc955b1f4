// A transport that loses, repeats, delays, overtakes and cuts what another one carries, as told per request: for tests
// and the simulator. Its timing comes from the executor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/executor.hpp"
#include "sync/transport.hpp"

namespace satchel::sync {

struct Fault {
  enum class Kind {
    none,
    lose_request,  // never arrives; the sender hears Code::network
    lose_answer,   // arrives and is handled; the sender hears Code::network
    duplicate,     // arrives twice; the sender hears the first answer
    hold,          // the sender hears Code::network; it arrives all the same, after the next request (overtaking)
    cut_answer,    // only the first `bytes` of the answer's body come through, unnoticed by HTTP
  };
  Kind kind = Kind::none;
  int64_t request_delay_ms = 0;
  int64_t answer_delay_ms = 0;  // also before the sender hears of a loss
  size_t bytes = 0;
};

using FaultPlan = std::function<Fault(const HttpRequest&)>;  // asked once per send, on the sender's thread

// `inner` and `executor` must outlive it. One thread: the executor's.
std::unique_ptr<Transport> make_faulty_transport(Transport& inner, Executor& executor, FaultPlan plan);

}  // namespace satchel::sync

// The functions of include/satchel.h by which an app syncs, in front and in the background.
#include <chrono>
#include <future>
#include <memory>

#include "platform/c/api_call.hpp"

namespace {

using namespace satchel;
using namespace satchel::abi;

// What is waited for on the caller's thread. Shared with the callback, which may come after the wait was given up.
struct Wait {
  std::promise<Result<std::string>> promise;

  static satchel_done done(const std::shared_ptr<Wait>& wait) {
    return {new std::shared_ptr<Wait>(wait), Wait::call, Wait::destroy};
  }

  static void call(void* context, const satchel_error* error, satchel_slice status) {
    auto& self = *static_cast<std::shared_ptr<Wait>*>(context);
    if (error != nullptr) self->promise.set_value(error->error);
    else self->promise.set_value(text(status));
  }
  static void destroy(void* context) { delete static_cast<std::shared_ptr<Wait>*>(context); }
};

// Taken over here already: the call may end before it comes to the store's thread.
Result<> start_sync(satchel_store* store, const satchel_done& done) {
  auto taken = std::make_shared<Taken<satchel_done>>(done);
  return store->handle->on_thread<void>([&taken](Handle& handle) { return handle.start_sync(std::move(taken)); });
}

// What a thread that is free needs to tell that the time is over.
constexpr std::chrono::milliseconds to_tell{50};

Result<> check_time(int64_t within_ms, int64_t least) {
  if (within_ms >= least) return {};
  return make_error(Code::invalid, "A time of at least " + std::to_string(least) + " ms is needed.", "within_ms");
}

}  // namespace

extern "C" {

satchel_error* satchel_sync(satchel_store* store, satchel_done done) {
  return guarded([&]() -> Result<> { return start_sync(store, done); });
}

satchel_error* satchel_sync_wait(satchel_store* store, int64_t timeout_ms, satchel_buffer* status) {
  return guarded([&]() -> Result<> {
    const auto wait = std::make_shared<Wait>();
    auto result = wait->promise.get_future();
    SATCHEL_TRY(start_sync(store, Wait::done(wait)));
    const Deadline deadline = deadline_in(std::max<int64_t>(timeout_ms, 0));
    if (deadline && result.wait_until(*deadline) != std::future_status::ready) {
      return make_error(Code::timeout, "It takes longer than you wanted to wait. It goes on in the background.");
    }
    SATCHEL_ASSIGN(const std::string text, result.get());
    *status = give(text);
    return {};
  });
}

satchel_error* satchel_sync_cancel(satchel_store* store, void* context) {
  return on_thread(store, [context](Handle& handle) { return handle.cancel_sync(context); });
}

satchel_error* satchel_sync_stop(satchel_store* store) {
  return on_thread(store, [](Handle& handle) { return handle.stop_syncs(); });
}

satchel_error* satchel_watch_start(satchel_store* store) {
  return on_thread(store, [](Handle& handle) { return handle.start_watch(); });
}

satchel_error* satchel_watch_stop(satchel_store* store) {
  return on_thread(store, [](Handle& handle) { return handle.stop_watch(); });
}

satchel_error* satchel_keep_history(satchel_store* store, satchel_slice scope, bool keep) {
  return on_thread(store, [scope, keep](Handle& handle) -> Result<> {
    const auto id = ScopeId::parse(view(scope));
    if (!id) return make_error(Code::invalid, "This is not the id of a scope.", "scope");
    SATCHEL_TRY(handle.store().keep_history(*id, keep));
    return handle.after_commit();
  });
}

satchel_error* satchel_network_changed(satchel_store* store, bool online) {
  return on_thread(store, [online](Handle& handle) { return handle.network_changed(online); });
}

satchel_error* satchel_status(satchel_store* store, satchel_buffer* out) {
  return guarded([&]() -> Result<> {
    SATCHEL_ASSIGN(const std::string text, store->handle->status());
    *out = give(text);
    return {};
  });
}

// ---- in the background

satchel_error* satchel_enter_background(satchel_store* store, int64_t within_ms, satchel_buffer* out) {
  return guarded([&]() -> Result<> {
    SATCHEL_TRY(check_time(within_ms, 0));
    const Deadline deadline = deadline_in(within_ms);
    Handle& handle = *store->handle;
    // In two steps: what the engine does about the first comes between them.
    const auto stopped = handle.on_thread<void>([](Handle& self) { return self.stop_watch(); }, deadline);
    if (stopped) SATCHEL_TRY(*stopped);
    const auto flushed = handle.on_thread<void>([](Handle& self) { return self.rest(); }, deadline);
    if (flushed) SATCHEL_TRY(*flushed);
    SATCHEL_ASSIGN(const std::string text, handle.background_json(flushed.has_value()));
    *out = give(text);
    return {};
  });
}

satchel_error* satchel_sync_within(satchel_store* store, int64_t within_ms, satchel_done done) {
  return guarded([&]() -> Result<> {
    const auto taken = std::make_shared<Taken<satchel_done>>(done);
    SATCHEL_TRY(check_time(within_ms, 1));
    const Deadline deadline = deadline_in(within_ms);
    return store->handle->on_thread<void>([&](Handle& handle) { return handle.start_sync(taken, *deadline); });
  });
}

satchel_error* satchel_sync_within_wait(satchel_store* store, int64_t within_ms, satchel_buffer* out) {
  return guarded([&]() -> Result<> {
    SATCHEL_TRY(check_time(within_ms, 1));
    const Deadline deadline = deadline_in(within_ms);
    Handle& handle = *store->handle;
    const auto wait = std::make_shared<Wait>();
    auto result = wait->promise.get_future();
    const auto taken = std::make_shared<Taken<satchel_done>>(Wait::done(wait));
    const auto started = handle.on_thread<void>(
        [taken, deadline](Handle& self) -> Result<> {
          if (std::chrono::steady_clock::now() >= *deadline) return {};  // the caller has gone
          return self.start_sync(taken, *deadline);
        },
        deadline);
    if (started) SATCHEL_TRY(*started);
    const bool ended = started && result.wait_until(*deadline + to_tell) == std::future_status::ready;
    SATCHEL_ASSIGN(const std::string text, ended ? result.get() : handle.outcome_json(sync::SyncEnd::out_of_time, {}));
    *out = give(text);
    return {};
  });
}

}  // extern "C"

// api_call: what the functions of include/satchel.h that run on the store's thread have in common.
#pragma once

#include "platform/c/handle.hpp"

namespace satchel::abi {

template <class T>
satchel_error* on_thread(satchel_store* store, std::function<Result<T>(Handle&)> work, satchel_buffer* out) {
  return guarded([&]() -> Result<> {
    SATCHEL_ASSIGN(const std::string text, store->handle->on_thread<T>(std::move(work)));
    *out = give(text);
    return {};
  });
}

inline satchel_error* on_thread(satchel_store* store, std::function<Result<>(Handle&)> work) {
  return guarded([&]() -> Result<> { return store->handle->on_thread<void>(std::move(work)); });
}

}  // namespace satchel::abi

#include "tests/bench/heap.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace satchel::bench {
namespace {

std::atomic<size_t> held{0};  // the one global of the benches: operator new has no argument to carry it

}  // namespace

size_t heap_now() { return held.load(std::memory_order_relaxed); }

void* take_or_null(size_t size) noexcept {
  void* const block = std::malloc(size);
  if (block != nullptr) held.fetch_add(malloc_usable_size(block), std::memory_order_relaxed);
  return block;
}
void* take(size_t size) {
  void* const block = take_or_null(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void give_back(void* block) {
  if (block == nullptr) return;
  held.fetch_sub(malloc_usable_size(block), std::memory_order_relaxed);
  std::free(block);
}

}  // namespace satchel::bench

void* operator new(size_t size) { return satchel::bench::take(size); }
void* operator new[](size_t size) { return satchel::bench::take(size); }
// std::stable_sort asks in this way, and gives back as everybody does.
void* operator new(size_t size, const std::nothrow_t&) noexcept { return satchel::bench::take_or_null(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return satchel::bench::take_or_null(size); }
void operator delete(void* block) noexcept { satchel::bench::give_back(block); }
void operator delete[](void* block) noexcept { satchel::bench::give_back(block); }
void operator delete(void* block, size_t) noexcept { satchel::bench::give_back(block); }
void operator delete[](void* block, size_t) noexcept { satchel::bench::give_back(block); }

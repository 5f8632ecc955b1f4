// How much the heap holds, counted at operator new.
#pragma once

#include <cstddef>

namespace satchel::bench {

size_t heap_now();  // bytes that operator new handed out and that were not given back, as malloc rounds them

class HeapCount {
 public:
  HeapCount() : start_(heap_now()) {}
  size_t grown() const { return heap_now() > start_ ? heap_now() - start_ : 0; }

 private:
  size_t start_;
};

}  // namespace satchel::bench

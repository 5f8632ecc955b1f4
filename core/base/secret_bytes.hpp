// Bytes that nobody else is to find in memory: overwritten when they are let go of, never printed or compared by accident.
#pragma once

#include <memory>

#include "core/base/bytes.hpp"

namespace satchel {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(BytesView bytes);
  SecretBytes(const SecretBytes& other) : SecretBytes(other.view()) {}
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes other) noexcept;
  ~SecretBytes();

  BytesView view() const { return {bytes_.get(), size_}; }
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  char* data() { return bytes_.get(); }  // to be filled in place

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

}  // namespace satchel

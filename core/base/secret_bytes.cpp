#include "core/base/secret_bytes.hpp"

#include <sodium.h>

#include <algorithm>
#include <utility>

namespace satchel {

SecretBytes::SecretBytes(BytesView bytes)
    : bytes_(bytes.empty() ? nullptr : std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), bytes_.get());
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

SecretBytes::~SecretBytes() {
  if (bytes_ != nullptr) sodium_memzero(bytes_.get(), size_);
}

}  // namespace satchel

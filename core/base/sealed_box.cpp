#include "core/base/sealed_box.hpp"

#include <sodium.h>

namespace satchel::sealed_box {
namespace {

unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* raw(BytesView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

static_assert(key_bytes == crypto_box_PUBLICKEYBYTES && key_bytes == crypto_box_SECRETKEYBYTES);

}  // namespace

Result<Bytes> public_half(BytesView private_half) {
  Bytes half(key_bytes, '\0');
  if (private_half.size() != key_bytes || crypto_scalarmult_base(raw(half), raw(private_half)) != 0) {
    return make_error(Code::invalid, "This is not the private half of a key.");
  }
  return half;
}

Result<Bytes> seal(BytesView public_half, BytesView content) {
  Bytes sealed(content.size() + crypto_box_SEALBYTES, '\0');
  if (public_half.size() != key_bytes ||
      crypto_box_seal(raw(sealed), raw(content), content.size(), raw(public_half)) != 0) {
    return make_error(Code::invalid, "This key cannot be sealed to.");
  }
  return sealed;
}

Result<Bytes> open(BytesView private_half, BytesView sealed) {
  const Error unreadable = make_error(Code::protocol, "This was not sealed to the key that it names.");
  SATCHEL_ASSIGN(const Bytes half, public_half(private_half));
  if (sealed.size() < crypto_box_SEALBYTES) return unreadable;
  Bytes opened(sealed.size() - crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal_open(raw(opened), raw(sealed), sealed.size(), raw(half), raw(private_half)) != 0)
    return unreadable;
  return opened;
}

}  // namespace satchel::sealed_box

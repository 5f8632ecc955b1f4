// Bodies of requests and answers: zstd (RFC 8878).
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "proto/messages.hpp"

namespace satchel::proto {
namespace {

constexpr int level = 3;
constexpr int window_log_most = 23;  // RFC 8878 asks every decoder for 8 MiB, and nobody may ask us for more

struct FreeStream {
  void operator()(ZSTD_DCtx* stream) const { ZSTD_freeDCtx(stream); }
};

Error too_large(size_t most) {
  return make_error(Code::limit, "The body unpacks to more than " + std::to_string(most) + " bytes.");
}

Error not_zstd() { return make_error(Code::protocol, "The body is not whole zstd data."); }

}  // namespace

Bytes compress(BytesView plain) {
  Bytes packed(ZSTD_compressBound(plain.size()), '\0');
  const size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), level);
  SATCHEL_CHECK(ZSTD_isError(size) == 0);
  packed.resize(size);
  return packed;
}

Result<Bytes> decompress(BytesView packed, size_t most) {
  const auto announced = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (announced == ZSTD_CONTENTSIZE_ERROR) return not_zstd();
  if (announced != ZSTD_CONTENTSIZE_UNKNOWN && announced > most) return too_large(most);
  const std::unique_ptr<ZSTD_DCtx, FreeStream> stream(ZSTD_createDCtx());
  SATCHEL_CHECK(stream != nullptr);
  SATCHEL_CHECK(ZSTD_isError(ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, window_log_most)) == 0);

  const size_t cap = most < SIZE_MAX ? most + 1 : most;  // one more than allowed shows that it is too much
  Bytes plain(std::min(cap, std::max<size_t>(packed.size() * 4, 4096)), '\0');  // grows as it fills
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  ZSTD_outBuffer out{plain.data(), plain.size(), 0};
  while (true) {
    const size_t before_in = in.pos, before_out = out.pos;
    const size_t left = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(left) != 0) return not_zstd();
    if (left == 0 && in.pos == in.size) break;  // a frame ended where the input does
    if (out.pos == out.size) {
      if (out.size >= cap) return too_large(most);
      plain.resize(std::min(cap, out.size * 2));
      out.dst = plain.data();
      out.size = plain.size();
    } else if (in.pos == before_in && out.pos == before_out) {
      return not_zstd();  // it wants more than there is
    }
  }
  if (out.pos > most) return too_large(most);
  plain.resize(out.pos);
  return plain;
}

}  // namespace satchel::proto

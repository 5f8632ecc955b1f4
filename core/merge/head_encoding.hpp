// Internal to core/merge: heads as messages of sync.proto, for the states and the inbox entries that hold them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/merge/record.hpp"
#include "proto/wire.hpp"

namespace satchel::merge {

// Limits bound a commit, not what came of several (DESIGN §2.9); here the size of the message is the bound.
inline constexpr size_t any_size = SIZE_MAX;

void write_heads(proto::wire::Writer& out, uint32_t field, const std::vector<Head>& heads);

// What is kept of a head besides the common part.
struct Keeps {
  bool shown = false, place = false;
};

// These fail their Reader with the first thing that the writer would not have written.
Head read_head(proto::wire::Reader& from, BytesView bytes, Keeps keeps);
model::Version read_version(proto::wire::Reader& in, std::string_view name);

}  // namespace satchel::merge

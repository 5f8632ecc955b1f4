// The form of an event graph at rest. encoding.cpp describes the bytes.
#pragma once

#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/merge/text/graph.hpp"

namespace satchel::merge::text {

// Equal graphs, equal bytes, whatever the order of arrival. No transaction is open.
Bytes encode_graph(const Graph& graph);
// Safe on any input, and takes time and memory in proportion to it. `length`: scalar values of the text that the graph
// led to; it bounds what was inserted. Code::corrupt for what encode_graph() would not have written.
Result<Graph> decode_graph(BytesView bytes, size_t length);

}  // namespace satchel::merge::text

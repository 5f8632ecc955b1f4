#include "core/query/continuation.hpp"

#include <charconv>

namespace satchel::query {

std::string encode(const Continuation& continuation) {
  return "p1." + to_hex(continuation.key) + "." + continuation.record.text() + "." + std::to_string(continuation.scope);
}

Result<Continuation> decode_continuation(std::string_view text) {
  const Error wrong = make_error(Code::invalid, "This is not where a page of a query ended.", "after");
  if (text.substr(0, 3) != "p1.") return wrong;
  text.remove_prefix(3);
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) return wrong;
  Continuation continuation;
  if (!from_hex(text.substr(0, first), continuation.key)) return wrong;
  const auto record = RecordId::parse(text.substr(first + 1, second - first - 1));
  if (!record) return wrong;
  continuation.record = *record;
  const std::string_view scope = text.substr(second + 1);
  const auto parsed = std::from_chars(scope.data(), scope.data() + scope.size(), continuation.scope);
  if (parsed.ec != std::errc() || parsed.ptr != scope.data() + scope.size()) return wrong;
  return continuation;
}

}  // namespace satchel::query

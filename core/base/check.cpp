#include "core/base/check.hpp"

#include <string_view>

namespace satchel {
namespace {

// "core/store/outbox.cpp" of the path that the compiler was given: the rest names the builder's machine.
std::string_view last_three(std::string_view path) {
  size_t cut = path.size();
  for (int i = 0; i < 3; ++i) {
    const size_t slash = cut == 0 ? std::string_view::npos : path.rfind('/', cut - 1);
    if (slash == std::string_view::npos) return path;
    cut = slash;
  }
  return path.substr(cut + 1);
}

}  // namespace

void check_failed(const char* condition, const char* file, int line) {
  std::string text(last_three(file));
  text += ':';
  text += std::to_string(line);
  text += ": ";
  text += condition;
  throw CheckFailure(text);
}

}  // namespace satchel

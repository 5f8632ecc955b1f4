#include "tests/fuzz/damage.hpp"

#include <algorithm>

namespace satchel::fuzz {
namespace {

constexpr size_t page = 4096;  // of the database

// The page first: a fuzzer that changes one byte stays in it or moves to the same place of another.
size_t place(const Bytes& file, text_test::Choices& choices) {
  const size_t pages = (file.size() + page - 1) / page;
  const size_t at = choices.below(static_cast<uint32_t>(pages)) * page;
  const size_t end = std::min(file.size(), at + page);
  return at + choices.below(static_cast<uint32_t>(end - at));
}

void damage(Bytes& file, text_test::Choices& choices) {
  const size_t at = place(file, choices), begin = at - at % page, left = file.size() - at;
  switch (choices.below(8)) {
    case 0: file.resize(at); break;
    case 1: std::fill_n(file.data() + begin, std::min(page, file.size() - begin), '\0'); break;
    case 2: {
      const size_t from = place(file, choices);
      const Bytes copy = file.substr(from - from % page, page);
      std::copy_n(copy.data(), std::min(copy.size(), file.size() - begin), file.data() + begin);
      break;
    }
    case 3: {
      const size_t length = std::min<size_t>(1 + choices.below(256), left);
      for (size_t i = 0; i < length; ++i) file[at + i] = static_cast<char>(choices.below(256));
      break;
    }
    case 4: file[at] = static_cast<char>(choices.below(256)); break;
    default: file[at] = static_cast<char>(file[at] ^ (1 << choices.below(8)));
  }
}

}  // namespace

void damage(std::map<std::string, Bytes>& files, text_test::Choices& choices) {
  for (uint32_t left = 1 + choices.below(4); left > 0; --left) {
    Bytes& file = std::next(files.begin(), choices.below(static_cast<uint32_t>(files.size())))->second;
    if (!file.empty()) damage(file, choices);
  }
}

}  // namespace satchel::fuzz

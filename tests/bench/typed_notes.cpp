#include "tests/bench/typed_notes.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace satchel::bench {
namespace {

using nlohmann::json;

constexpr size_t keystrokes_per_save = 30;

size_t letter_bytes(std::string_view utf8) {
  size_t bytes = 1;
  while (bytes < utf8.size() && (static_cast<unsigned char>(utf8[bytes]) & 0xC0) == 0x80) ++bytes;
  return bytes;
}

size_t letters(std::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class Typist {
 public:
  explicit Typist(Random& random) : random_(random) {}

  void type(std::string_view words, size_t& at) {
    for (size_t from = 0, next = 0; from < words.size(); from = next) {
      next = from + letter_bytes(words.substr(from));
      if (random_.below(16) == 0) {
        stroke({{"at", at}, {"inserted", "x"}});
        stroke({{"at", at}, {"removed", 1}});
      }
      stroke({{"at", at++}, {"inserted", words.substr(from, next - from)}});
    }
  }

  std::vector<json> saves() {
    if (!strokes_.empty()) saves_.push_back(std::exchange(strokes_, json::array()));
    return std::move(saves_);
  }

 private:
  void stroke(json edit) {
    strokes_.push_back(std::move(edit));
    if (strokes_.size() == keystrokes_per_save) saves_.push_back(std::exchange(strokes_, json::array()));
  }

  Random& random_;
  json strokes_ = json::array();
  std::vector<json> saves_;
};

}  // namespace

std::vector<json> typed_saves(std::string_view words, Random& random) {
  Typist typist(random);
  std::vector<std::pair<size_t, std::string_view>> later;  // where it goes, once all in front of it is there
  size_t at = 0, end = 0;
  for (size_t from = 0; from < words.size(); from = end) {
    end = std::min(words.find(' ', from), words.size() - 1) + 1;
    const std::string_view word = words.substr(from, end - from);
    if (random.below(20) == 0) {
      later.emplace_back(letters(words.substr(0, from)), word);
    } else {
      typist.type(word, at);
    }
  }
  for (auto [place, word] : later) typist.type(word, place);
  return typist.saves();
}

}  // namespace satchel::bench

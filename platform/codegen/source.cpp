#include "platform/codegen/source.hpp"

namespace satchel_codegen {
namespace {

constexpr size_t kWidth = 100;

}  // namespace

void Source::line(std::string_view text) {
  if (!text.empty()) text_.append(static_cast<size_t>(depth_ * indent_), ' ').append(text);
  text_ += '\n';
}

void Source::open(std::string_view text) {
  line(text);
  ++depth_;
}

void Source::close(std::string_view text) {
  --depth_;
  line(text);
}

void Source::turn(std::string_view text) {
  close(text);
  ++depth_;
}

// The schema's words may hold anything: what would end a comment, or begin one, is taken apart.
void Source::comment(std::string_view mark, std::string_view about) {
  std::string words, current;
  for (const char c : about) {
    const bool ends = !words.empty() && words.back() == '*' && c == '/';
    const bool begins = !words.empty() && words.back() == '/' && c == '*';
    if (ends || begins) words += ' ';
    words += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  const auto put = [&] {
    if (!current.empty()) line(std::string(mark) + " " + current);
    current.clear();
  };
  for (size_t begin = 0; begin < words.size();) {
    const size_t end = std::min(words.find(' ', begin), words.size());
    const std::string word = words.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    if (current.size() + word.size() > kWidth) put();
    current += (current.empty() ? "" : " ") + word;
  }
  put();
}

std::string quoted(std::string_view text, std::string_view dollar) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '$') {
      out += dollar;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

}  // namespace satchel_codegen

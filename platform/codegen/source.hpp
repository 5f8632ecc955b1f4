// source: lines of a program, indented by how deep they stand.
#pragma once

#include <string>
#include <string_view>

namespace satchel_codegen {

class Source {
 public:
  explicit Source(int indent) : indent_(indent) {}
  void line(std::string_view text = {});
  void open(std::string_view text);   // a line, and what follows stands deeper
  void close(std::string_view text);  // back, and a line
  void turn(std::string_view text);   // a line that closes what was open and opens what follows
  // `about` as comment lines that each begin with `mark`; nothing when it is empty.
  void comment(std::string_view mark, std::string_view about);
  const std::string& text() const { return text_; }

 private:
  int indent_, depth_ = 0;
  std::string text_;
};

// As a literal that C++, Kotlin and Swift read alike, but for what stands for a value inside it: `dollar` tells how a
// dollar sign is written there.
std::string quoted(std::string_view text, std::string_view dollar = "$");

}  // namespace satchel_codegen

// Unicode scalar values, the unit of every position and length in a text, in and out of UTF-8 and UTF-16.
// Input to these functions is valid UTF-8 (model::valid_utf8): whoever takes text from outside checks it first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace satchel::merge::text {

inline bool starts_scalar(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

size_t count_scalars(std::string_view utf8);
// The byte at which scalar value number `index` begins; the size of the text when it has no more.
size_t byte_of_scalar(std::string_view utf8, size_t index);
// The scalar value that begins at `utf8[0]`, which is there.
char32_t first_scalar(std::string_view utf8);
void append_utf8(std::string& out, char32_t scalar);
std::u32string to_utf32(std::string_view utf8);
std::string to_utf8(std::u32string_view scalars);

// ---- UTF-16, as platforms count it. Offsets beyond the text give its length; one inside a surrogate pair gives the
// scalar value that the pair is.
size_t utf16_length(std::string_view utf8);
size_t utf16_from_scalar(std::string_view utf8, size_t scalar);
size_t scalar_from_utf16(std::string_view utf8, size_t utf16);

}  // namespace satchel::merge::text

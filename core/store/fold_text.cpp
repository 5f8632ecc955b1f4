#include "core/store/fold_text.hpp"

#include <cstdint>
#include <unordered_map>

namespace satchel::store {
namespace {

struct Letters {
  const char* folded;
  const char* written;  // every way to write it beyond ASCII
};

constexpr Letters table[] = {
    {"a", "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặÀÁÂÃÄÅĀĂĄǍǞǠǺȀȂȦḀẠẢẤẦẨẪẬẮẰẲẴẶª"},
    {"ae", "æǣǽÆǢǼ"},
    {"b", "ḃḅḇḂḄḆ"},
    {"c", "çćĉċčḉÇĆĈĊČḈ"},
    {"d", "ďđḋḍḏḑḓðĎĐḊḌḎḐḒÐ"},
    {"e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệÈÉÊËĒĔĖĘĚȄȆȨḔḖḘḚḜẸẺẼẾỀỂỄỆ"},
    {"f", "ḟḞ"},
    {"g", "ĝğġģǧǵḡĜĞĠĢǦǴḠ"},
    {"h", "ĥħȟḣḥḧḩḫẖĤĦȞḢḤḦḨḪ"},
    {"i", "ìíîïĩīĭįıǐȉȋḭḯỉịÌÍÎÏĨĪĬĮİǏȈȊḬḮỈỊ"},
    {"j", "ĵǰĴ"},
    {"k", "ķĸǩḱḳḵĶǨḰḲḴ"},
    {"l", "ĺļľŀłḷḹḻḽĹĻĽĿŁḶḸḺḼ"},
    {"m", "ḿṁṃḾṀṂ"},
    {"n", "ñńņňŉǹṅṇṉṋÑŃŅŇǸṄṆṈṊ"},
    {"o", "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợÒÓÔÕÖØŌŎŐƠǑǪǬǾȌȎȪȬȮȰṌṎṐṒỌỎỐỒỔỖỘỚỜỞỠỢº"},
    {"oe", "œŒ"},
    {"p", "ṕṗṔṖ"},
    {"r", "ŕŗřȑȓṙṛṝṟŔŖŘȐȒṘṚṜṞ"},
    {"s", "śŝşšșſṡṣṥṧṩŚŜŞŠȘṠṢṤṦṨ"},
    {"ss", "ßẞ"},
    {"t", "ţťŧțṫṭṯṱẗŢŤŦȚṪṬṮṰ"},
    {"th", "þÞ"},
    {"u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữựÙÚÛÜŨŪŬŮŰŲƯǓǕǗǙǛȔȖṲṴṶṸṺỤỦỨỪỬỮỰ"},
    {"v", "ṽṿṼṾ"},
    {"w", "ŵẁẃẅẇẉẘŴẀẂẄẆẈ"},
    {"x", "ẋẍẊẌ"},
    {"y", "ýÿŷȳẏẙỳỵỷỹÝŸŶȲẎỲỴỶỸ"},
    {"z", "źżžẑẓẕŹŻŽẐẒẔ"},
    {"α", "άΆΑ"},
    {"ε", "έΈΕ"},
    {"η", "ήΉΗ"},
    {"ι", "ίϊΐΊΪΙ"},
    {"ο", "όΌΟ"},
    {"υ", "ύϋΰΎΫΥ"},
    {"ω", "ώΏΩ"},
    {"σ", "ςΣ"},
    {"е", "ёЁЕ"},
    {"'", "’‘ʼ"},
    {"\"", "“”"},
    {"-", "‐‑‒–—"},
};

// One code point from `text` at `at`; moves `at`. A byte that starts none comes out as itself, marked by `bytes`.
char32_t next(std::string_view text, size_t& at, size_t& bytes) {
  const auto lead = static_cast<unsigned char>(text[at]);
  bytes = lead < 0x80 ? 1 : lead >= 0xf0 && lead < 0xf8 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (lead >= 0xf8 || bytes == 0 || at + bytes > text.size()) {
    bytes = 0;
    return static_cast<unsigned char>(text[at++]);
  }
  char32_t code = bytes == 1 ? lead : lead & (0x7f >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xc0) != 0x80) {
      bytes = 0;
      return static_cast<unsigned char>(text[at++]);
    }
    code = (code << 6) | (byte & 0x3f);
  }
  at += bytes;
  return code;
}

void append(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

using Map = std::unordered_map<char32_t, const char*>;

Map build() {
  Map map;
  for (const auto& letters : table) {
    const std::string_view written = letters.written;
    size_t bytes = 0;
    for (size_t at = 0; at < written.size();) map.emplace(next(written, at, bytes), letters.folded);
  }
  return map;
}

const Map& letters_of() {
  static const Map map = build();  // constant after the first call
  return map;
}

bool is_space(char32_t code) {
  return code == ' ' || (code >= 9 && code <= 13) || code == 0xa0 || code == 0x2009 || code == 0x202f || code == 0x3000;
}

}  // namespace

std::string fold_text(std::string_view text) {
  const Map& map = letters_of();
  std::string out;
  out.reserve(text.size());
  bool space = false;
  size_t bytes = 0;
  for (size_t at = 0; at < text.size();) {
    char32_t code = next(text, at, bytes);
    if (bytes == 0) {
      out += static_cast<char>(code);  // not UTF-8
      continue;
    }
    if (is_space(code)) {
      space = !out.empty();
      continue;
    }
    if (code >= 0x300 && code <= 0x36f) continue;  // combining accents
    if (space) out += ' ';
    space = false;
    if (code < 0x80) {
      out += code >= 'A' && code <= 'Z' ? static_cast<char>(code + 32) : static_cast<char>(code);
      continue;
    }
    const auto found = map.find(code);
    if (found != map.end()) {
      out += found->second;
      continue;
    }
    if ((code >= 0x391 && code <= 0x3a9) || (code >= 0x410 && code <= 0x42f)) code += 32;  // Greek, Cyrillic capitals
    if (code >= 0x400 && code <= 0x40f) code += 80;
    append(out, code);
  }
  return out;
}

}  // namespace satchel::store

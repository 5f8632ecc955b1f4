// The form of a text's history at rest: hostile bytes, and what the parts under it promise.
#include <catch2/catch_test_macros.hpp>

#include "core/merge/text/buffer.hpp"
#include "core/merge/text/diff.hpp"
#include "core/merge/text/history.hpp"
#include "core/merge/text/utf.hpp"
#include "tests/text_support/session.hpp"

namespace satchel::text_test {
namespace {

using merge::text::Buffer;
using merge::text::Document;
using merge::text::Edit;

// A small history with everything in it: typing, both ways of deleting, marks, merges, two replicas of one worker.
Document small() {
  Document document;
  const model::Version nothing;
  model::Version first, beside, all;
  first.set(replica(1), 1);
  beside.set(replica(1), 2);
  all.set(replica(1), 2), all.set(replica(2), 1);
  const std::vector<Edit> typed = {{0, 0, "Rang at tén. "}}, deleted = {{12, 1, ""}, {11, 1, ""}, {10, 1, ""}},
                          forwards = {{0, 5, "Called "}}, mark = {{900, 1, ""}};
  document.apply({replica(1), 1, "ann", &nothing, typed});
  document.apply({replica(1), 2, "ann", &first, deleted});
  document.apply({replica(2), 1, "ben", &first, forwards});
  document.apply({replica(3), 4, "ann", &all, mark});
  document.apply({replica(3), 9, "ann", &beside, deleted});
  return document;
}

std::string applied(std::string text, const std::vector<Edit>& edits) {
  Buffer buffer(text);
  for (const Edit& edit : edits) {
    buffer.erase(edit.at, edit.removed);
    buffer.insert(edit.at, edit.inserted);
  }
  return buffer.text();
}

}  // namespace

TEST_CASE("text: every cut and every flipped bit of a history is refused or is another canonical one") {
  Document document = small();
  const std::string text = document.text();
  const Bytes events = document.encode_events();
  const auto check = [&](const Bytes& bytes) {
    auto decoded = Document::decode(text, bytes);
    if (!decoded.ok()) {
      CHECK(decoded.error().code == Code::corrupt);
      return;
    }
    CHECK(decoded->encode_events() == bytes);
    merge::text::History(*decoded).text_at({});  // what does not fit together must not be walked out of
    shared_sentences(*decoded);
    const model::Version nothing;
    const std::vector<Edit> edits = {{3, 4, "more"}};
    decoded->apply({replica(200), 1, "w", &nothing, edits});
  };
  for (size_t size = 0; size < events.size(); ++size) check(events.substr(0, size));
  check(events + '\0');
  for (size_t bit = 0; bit < events.size() * 8; ++bit) {
    Bytes flipped = events;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    check(flipped);
  }
  CHECK(Document::decode("", events).error().code == Code::corrupt);
  CHECK(Document::decode("\xFF", events).error().code == Code::corrupt);
}

TEST_CASE("text: a few bytes that claim a long history are refused at once") {
  Bytes events(1, '\0');
  events += '\1' + Bytes(replica(1).view()) + '\1' + Bytes("\1w");
  const Bytes many = "\xFF\xFF\xFF\xFF\x03";  // 2^30 - 1
  events += many + '\0' + many + '\1' + many + '\1' + many + '\0' + '\1' + "\xFC\xFF\xFF\xFF\x0F" + '\0' + '\0';
  CHECK(Document::decode("some text", events).error().code == Code::corrupt);
}

TEST_CASE("text: blocks of any size hold any text") {
  SeededChoices choices(5);
  Buffer buffer;
  std::u32string plain;
  const std::u32string letters = U"aé日😀 \n";
  for (int i = 0; i < 3000; ++i) {
    const uint32_t at = choices.below(static_cast<uint32_t>(plain.size()) + 1);
    if (choices.below(3) > 0 || plain.empty()) {
      const std::u32string piece(1 + choices.below(choices.below(20) == 0 ? 900 : 5), letters[choices.below(6)]);
      buffer.insert(at, merge::text::to_utf8(piece));
      plain.insert(at, piece);
    } else {
      const uint32_t count = choices.below(choices.below(20) == 0 ? 2000 : 8);
      buffer.erase(at, count);
      plain.erase(at, count);
    }
    REQUIRE(buffer.length() == plain.size());
    const uint32_t place = choices.below(buffer.length() + 1);
    REQUIRE(buffer.at(place) == (place < plain.size() ? plain[place] : 0));
    REQUIRE(buffer.text(place, 7) == merge::text::to_utf8(plain.substr(place, 7)));
  }
  CHECK(buffer.text() == merge::text::to_utf8(plain));
  CHECK(buffer.bytes() == buffer.text().size());
}

TEST_CASE("text: offsets in UTF-16 and scalar values lead to each other") {
  const std::string text = "né😀日!";
  CHECK(merge::text::utf16_length(text) == 6);
  CHECK(merge::text::utf16_from_scalar(text, 3) == 4);
  CHECK(merge::text::scalar_from_utf16(text, 4) == 3);
  CHECK(merge::text::scalar_from_utf16(text, 3) == 2);  // inside the pair
  CHECK(merge::text::scalar_from_utf16(text, 99) == 5);
  CHECK(merge::text::utf16_from_scalar(text, 99) == 6);
  CHECK(merge::text::to_utf8(merge::text::to_utf32(text)) == text);
}

// ---- the whole new text

TEST_CASE("text: a new text becomes few edits at word boundaries") {
  using merge::text::diff;
  using Edits = std::vector<Edit>;
  CHECK(diff("Rang at ten.", "Rang at ten.").empty());
  CHECK(diff("Rang at ten.", "Rang her at ten.") == Edits{{5, 0, "her "}});
  CHECK(diff("We visit her.", "We visited her.") == Edits{{8, 0, "ed"}});
  CHECK(diff("recieve it", "receive it") == Edits{{0, 7, "receive"}});
  CHECK(diff("She rang him on Friday.", "She visited her on Friday.") == Edits{{4, 8, "visited her"}});
  CHECK(diff("One. Two. Three.", "One. Three.") == Edits{{5, 5, ""}});
  CHECK(diff("", "né") == Edits{{0, 0, "né"}});
  CHECK(diff("né", "") == Edits{{0, 2, ""}});
  CHECK(diff("nä", "né") == Edits{{0, 2, "né"}});
}

TEST_CASE("text: a diff leads from any text to any other") {
  SeededChoices choices(11);
  const char* const words[] = {"a", "be", "see", " ", " ", ", ", ".\n", "né", "日本", "😀"};
  for (int i = 0; i < 400; ++i) {
    std::string before, after;
    for (uint32_t left = choices.below(60); left > 0; --left) {
      const char* const word = words[choices.below(std::size(words))];
      if (choices.below(6) > 0) before += word;
      if (choices.below(6) > 0) after += word;
    }
    CHECK(applied(before, merge::text::diff(before, after)) == after);
  }
}

TEST_CASE("text: a diff of long texts that have nothing in common takes little time") {
  std::string before, after;
  for (int i = 0; i < 40'000; ++i) before += "a" + std::to_string(i) + " ", after += "b" + std::to_string(i) + "\n";
  CHECK(applied(before, merge::text::diff(before, after)) == after);
}

}  // namespace satchel::text_test

// Invented words: names, places, what people say, whole notes.
#pragma once

#include <string>

#include "demo/caseload/dice.hpp"

namespace satchel::demo {

std::string first_name(Dice& dice);
std::string last_name(Dice& dice);
std::string street(Dice& dice);      // "14 Mill Lane"
std::string postcode(Dice& dice);    // of the area ZZ, which is nowhere
std::string telephone(Dice& dice);   // of the range kept for drama
std::string goal_words(Dice& dice);  // "I want ..."
std::string matters_words(Dice& dice);
std::string need_code(Dice& dice);  // as a code's text, "system|code|display"
std::string service_name(Dice& dice);
std::string sentence(Dice& dice);
std::string sentences(Dice& dice, unsigned words);  // as many sentences as give that many words, in paragraphs
// Log-normal: 180 words in the middle, 600 at the 95th percentile, at most 20 kB.
std::string note(Dice& dice);

// Days count from the first of November 2025; a caseload's today is day 385.
constexpr int today = 385;
std::string day(int number);                       // "2026-03-14"
std::string instant(int number, unsigned minute);  // with the offset of London on that day; minute of the day
int64_t instant_ms(int number, unsigned minute);

}  // namespace satchel::demo

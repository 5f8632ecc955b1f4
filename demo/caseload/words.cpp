#include "demo/caseload/words.hpp"

#include <algorithm>
#include <cstdio>

namespace satchel::demo {
namespace {

using Words = const char*;

constexpr std::array<Words, 40> first_names = {
    "Gwen",  "Tomos",    "Amina",   "Derek", "Siân",    "Olu",   "Maureen", "Piotr",  "Leila",  "Frank",
    "Nia",   "Harjit",   "Brenda",  "Kwame", "Eluned",  "Joyce", "Tariq",   "Rhian",  "Cyril",  "Mei",
    "Zoë",   "Alun",     "Farida",  "Colin", "Bronwen", "Ade",   "Sheila",  "Łukasz", "Noor",   "Ron",
    "Ffion", "Gurpreet", "Pauline", "Yaw",   "Mair",    "Ivy",   "Imran",   "Cerys",  "Walter", "Li"};
constexpr std::array<Words, 37> last_names = {
    "Okafor",  "Pritchard", "Begum",  "Walsh",     "Llewellyn", "Kowalski", "Singh",  "Marsh", "Adeyemi", "Hughes",
    "Khan",    "Baptiste",  "Turner", "Rees",      "Novák",     "Chan",     "Ford",   "Ellis", "Mbeki",   "O'Dowd",
    "Bevan",   "Haddad",    "Price",  "Lindqvist", "Osei",      "Parry",    "Sharma", "Field", "Dube",    "Wójcik",
    "Vaughan", "Ismail",    "Cooper", "Jenkins",   "Nwosu",     "Carter",   "Gill"};
constexpr std::array<Words, 9> streets = {"Mill Lane",  "Chapel Street", "Station Road", "Harbour View", "Church Row",
                                          "Fern Close", "Quarry Hill",   "Heol y Bont",  "Canal Walk"};
constexpr std::array<Words, 16> matters = {"seeing my grandchildren at the weekend",
                                           "keeping the garden going",
                                           "sleeping through the night",
                                           "getting out of the flat on my own",
                                           "knowing the rent is paid",
                                           "singing again, even badly",
                                           "being asked, not told",
                                           "my dog",
                                           "cooking for somebody",
                                           "going to chapel on Sundays",
                                           "not being a bother to anyone",
                                           "walking to the sea again",
                                           "having work to get up for",
                                           "speaking my own language with somebody",
                                           "looking after my brother as long as I can",
                                           "a proper night out once a month"};
constexpr std::array<Words, 20> needs = {"local|loneliness|Feeling alone",
                                         "local|housing|Housing",
                                         "local|debt|Money and debt",
                                         "local|mobility|Getting about",
                                         "local|sleep|Sleep",
                                         "local|caring|Caring for somebody",
                                         "local|work|Work and training",
                                         "local|food|Food",
                                         "local|grief|Loss of somebody",
                                         "local|anxiety|Worry and fear",
                                         "local|pain|Living with pain",
                                         "local|benefits|Benefits",
                                         "local|language|Language",
                                         "local|digital|Phones and forms",
                                         "local|exercise|Moving more",
                                         "local|drink|Drinking less",
                                         "local|warmth|A warm home",
                                         "local|transport|Transport",
                                         "local|memory|Memory",
                                         "http://snomed.info/sct|160695008|Lives alone"};
constexpr std::array<Words, 12> service_kinds = {"Lunch Club", "Walking Group", "Debt Advice", "Carers' Circle",
                                                 "Men's Shed", "Choir",         "Food Bank",   "Befriending",
                                                 "Allotment",  "Art Group",     "Warm Space",  "Job Club"};

// {n} a first name, {t} a thing, {p} a place, {d} a day, {f} a feeling.
constexpr std::array<Words, 56> shapes = {"Met at home, kettle on, and we sat by the window.",
                                          "Short visit today, the stairs were hard and we stopped twice.",
                                          "We talked in the kitchen; the heating was off to save money.",
                                          "Walked to {p} and back, slowly, and talked on the way.",
                                          "Quiet at first, then talked for half an hour about {n}.",
                                          "A neighbour was in, so we kept it light and spoke about {t}.",
                                          "Felt {f} most of the week and did not want to say why.",
                                          "Said that {d} was the best day since the summer.",
                                          "Letters about {t} are piling up unopened behind the door.",
                                          "Not sleeping well since the fall, and {f} in the mornings.",
                                          "Misses {p}; the bus no longer stops there.",
                                          "The rent went up and the card was refused at {p}.",
                                          "Has not phoned {n} since the funeral and is {f} about it.",
                                          "The damp in the bedroom is back and the landlord has not called.",
                                          "We agreed to ring about {t} together on {d}.",
                                          "Will try {p} once, with me, and then we see.",
                                          "I will ask the surgery about {t} before {d}.",
                                          "Wants to think about {p} until next time.",
                                          "Asked me not to leave a message on the telephone.",
                                          "We wrote down three small steps and put them on the fridge.",
                                          "{n} comes on {d} with shopping and stays for tea.",
                                          "Told me about the years at the works, and laughed for the first time.",
                                          "Is {f} about {t} and would like somebody there when the post comes.",
                                          "We filled in the form for {t} as far as we could; two questions are left.",
                                          "Went to {p} on {d} and stayed to the end.",
                                          "Did not go to {p}: the shoes hurt, and it was raining.",
                                          "Says \"I do not want to be looked after, I want to be asked.\"",
                                          "The dog needs the vet and there is no money before {d}.",
                                          "We looked at {t} on the telephone and it was not as bad as feared.",
                                          "{n} has offered a lift to {p}, which would help.",
                                          "Still {f} in the evenings, less so in the day.",
                                          "Cooked for the first time in weeks and was proud of it.",
                                          "The hearing aid whistles and groups are hard work because of it.",
                                          "Asked what happens to {n} if the hospital calls again.",
                                          "I explained what I can do and what I cannot, and that was fine.",
                                          "The front step is loose; I have told the housing office.",
                                          "Took the tablets late twice and is {f} about asking the chemist.",
                                          "Would like to help at {p} rather than be helped.",
                                          "We practised the call about {t} and then made it.",
                                          "No change with {t}; they promised an answer by {d}.",
                                          "Spoke Welsh for most of the visit and it went easier.",
                                          "Has begun to walk to the corner and back each morning.",
                                          "Eating little, mostly toast, and {f} when asked about it.",
                                          "Showed me photographs of {n} and the allotment.",
                                          "There is a card from {p} on the mantelpiece now.",
                                          "The carer's visit is at the same time as {p}; we will ask to move it.",
                                          "We counted what comes in and what goes out, and found nine pounds a week.",
                                          "{n} worries more than is said and rang me afterwards with permission.",
                                          "Has an appointment about {t} on {d} and wants me there.",
                                          "Was {f} today; we only sat, and that was right.",
                                          "Gave up on {t} last year and is ready to try again.",
                                          "The group was kind, but too loud; a smaller one might suit.",
                                          "Next time we look at the plan together and cross things out.",
                                          "Knows whom to ring at night and has the number by the bed.",
                                          "Smiled at the door, which is new.",
                                          "Said thank you for not hurrying."};
constexpr std::array<Words, 18> things = {
    "the council tax",   "the debt letter",     "the blue badge",     "the medication review", "universal credit",
    "the bus pass",      "the warm home grant", "the tenancy",        "the eye clinic",        "the washing machine",
    "carer's allowance", "the hearing aid",     "the grab rail",      "the pension",           "the boiler",
    "the phone bill",    "the school letter",   "the physiotherapist"};
constexpr std::array<Words, 16> places = {
    "the lunch club",    "the library",       "the community garden", "the choir",
    "the walking group", "the swimming pool", "the food bank",        "the chapel hall",
    "the day centre",    "the advice office", "the men's shed",       "the market",
    "the park",          "the art group",     "the surgery",          "the bowls club"};
constexpr std::array<Words, 7> weekdays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                           "Friday", "Saturday", "Sunday"};
constexpr std::array<Words, 10> feelings = {"low",    "anxious", "tired", "hopeful", "ashamed",
                                            "lonely", "angry",   "calm",  "unsure",  "better"};

std::string slot(char which, Dice& dice) {
  switch (which) {
    case 'n':
      return dice.pick(first_names);
    case 't':
      return dice.pick(things);
    case 'p':
      return dice.pick(places);
    case 'd':
      return dice.pick(weekdays);
    default:
      return dice.pick(feelings);
  }
}

unsigned words_in(const std::string& text) {
  return static_cast<unsigned>(std::count(text.begin(), text.end(), ' ')) + 1;
}

// Words of a note at the percentiles of the log-normal distribution; between them a straight line.
struct Quantile {
  unsigned per_mille, words;
};
constexpr std::array<Quantile, 12> note_lengths = {{{0, 12},
                                                    {10, 33},
                                                    {50, 54},
                                                    {100, 70},
                                                    {250, 110},
                                                    {500, 180},
                                                    {750, 295},
                                                    {900, 460},
                                                    {950, 600},
                                                    {990, 988},
                                                    {999, 1728},
                                                    {1000, 3200}}};

unsigned note_words(Dice& dice) {
  const unsigned at = dice.below(1'000'000);  // millionths
  for (size_t i = 1; i < note_lengths.size(); ++i) {
    const Quantile low = note_lengths[i - 1], high = note_lengths[i];
    if (at >= high.per_mille * 1000) continue;
    const uint64_t along = at - low.per_mille * 1000, whole = (high.per_mille - low.per_mille) * 1000;
    return low.words + static_cast<unsigned>(along * (high.words - low.words) / whole);
  }
  return note_lengths.back().words;
}

struct Date {
  int year, month, day;
};

// From the count of days since 1970 (H. Hinnant, "chrono-compatible low-level date algorithms").
Date civil(int64_t days) {
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
  const unsigned shifted = (5 * day_of_year + 2) / 153;
  const int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {static_cast<int>(year + era * 400) + (month <= 2 ? 1 : 0), month,
          static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

constexpr int64_t first_day = 20393;                  // 2025-11-01
constexpr int summer_from = 148, summer_until = 358;  // 2026-03-29 and 2026-10-25

}  // namespace

std::string first_name(Dice& dice) { return dice.pick(first_names); }
std::string last_name(Dice& dice) { return dice.pick(last_names); }

// Each throw in a statement of its own: the operands of + may be computed in either order.
std::string street(Dice& dice) {
  const std::string number = std::to_string(dice.between(1, 140));
  return number + " " + dice.pick(streets);
}

std::string postcode(Dice& dice) {
  const auto letter = [&] { return static_cast<char>('A' + dice.below(26)); };
  std::string code = "ZZ" + std::to_string(dice.between(1, 99));
  code += " " + std::to_string(dice.below(10));
  code += letter();
  code += letter();
  return code;
}

std::string telephone(Dice& dice) {
  const std::string range = dice.one_in(2) ? "01632 960" : "07700 900";
  return range + std::to_string(dice.between(100, 999));
}

std::string goal_words(Dice& dice) { return "I want " + matters_words(dice) + "."; }
std::string matters_words(Dice& dice) { return dice.pick(matters); }
std::string need_code(Dice& dice) { return dice.pick(needs); }

std::string service_name(Dice& dice) {
  const std::string name = last_name(dice);
  return name + " " + dice.pick(service_kinds);
}

std::string sentence(Dice& dice) {
  const std::string shape = dice.pick(shapes);
  std::string out;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != '{') {
      out += shape[i];
      continue;
    }
    out += slot(shape[i + 1], dice);
    i += 2;
  }
  return out;
}

std::string sentences(Dice& dice, unsigned words) {
  std::string out;
  for (unsigned so_far = 0; so_far < words;) {
    const std::string one = sentence(dice);
    so_far += words_in(one);
    if (!out.empty()) out += dice.one_in(5) ? "\n\n" : " ";
    out += one;
  }
  return out;
}

std::string note(Dice& dice) {
  constexpr size_t most = 20'000;
  std::string text = sentences(dice, note_words(dice));
  if (text.size() > most) text.resize(text.rfind('.', most - 1) + 1);
  return text;
}

std::string day(int number) {
  const Date date = civil(first_day + number);
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
  return text;
}

std::string instant(int number, unsigned minute) {
  const bool summer = number >= summer_from && number < summer_until;
  char text[48];
  std::snprintf(text, sizeof text, "T%02u:%02u:00+0%d:00[Europe/London]", minute / 60, minute % 60, summer ? 1 : 0);
  return day(number) + text;
}

int64_t instant_ms(int number, unsigned minute) {
  const bool summer = number >= summer_from && number < summer_until;
  return ((first_day + number) * 1440 + minute - (summer ? 60 : 0)) * 60'000;
}

}  // namespace satchel::demo
